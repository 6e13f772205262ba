"""Changes of a user's profile."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from oriel.accounts import activity, letters, passwords
from oriel.accounts.activity import Did
from oriel.accounts.addresses import checked_email
from oriel.accounts.keys import revoke_keys
from oriel.accounts.login import prove, refuse_other_password
from oriel.accounts.models import ROLE_USER, User
from oriel.accounts.origin import Origin
from oriel.accounts.password_reset import end_reset_links
from oriel.accounts.registration import send_confirmation
from oriel.accounts.second_factors.step_up import refuse_stale
from oriel.accounts.sessions import end_sessions
from oriel.errors import InvalidBody
from oriel.infra.database import db, writing


@dataclass(frozen=True)
class Change:
    """The fields to change; None leaves a field as it is."""

    name: str | None = None
    email: str | None = None
    password: str | None = None
    current_password: str | None = None


def change_profile(user: User, wanted: Change, session_id: str, origin: Origin) -> None:
    """Change name, email address and password; the latter two need the current password and any second factor.

    A new address takes effect once it is confirmed; the answer is the same if it already has an account. A new password
    ends all other sessions and all API keys. Raise InvalidBody, SecondFactorNeeded, WrongLogin, InvalidEmail,
    WeakPassword, TooManyRequests.
    """
    email = checked_email(wanted.email) if wanted.email is not None else None
    is_sensitive = email is not None or wanted.password is not None
    proven = _prove(user, wanted.current_password, session_id, origin) if is_sensitive else None
    stored = _hashed(user, wanted, email)
    with writing() as session:
        if proven:
            refuse_other_password(session, user, proven)
        if wanted.name is not None:
            user.name = wanted.name.strip()
        if email is not None:
            _change_email(session, user, email, origin)
        if stored:
            user.password_hash = stored
            end_reset_links(session, user.id)
            end_sessions(session, user.id, because="password changed", but=session_id)
            # Somebody who knew the old password may have created keys.
            ended = revoke_keys(session, user.id)
            letters.tell_new_password(session, user, keys_ended=ended)
            activity.record(session, user.id, Did.PASSWORD_CHANGED, origin, keys_revoked=ended)


def _prove(user: User, password: str | None, session_id: str, origin: Origin) -> str:
    refuse_stale(user.id, session_id)
    if not password:
        sentence = "Please enter your current password to change your email address or password."
        raise InvalidBody(sentence, current_password="is needed")  # noqa: S106  (a sentence about it)
    return prove(user, password, origin)


def _hashed(user: User, wanted: Change, email: str | None) -> str | None:
    if wanted.password is None:
        return None
    known = (user.email, email or "", wanted.name or user.name)
    passwords.refuse_weak(wanted.password, known=known, for_operator=user.role != ROLE_USER)
    # A hash may wait many seconds for its turn; it must not hold a database connection meanwhile.
    db.session.commit()
    return passwords.hash_password(wanted.password)


def _change_email(session: Session, user: User, email: str, origin: Origin) -> None:
    if email == user.email:
        user.pending_email = None
        return
    user.pending_email = email
    end_reset_links(session, user.id)
    send_confirmation(session, user, email)
    activity.record(session, user.id, Did.EMAIL_CHANGE_ASKED, origin)
