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
    """Begin a session for who knows the password.

    An address without an account takes as long and is refused alike. Raise WrongLogin, AccountDisabled (only after the
    right password), TooManyRequests.
    """
    address = spelled_email(email)
    keys = (delays.account_key(address), delays.address_key(origin.address))
    delays.claim(*keys)
    user = user_by_email(address)
    checked = user.password_hash if user else None
    # A hash may wait for its turn for many seconds, and must not hold one of the database's connections meanwhile.
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

    Return its hash, for `refuse_other_password` in the transaction that changes it.
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
    """Return whether the password is the one that was checked: it may have been changed meanwhile.

    The user's row is locked for the rest of the transaction, so that a reset that comes now ends what is begun in it.
    """
    # Not FOR UPDATE: a row of the activity log refers to this one, and who writes it may hold what we wait for next.
    session.refresh(user, with_for_update={"key_share": True})
    return user.password_hash == checked


def refuse_other_password(session: Session, user: User, proven: str) -> None:
    """Raise WrongLogin where the password is no longer the one that was proven; locks as `still_has_password` does."""
    if not still_has_password(session, user, proven):
        raise _wrong_current()


def _wrong_current() -> WrongLogin:
    return WrongLogin("Your current password is wrong. Please try again.")


def _note_failure(user: User | None, keys: tuple[str, ...], origin: Origin) -> None:
    # One commit in either case: the time of another would tell that the account exists.
    with writing() as session:
        delays.begin(session, *keys)
        if user:
            activity.record(session, user.id, Did.LOGIN_FAILED, origin)


def _wrong() -> WrongLogin:
    return WrongLogin("Wrong email address or password. Please check both.")
