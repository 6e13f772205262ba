"""The second factors of an account: which there are, and what follows when one is added or removed."""

from dataclasses import dataclass

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from oriel.accounts import activity, letters
from oriel.accounts.activity import Did
from oriel.accounts.models import AuthenticatorApp, Passkey, PasskeyChallenge, User
from oriel.accounts.origin import Origin
from oriel.accounts.second_factors import passkeys, recovery_codes, totp
from oriel.errors import NotFound
from oriel.infra.database import db


@dataclass(frozen=True)
class Factors:
    """An account's second factors."""

    app: AuthenticatorApp | None
    passkeys: list[Passkey]
    recovery_codes_left: int

    @property
    def methods(self) -> list[str]:
        """The ways to answer, named as the fields that carry the answer."""
        ways = {"code": self.app, "passkey": self.passkeys, "recovery_code": self.recovery_codes_left}
        return [name for name, there in ways.items() if there]


def factors_of(session: Session, user_id: str) -> Factors:
    """Return an account's second factors."""
    keys = list(session.scalars(passkeys.passkeys_of(user_id)))
    return Factors(totp.app_of(session, user_id), keys, recovery_codes.codes_left(session, user_id))


def has_second_factor(user_id: str) -> bool:
    """Return whether an account has an authenticator app or a passkey."""
    is_set_up = (AuthenticatorApp.user_id == user_id, AuthenticatorApp.confirmed_at.is_not(None))
    return bool(db.session.scalar(select(or_(exists().where(*is_set_up), exists().where(Passkey.user_id == user_id)))))


def lock(session: Session, user: User) -> None:
    """Lock a user's row until the transaction ends, so that two changes of the factors follow one another."""
    # Not FOR UPDATE: writers of the activity log refer to this row.
    session.refresh(user, with_for_update={"key_share": True})


def announce_added(session: Session, user: User, name: str, origin: Origin) -> list[str] | None:
    """Tell the user of a new factor; with the first one, return the recovery codes that come with it."""
    letters.tell_factor_added(session, user, name)
    activity.record(session, user.id, Did.FACTOR_ADDED, origin, name=name)
    if recovery_codes.codes_left(session, user.id):
        return None
    return recovery_codes.make_codes(session, user.id)


def remove_app(session: Session, user: User, origin: Origin) -> None:
    """Remove the authenticator app, in the caller's transaction; raise NotFound."""
    lock(session, user)
    app = totp.app_of(session, user.id)
    if app is None:
        raise NotFound("Your account has no authenticator app.")
    session.delete(app)
    _announce_removed(session, user, totp.APP_NAME, origin)


def remove_passkey(session: Session, user: User, passkey_id: str, origin: Origin) -> None:
    """Remove a passkey, in the caller's transaction; raise NotFound."""
    lock(session, user)
    passkey = passkeys.own_passkey(session, user.id, passkey_id)
    session.delete(passkey)
    _announce_removed(session, user, passkey.name, origin)


def remove_all(session: Session, user_id: str) -> None:
    """Remove all factors and recovery codes, in the caller's transaction."""
    for model in (AuthenticatorApp, Passkey, PasskeyChallenge):
        session.execute(delete(model).where(model.user_id == user_id))
    recovery_codes.delete_codes(session, user_id)


def _announce_removed(session: Session, user: User, name: str, origin: Origin) -> None:
    session.flush()
    letters.tell_factor_removed(session, user, name, is_last=(is_last := not has_second_factor(user.id)))
    activity.record(session, user.id, Did.FACTOR_REMOVED, origin, name=name)
    if is_last:
        # They would open nothing.
        recovery_codes.delete_codes(session, user.id)
