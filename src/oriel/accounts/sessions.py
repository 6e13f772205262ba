"""Sessions: started by a login, continued by single-use refresh tokens, ended from anywhere."""

import logging
from datetime import timedelta
from enum import Enum, auto

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from oriel.accounts import activity
from oriel.accounts.activity import Did
from oriel.accounts.deletion_grace import keep_account
from oriel.accounts.models import PendingLogin, User, UserSession
from oriel.accounts.origin import Origin
from oriel.accounts.tokens import REFRESH_LIFE, REUSE_GRACE, Claims
from oriel.errors import NotAuthenticated, NotFound
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.logs import facts

_log = logging.getLogger("oriel.accounts")

# A session that is renewed regularly lasts this long at most.
LONGEST_SESSION = timedelta(days=180)


class _Turn(Enum):
    """The validity of a refresh token."""

    GONE = auto()
    NEXT = auto()
    AGAIN = auto()
    REUSED = auto()


def begin_session(session: Session, user: User, origin: Origin) -> UserSession:
    """Add a session, in the caller's transaction; an account that was to be deleted is kept by it."""
    begun = UserSession(
        user_id=user.id,
        expires_at=now() + REFRESH_LIFE,
        address=origin.address,
        user_agent=origin.user_agent,
    )
    session.add(begun)
    begun.has_kept_account = keep_account(session, user, origin)
    return begun


def refresh_session(claims: Claims, origin: Origin) -> UserSession:
    """Use up a refresh token and return its session, with the id of the next token.

    A used token ends the session, because somebody else has a copy; within ten seconds it gets the same next token
    again, for a page that asked twice. Raise NotAuthenticated.
    """
    with writing() as session:
        user_session = session.scalar(select(UserSession).where(UserSession.id == claims.session_id).with_for_update())
        turn = _turn(user_session, claims)
        if user_session and turn is _Turn.NEXT:
            _rotate(user_session, origin)
        elif user_session and turn is _Turn.REUSED:
            _end(user_session, "reused")
            activity.record(session, user_session.user_id, Did.SESSION_STOLEN, origin, session_id=user_session.id)
    if turn is _Turn.REUSED:
        _log.warning("A used refresh token came back: its session was ended.", extra=facts(session=claims.session_id))
    if user_session is None or turn in (_Turn.GONE, _Turn.REUSED):
        raise NotAuthenticated("Your session has ended. Please sign in again.")
    return user_session


def live_sessions(user_id: str) -> Select[UserSession]:
    """Return the query for a user's live sessions, newest first."""
    query = select(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    return query.where(UserSession.expires_at > now()).order_by(UserSession.created_at.desc(), UserSession.id.desc())


def log_out(user_id: str, session_id: str, origin: Origin) -> None:
    """End a user's session at logout."""
    with writing() as session:
        if user_session := _owned(session, user_id, session_id):
            _end(user_session, "logout")
            activity.record(session, user_id, Did.LOGGED_OUT, origin)


def end_session(user_id: str, session_id: str, origin: Origin) -> None:
    """End one of a user's sessions; raise NotFound."""
    with writing() as session:
        user_session = _owned(session, user_id, session_id)
        if user_session is None or user_session.ended_at:
            raise NotFound("There is no such session.")
        _end(user_session, "ended by its user")
        activity.record(session, user_id, Did.SESSION_ENDED, origin, session_id=session_id)


def end_other_sessions(user_id: str, current_id: str, origin: Origin) -> None:
    """End all of a user's sessions but the current one."""
    with writing() as session:
        count = end_sessions(session, user_id, because="ended by its user", but=current_id)
        activity.record(session, user_id, Did.SESSIONS_ENDED, origin, count=count)


def end_sessions(session: Session, user_id: str, *, because: str, but: str | None = None) -> int:
    """End a user's sessions (except `but`), in the caller's transaction; return how many there were.

    Logins that wait for a second factor end too.
    """
    session.execute(delete(PendingLogin).where(PendingLogin.user_id == user_id))
    query = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    if but:
        query = query.where(UserSession.id != but)
    return len(session.scalars(query.values(ended_at=now(), ended_because=because).returning(UserSession.id)).all())


def user_of(session: UserSession) -> User:
    """Return a session's user."""
    user = db.session.get(User, session.user_id)
    assert user
    return user


def _turn(user_session: UserSession | None, claims: Claims) -> _Turn:
    if (
        user_session is None
        or user_session.user_id != claims.user_id
        or user_session.ended_at
        or user_session.expires_at <= now()
    ):
        return _Turn.GONE
    if claims.token_id == user_session.refresh_id:
        return _Turn.NEXT
    if claims.token_id == user_session.previous_refresh_id and now() < user_session.refreshed_at + REUSE_GRACE:
        return _Turn.AGAIN
    return _Turn.REUSED


def _rotate(user_session: UserSession, origin: Origin) -> None:
    user_session.previous_refresh_id, user_session.refresh_id = user_session.refresh_id, new_id()
    user_session.refreshed_at = user_session.last_used_at = now()
    user_session.expires_at = min(now() + REFRESH_LIFE, user_session.created_at + LONGEST_SESSION)
    user_session.address, user_session.user_agent = origin.address, origin.user_agent


def _end(user_session: UserSession, because: str) -> None:
    user_session.ended_at = now()
    user_session.ended_because = because


def _owned(session: Session, user_id: str, session_id: str) -> UserSession | None:
    user_session = session.get(UserSession, session_id)
    return user_session if user_session and user_session.user_id == user_id else None
