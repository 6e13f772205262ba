"""Password resets: a link by email, valid once and for one hour."""

import logging
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from oriel.accounts import activity, delays, letters, passwords
from oriel.accounts.activity import Did
from oriel.accounts.addresses import spelled_email
from oriel.accounts.keys import revoke_keys
from oriel.accounts.models import ROLE_USER, EmailToken, PasswordResetRequest, PasswordResetToken, User
from oriel.accounts.origin import Origin
from oriel.accounts.registration import user_by_email
from oriel.accounts.sessions import end_sessions
from oriel.errors import AppError, InvalidToken
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_secret, secret_hash

_log = logging.getLogger("oriel.accounts")

RESET_LIFE = timedelta(hours=1)

# More mails within one life of a link would only fill somebody's mailbox.
_MOST_MAILS = 3
_LONGEST_EMAIL = 254


def ask_for_reset(email: str, origin: Origin) -> None:
    """Save a request for a reset link; `answer_requests` sends it.

    The work is the same for every address, so that neither the answer nor its time shows whether it has an account.
    """
    spelled = spelled_email(email)[:_LONGEST_EMAIL]
    with writing() as session:
        session.add(PasswordResetRequest(email=spelled, address=origin.address, user_agent=origin.user_agent))


def answer_requests(limit: int = 100) -> int:
    """Answer the saved requests: send a link if the address has an enabled account; return how many were answered."""
    waiting = db.session.scalars(select(PasswordResetRequest.id).order_by(PasswordResetRequest.id).limit(limit)).all()
    db.session.commit()
    return sum(_answered(request_id) for request_id in waiting)


def is_refused(session: Session, user: User) -> bool:
    """Return whether no link would be sent: to a disabled account, or after three within the hour."""
    return user.disabled_at is not None or _links_of_late(session, user.id) >= _MOST_MAILS


def _answered(request_id: str) -> bool:
    try:
        with writing() as session:
            taken = delete(PasswordResetRequest).where(PasswordResetRequest.id == request_id)
            request = session.scalar(taken.returning(PasswordResetRequest))
            if request:
                _send_link(session, request.email, Origin(request.address, request.user_agent))
    except (AppError, SQLAlchemyError):
        # The others are still answered, and this one is retried.
        _log.exception("A request for a new password could not be answered.")
        return False
    return request is not None


def _send_link(session: Session, email: str, origin: Origin) -> None:
    user = user_by_email(email)
    if user is None or is_refused(session, user):
        return
    secret = new_secret()
    token = PasswordResetToken(user_id=user.id, token_hash=secret_hash(secret), expires_at=now() + RESET_LIFE)
    session.add(token)
    session.flush()
    letters.offer_reset(session, user, secret, token.id)
    activity.record(session, user.id, Did.RESET_ASKED, origin)


def reset_password(token: str, password: str, origin: Origin) -> None:
    """Set a new password with an emailed token; end all sessions and keys, and unblock the account.

    Raise InvalidToken, WeakPassword.
    """
    user = owner_of_link(token)
    passwords.refuse_weak(password, known=(user.email, user.name), for_operator=user.role != ROLE_USER)
    # A hash may wait many seconds for its turn; it must not hold a database connection meanwhile.
    db.session.commit()
    stored = passwords.hash_password(password)
    with writing() as session:
        _use_up(session, token, user.id)
        user.password_hash = stored
        # The owner of the mailbox owns the account, so anything that others started with it ends.
        user.email_verified_at = user.email_verified_at or now()
        user.pending_email = None
        session.execute(update(EmailToken).where(EmailToken.user_id == user.id).values(used_at=now()))
        end_sessions(session, user.id, because="password reset")
        delays.forgive(session, delays.account_key(user.email))
        ended = revoke_keys(session, user.id)
        letters.tell_new_password(session, user, keys_ended=ended)
        activity.record(session, user.id, Did.PASSWORD_RESET, origin, keys_revoked=ended)


def owner_of_link(token: str) -> User:
    """Return the owner of a valid link without using it; raise InvalidToken."""
    query = select(User).join(PasswordResetToken, PasswordResetToken.user_id == User.id)
    good = (PasswordResetToken.used_at.is_(None), PasswordResetToken.expires_at > now())
    user = db.session.scalar(query.where(PasswordResetToken.token_hash == secret_hash(token), *good))
    if user is None or user.disabled_at:
        raise _invalid()
    return user


def end_reset_links(session: Session, user_id: str) -> None:
    """Invalidate all of a user's links, in the caller's transaction."""
    links = update(PasswordResetToken).where(PasswordResetToken.user_id == user_id)
    session.execute(links.where(PasswordResetToken.used_at.is_(None)).values(used_at=now()))


def _use_up(session: Session, token: str, user_id: str) -> None:
    """Use a link; of two concurrent requests, the second one finds it used."""
    good = (PasswordResetToken.token_hash == secret_hash(token), PasswordResetToken.used_at.is_(None))
    used = update(PasswordResetToken).where(*good).values(used_at=now()).returning(PasswordResetToken.id)
    if session.scalar(used) is None:
        raise _invalid()
    end_reset_links(session, user_id)


def _links_of_late(session: Session, user_id: str) -> int:
    since = now() - RESET_LIFE
    query = select(func.count()).where(PasswordResetToken.user_id == user_id, PasswordResetToken.created_at > since)
    return session.scalar(query) or 0


def _invalid() -> InvalidToken:
    return InvalidToken("This link has expired or was already used. Please ask for a new one.")
