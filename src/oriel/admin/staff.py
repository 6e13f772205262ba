"""Operators in the panel: their login, and the session behind each of their requests.

A panel session is a row of `user_sessions`, named by a signed cookie that goes to /admin alone. It ends after 12 hours,
after 30 minutes without a request, and with the account or the role.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import g, request, session
from sqlalchemy import bindparam, exists, select, update

from oriel.accounts.login import Door
from oriel.accounts.models import AuthenticatorApp, Passkey, User, UserSession
from oriel.accounts.origin import request_origin
from oriel.accounts.sessions import log_out
from oriel.admin.trail import Actor, in_trail, note_failed_login
from oriel.infra.clock import now
from oriel.infra.database import db, writing

LONGEST = timedelta(hours=12)
IDLE = timedelta(minutes=30)
DOOR = Door(lambda user: user.is_staff, LONGEST, note_failed_login)

_BY_ITSELF = "X-Live"
_NOTED_EVERY = timedelta(minutes=1)
_SESSION, _PENDING, _IN_USE = "session", "pending", "_staff"
_HAS_FACTOR = exists().where(
    AuthenticatorApp.user_id == User.id, AuthenticatorApp.confirmed_at.is_not(None)
) | exists().where(Passkey.user_id == User.id)
# One query, built once, because every request of the panel runs it.
_HOLDER = (
    select(User, UserSession, _HAS_FACTOR)
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.id == bindparam("session_id"))
)


@dataclass(frozen=True)
class Staff:
    """The operator behind a request. Without a checked second factor, only its set-up is open."""

    user: User
    session_id: str
    has_proved: bool

    @property
    def actor(self) -> Actor:
        """This operator, as the audit trail names them."""
        return Actor(self.user.id, self.user.email, self.user.role, request_origin().address)


def current_staff() -> Staff | None:
    """Return the operator whose session the request's cookie names; None where there is none that is still good."""
    if not hasattr(g, _IN_USE):
        g._staff = _found()
        # Limits and logs count by user.
        g.user = g._staff.user if g._staff else None
    staff: Staff | None = g._staff
    return staff


def recognise_nobody() -> None:
    """Take the request for one of somebody unknown, as where the database cannot be asked."""
    g._staff = g.user = None


def staff() -> Staff:
    """Return the operator, on a page that only operators reach."""
    found = current_staff()
    assert found
    return found


def begin(begun: UserSession) -> None:
    """Name this session in the cookie, instead of whatever it held before."""
    session.clear()
    session[_SESSION] = begun.id
    g.pop(_IN_USE, None)


def begin_second_step(token: str) -> None:
    """Remember the login whose second factor is missing."""
    session.clear()
    session[_PENDING] = token


def pending_login() -> str:
    """Return the token of the login whose second factor is missing; "" without one."""
    return str(session.get(_PENDING, ""))


def end() -> None:
    """End the session, and forget its cookie."""
    found = current_staff()
    if found:
        with in_trail(found.actor, "panel.logout", "user", found.user.id):
            log_out(found.user.id, found.session_id, request_origin())
    session.clear()
    g.pop(_IN_USE, None)


def _found() -> Staff | None:
    session_id = session.get(_SESSION)
    if not isinstance(session_id, str):
        return None
    row = db.session.execute(_HOLDER, {"session_id": session_id}).one_or_none()
    if row is None:
        return None
    user, user_session, has_factor = row
    if not _is_good(user, user_session):
        return None
    _note_use(user_session)
    return Staff(user, user_session.id, bool(has_factor) and user_session.second_factor_at is not None)


def _is_good(user: User, user_session: UserSession) -> bool:
    moment = now()
    has_ended = user_session.ended_at is not None or user_session.expires_at <= moment
    is_idle = user_session.last_used_at <= moment - IDLE
    return user.is_staff and user.disabled_at is None and not has_ended and not is_idle


def _note_use(user_session: UserSession) -> None:
    """Note the time of a request, at most once a minute to save writes.

    A page that renews itself (frontend/pages/panel/live.js) is nobody's request: left open, it would keep its session
    alive for twelve hours.
    """
    if _BY_ITSELF in request.headers or user_session.last_used_at > now() - _NOTED_EVERY:
        return
    with writing() as writer:
        writer.execute(update(UserSession).where(UserSession.id == user_session.id).values(last_used_at=now()))
