"""Forgotten passwords: a link by mail that sets a new one, once and within the hour."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from oriel.accounts import activity, delays, letters, passwords
from oriel.accounts.activity import Did
from oriel.accounts.addresses import spelled_email
from oriel.accounts.keys import revoke_keys
from oriel.accounts.models import EmailToken, PasswordResetToken, User
from oriel.accounts.origin import Origin
from oriel.accounts.registration import user_by_email
from oriel.accounts.sessions import end_sessions
from oriel.errors import InvalidToken
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_secret, secret_hash

RESET_LIFE = timedelta(hours=1)

# More mails within one life of a link would only fill somebody's mailbox.
_MOST_MAILS = 3


def ask_for_reset(email: str, origin: Origin) -> None:
    """Send the link to the owner of an address, if there is one who may log in; nothing tells the asker which."""
    user = user_by_email(spelled_email(email))
    if user is None or user.disabled_at:
        return
    with writing() as session:
        if _links_of_late(session, user.id) >= _MOST_MAILS:
            return
        secret = new_secret()
        token = PasswordResetToken(user_id=user.id, token_hash=secret_hash(secret), expires_at=now() + RESET_LIFE)
        session.add(token)
        session.flush()
        letters.offer_reset(session, user, secret, token.id)
        activity.record(session, user.id, Did.RESET_ASKED, origin)


def reset_password(token: str, password: str, origin: Origin) -> None:
    """Set a new password by the link from a mail; all sessions and keys end, and what blocked the account is lifted.

    Raise InvalidToken, WeakPassword.
    """
    user = owner_of_link(token)
    passwords.refuse_weak(password, known=(user.email, user.name))
    # A hash may wait for its turn for many seconds, and must not hold one of the database's connections meanwhile.
    db.session.commit()
    stored = passwords.hash_password(password)
    with writing() as session:
        _use_up(session, token, user.id)
        user.password_hash = stored
        # Who reads this mailbox owns the account: what somebody else began with it must not go on.
        user.email_verified_at = user.email_verified_at or now()
        user.pending_email = None
        session.execute(update(EmailToken).where(EmailToken.user_id == user.id).values(used_at=now()))
        end_sessions(session, user.id, because="password reset")
        delays.forgive(session, delays.account_key(user.email))
        ended = revoke_keys(session, user.id)
        letters.tell_new_password(session, user, keys_ended=ended)
        activity.record(session, user.id, Did.PASSWORD_RESET, origin, keys_revoked=ended)


def owner_of_link(token: str) -> User:
    """Return for whose account a link is good, which uses nothing up; raise InvalidToken."""
    query = select(User).join(PasswordResetToken, PasswordResetToken.user_id == User.id)
    good = (PasswordResetToken.used_at.is_(None), PasswordResetToken.expires_at > now())
    user = db.session.scalar(query.where(PasswordResetToken.token_hash == secret_hash(token), *good))
    if user is None or user.disabled_at:
        raise _invalid()
    return user


def end_reset_links(session: Session, user_id: str) -> None:
    """Make all links of a user useless, inside the caller's transaction."""
    links = update(PasswordResetToken).where(PasswordResetToken.user_id == user_id)
    session.execute(links.where(PasswordResetToken.used_at.is_(None)).values(used_at=now()))


def _use_up(session: Session, token: str, user_id: str) -> None:
    """Use the link; of two that come at once, the second finds it used."""
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
    return InvalidToken("This link has been used or is too old. Please ask for a new one.")
