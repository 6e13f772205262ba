"""Changes of the second factors by their owner, who proves who they are first."""

from collections.abc import Mapping
from typing import Any

from oriel.accounts import activity, letters
from oriel.accounts.activity import Did
from oriel.accounts.models import Passkey, User, UserSession
from oriel.accounts.origin import Origin
from oriel.accounts.second_factors import passkeys, recovery_codes, totp
from oriel.accounts.second_factors.factors import (
    announce_added,
    has_second_factor,
    lock,
    remove_app,
    remove_passkey,
)
from oriel.accounts.second_factors.step_up import note_check, prove_again, refuse_stale
from oriel.errors import Conflict
from oriel.infra.database import writing


def set_up_app(user: User, session_id: str, password: str | None, origin: Origin) -> totp.Setup:
    """Start the set-up of an authenticator app; raise what `prove_again` raises, and Conflict if there is one."""
    prove_again(user, session_id, password, origin)
    with writing() as session:
        lock(session, user)
        return totp.start_setup(session, user)


def confirm_app(user: User, session_id: str, code: str, origin: Origin) -> list[str] | None:
    """Switch the app on with its first code; return the recovery codes if they are new.

    Raise WrongSecondFactor, Conflict.
    """
    with writing() as session:
        lock(session, user)
        totp.confirm_setup(session, user.id, code)
        note_check(session.get_one(UserSession, session_id))
        return announce_added(session, user, totp.APP_NAME, origin)


def switch_off_app(user: User, session_id: str, origin: Origin) -> None:
    """Remove the authenticator app; raise SecondFactorNeeded, NotFound."""
    refuse_stale(user.id, session_id)
    with writing() as session:
        remove_app(session, user, origin)


def offer_passkey(user: User, session_id: str, password: str | None, origin: Origin) -> dict[str, Any]:
    """Return what a browser needs to make a passkey; raise what `prove_again` raises, and Conflict beyond ten."""
    prove_again(user, session_id, password, origin)
    with writing() as session:
        return passkeys.registration_options(session, user)


def add_passkey(
    user: User, session_id: str, name: str, credential: Mapping[str, Any], origin: Origin
) -> tuple[Passkey, list[str] | None]:
    """Add a passkey; return it, and the recovery codes if they are new. Raise WrongSecondFactor, Conflict."""
    with writing() as session:
        lock(session, user)
        passkey = passkeys.register_passkey(session, user.id, name, credential)
        note_check(session.get_one(UserSession, session_id))
        return passkey, announce_added(session, user, name, origin)


def rename_passkey(user: User, passkey_id: str, name: str) -> Passkey:
    """Give a passkey another name; raise NotFound."""
    with writing() as session:
        passkey = passkeys.own_passkey(session, user.id, passkey_id)
        passkey.name = name
        return passkey


def delete_passkey(user: User, session_id: str, passkey_id: str, origin: Origin) -> None:
    """Remove a passkey; raise SecondFactorNeeded, NotFound."""
    refuse_stale(user.id, session_id)
    with writing() as session:
        remove_passkey(session, user, passkey_id, origin)


def renew_recovery_codes(user: User, session_id: str, origin: Origin) -> list[str]:
    """Return ten new recovery codes, and end the earlier ones; raise SecondFactorNeeded, Conflict."""
    if not has_second_factor(user.id):
        raise Conflict("Recovery codes replace a second factor. Set up an authenticator app or a passkey first.")
    refuse_stale(user.id, session_id)
    with writing() as session:
        lock(session, user)
        letters.tell_new_recovery_codes(session, user)
        activity.record(session, user.id, Did.RECOVERY_CODES_MADE, origin)
        return recovery_codes.make_codes(session, user.id)
