"""Login, in two steps where the account has a second factor, and password checks before sensitive changes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from oriel.accounts import activity, delays, passwords
from oriel.accounts.activity import Did
from oriel.accounts.addresses import spelled_email
from oriel.accounts.disabled import refuse_disabled
from oriel.accounts.models import PendingLogin, User, UserSession
from oriel.accounts.origin import Origin
from oriel.accounts.registration import user_by_email
from oriel.accounts.second_factors.factors import factors_of, has_second_factor, lock
from oriel.accounts.second_factors.proof import Proof, check_proof
from oriel.accounts.sessions import begin_session
from oriel.errors import InvalidToken, NotAllowed, WrongLogin
from oriel.infra.clock import now
from oriel.infra.counters import Counter
from oriel.infra.database import db, writing
from oriel.infra.ids import new_secret, secret_hash
from oriel.infra.security_log import log_event

PENDING_LIFE = timedelta(minutes=10)

ASKED = Counter("oriel_second_factors_asked", "Logins that were asked for a second factor")


def _note_nothing(_session: Session, _user: User, _origin: Origin) -> None:
    """Leave a wrong password to the activity log."""


@dataclass(frozen=True)
class Door:
    """A place to log in: whom it admits, and how long its sessions last at most (None: as long as usual).

    `note_failure` is called for a wrong password of an account that exists, in the transaction that counts it.
    """

    admits: Callable[[User], bool]
    session_life: timedelta | None = None
    note_failure: Callable[[Session, User, Origin], None] = _note_nothing


SITE = Door(lambda _user: True)


@dataclass(frozen=True)
class SecondStep:
    """A login that waits for a second factor: the token to go on with, and the methods that the account has."""

    token: str
    methods: list[str]


def log_in(email: str, password: str, origin: Origin, door: Door = SITE) -> UserSession | SecondStep:
    """Check the password and start a session, or return the second step if the account has a second factor.

    An unknown address takes as long and gets the same refusal. Raise WrongLogin, AccountDisabled and NotAllowed (only
    after the right password), TooManyRequests.
    """
    address = spelled_email(email)
    keys = (delays.account_key(address), delays.address_key(origin.address))
    delays.claim(*keys)
    user = user_by_email(address)
    checked = user.password_hash if user else None
    # A hash may wait many seconds for its turn; it must not hold a database connection meanwhile.
    db.session.commit()
    if not passwords.matches(checked, password) or user is None:
        _note_failure(user, keys, origin, door)
        raise _wrong()
    with writing() as session:
        if not still_has_password(session, user, checked):
            raise _wrong()
        _refuse_unwelcome(user, door)
        delays.forgive(session, *keys)
        if has_second_factor(user.id):
            return _second_step(session, user.id)
        activity.record(session, user.id, Did.LOGGED_IN, origin)
        return _begin(session, user, origin, door)


def finish_log_in(token: str, proof: Proof, origin: Origin, door: Door = SITE) -> UserSession:
    """Check the second factor and start the session of a login.

    Raise InvalidToken, WrongSecondFactor, AccountDisabled, NotAllowed, TooManyRequests.
    """
    user = owner_of_login(token)
    check_proof(user, proof, origin)
    with writing() as session:
        # Before the login's row, as a password reset does, which ends such logins.
        lock(session, user)
        waiting = delete(PendingLogin).where(PendingLogin.token_hash == secret_hash(token))
        if session.scalar(waiting.returning(PendingLogin.id)) is None:
            raise _expired()
        _refuse_unwelcome(user, door)
        activity.record(session, user.id, Did.LOGGED_IN, origin, second_factor=proof.method)
        begun = _begin(session, user, origin, door)
        begun.second_factor_at = now()
        return begun


def owner_of_login(token: str) -> User:
    """Return the user of a login that waits for a second factor; raise InvalidToken."""
    query = select(User).join(PendingLogin, PendingLogin.user_id == User.id)
    user = db.session.scalar(
        query.where(PendingLogin.token_hash == secret_hash(token), PendingLogin.expires_at > now())
    )
    if user is None:
        raise _expired()
    return user


def prove(user: User, password: str, origin: Origin) -> str:
    """Check a logged-in user's password before a sensitive change; raise WrongLogin or TooManyRequests.

    Return the password's hash, for `refuse_other_password` in the transaction of the change.
    """
    keys = (delays.account_key(user.email), delays.address_key(origin.address))
    delays.claim(*keys)
    checked = user.password_hash
    db.session.commit()
    if not passwords.matches(checked, password):
        _note_failure(user, keys, origin, SITE)
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


def _second_step(session: Session, user_id: str) -> SecondStep:
    token = new_secret()
    ASKED.add()
    session.add(PendingLogin(user_id=user_id, token_hash=secret_hash(token), expires_at=now() + PENDING_LIFE))
    return SecondStep(token, factors_of(session, user_id).methods)


def _begin(session: Session, user: User, origin: Origin, door: Door) -> UserSession:
    user.last_login_at = now()
    begun = begin_session(session, user, origin)
    if door.session_life:
        begun.expires_at = now() + door.session_life
    return begun


def _refuse_unwelcome(user: User, door: Door) -> None:
    refuse_disabled(user)
    if not door.admits(user):
        raise NotAllowed("This account may not sign in here.")


def _expired() -> InvalidToken:
    return InvalidToken("Signing in took too long. Please enter your password again.")


def _wrong_current() -> WrongLogin:
    return WrongLogin("Your current password is wrong. Please try again.")


def _note_failure(user: User | None, keys: tuple[str, ...], origin: Origin, door: Door) -> None:
    # One commit in either case; a second one would take time and show that the account exists.
    with writing() as session:
        delays.begin(session, *keys)
        if user:
            activity.record(session, user.id, Did.LOGIN_FAILED, origin)
            door.note_failure(session, user, origin)
        else:
            log_event(str(Did.LOGIN_FAILED), level=logging.WARNING, account="unknown")


def _wrong() -> WrongLogin:
    return WrongLogin("Wrong email address or password. Please check both.")
