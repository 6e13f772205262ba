"""Login, and password checks before sensitive changes."""

from sqlalchemy.orm import Session

from oriel.accounts import activity, delays, passwords
from oriel.accounts.activity import Did
from oriel.accounts.addresses import spelled_email
from oriel.accounts.models import User, UserSession
from oriel.accounts.origin import Origin
from oriel.accounts.registration import user_by_email
from oriel.accounts.sessions import begin_session
from oriel.errors import AccountDisabled, WrongLogin
from oriel.infra.clock import now
from oriel.infra.database import db, writing


def log_in(email: str, password: str, origin: Origin) -> UserSession:
    """Check the password and start a session.

    An unknown address takes as long and gets the same refusal. Raise WrongLogin, AccountDisabled (only after the right
    password), TooManyRequests.
    """
    address = spelled_email(email)
    keys = (delays.account_key(address), delays.address_key(origin.address))
    delays.claim(*keys)
    user = user_by_email(address)
    checked = user.password_hash if user else None
    # A hash may wait many seconds for its turn; it must not hold a database connection meanwhile.
    db.session.commit()
    if not passwords.matches(checked, password) or user is None:
        _note_failure(user, keys, origin)
        raise _wrong()
    with writing() as session:
        if not still_has_password(session, user, checked):
            raise _wrong()
        if user.disabled_at:
            raise AccountDisabled("This account has been disabled. Contact us if you think this is a mistake.")
        delays.forgive(session, *keys)
        user.last_login_at = now()
        activity.record(session, user.id, Did.LOGGED_IN, origin)
        return begin_session(session, user, origin)


def prove(user: User, password: str, origin: Origin) -> str:
    """Check a logged-in user's password before a sensitive change; raise WrongLogin or TooManyRequests.

    Return the password's hash, for `refuse_other_password` in the transaction of the change.
    """
    keys = (delays.account_key(user.email), delays.address_key(origin.address))
    delays.claim(*keys)
    checked = user.password_hash
    db.session.commit()
    if not passwords.matches(checked, password):
        _note_failure(user, keys, origin)
        raise _wrong_current()
    with writing() as session:
        delays.forgive(session, *keys)
    return checked


def still_has_password(session: Session, user: User, checked: str | None) -> bool:
    """Return whether the password is still the one that was checked.

    Locks the user's row until the transaction ends, so that a later reset also ends what this transaction starts.
    """
    # Not FOR UPDATE: writers of the activity log refer to this row, and may hold a lock that we wait for next.
    session.refresh(user, with_for_update={"key_share": True})
    return user.password_hash == checked


def refuse_other_password(session: Session, user: User, proven: str) -> None:
    """Raise WrongLogin if the password has changed since `prove`; locks the user's row."""
    if not still_has_password(session, user, proven):
        raise _wrong_current()


def _wrong_current() -> WrongLogin:
    return WrongLogin("Your current password is wrong. Please try again.")


def _note_failure(user: User | None, keys: tuple[str, ...], origin: Origin) -> None:
    # One commit in either case; a second one would take time and show that the account exists.
    with writing() as session:
        delays.begin(session, *keys)
        if user:
            activity.record(session, user.id, Did.LOGIN_FAILED, origin)


def _wrong() -> WrongLogin:
    return WrongLogin("Wrong email address or password. Please check both.")
