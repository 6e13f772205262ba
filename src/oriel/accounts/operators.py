"""Operators' actions on accounts: create admins, disable and enable accounts."""

from sqlalchemy import select

from oriel.accounts import activity, letters, passwords
from oriel.accounts.activity import Did
from oriel.accounts.addresses import checked_email, spelled_email
from oriel.accounts.keys import revoke_keys
from oriel.accounts.models import ROLE_ADMIN, User
from oriel.accounts.origin import Origin
from oriel.accounts.registration import user_by_email
from oriel.accounts.second_factors.factors import lock, remove_all
from oriel.accounts.sessions import end_sessions
from oriel.errors import NotFound
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.events import publish
from oriel.infra.ids import new_id

# The kind of event that makes a user's sockets ask whether they may go on.
ACCOUNT = "account"


def create_admin(email: str, password: str, role: str = ROLE_ADMIN, *, new_user_id: str | None = None) -> User:
    """Create an operator with this address and password, or make an existing account one; return it.

    Ends the account's sessions, keys and second factors, because its earlier user may be somebody else. Raise
    InvalidEmail, WeakPassword.
    """
    address = checked_email(email)
    passwords.refuse_weak(password, known=(address,), for_operator=True)
    stored = passwords.hash_password(password)
    with writing() as session:
        user = session.scalar(select(User).where(User.email == address)) or User(
            id=new_user_id or new_id(), email=address
        )
        user.password_hash, user.role = stored, role
        user.email_verified_at = user.email_verified_at or now()
        user.pending_email = user.disabled_at = None
        session.add(user)
        session.flush()
        end_sessions(session, user.id, because="made admin")
        revoke_keys(session, user.id)
        remove_all(session, user.id)
        activity.record(session, user.id, Did.MADE_ADMIN, Origin())
    return user


def account_with(email: str) -> User:
    """Return the account with an address, in any spelling; raise NotFound."""
    user = user_by_email(spelled_email(email))
    if user is None:
        raise NotFound(f"No account has the address {email}.")
    return user


def set_role(user_id: str, role: str) -> None:
    """Make somebody an operator with a role, or with ROLE_USER none any more; raise NotFound.

    The role is asked for at each request, so that what it opened is closed at once.
    """
    with writing() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        user.role = role
        activity.record(session, user_id, Did.ROLE_CHANGED, Origin(), role=role)


def disable_user(user_id: str) -> None:
    """Disable an account: end its sessions and sockets, and block its API keys; raise NotFound."""
    with writing() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        user.disabled_at = user.disabled_at or now()
        end_sessions(session, user_id, because="account disabled")
        activity.record(session, user_id, Did.DISABLED, Origin())
    publish(user_id, ACCOUNT, user_id)


def enable_user(user_id: str) -> None:
    """Enable a disabled account; raise NotFound."""
    with writing() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        user.disabled_at = None
        activity.record(session, user_id, Did.ENABLED, Origin())


def end_all_sessions(user_id: str) -> int:
    """End all sessions of an account, and its sockets; return how many sessions there were."""
    with writing() as session:
        count = end_sessions(session, user_id, because="ended by an operator")
        activity.record(session, user_id, Did.SESSIONS_ENDED, Origin(), count=count)
    publish(user_id, ACCOUNT, user_id)
    return count


def reset_second_factors(user_id: str) -> None:
    """Remove an account's second factors and recovery codes, and end its sessions; raise NotFound.

    For a customer who has lost all of them: from then on the password is enough.
    """
    with writing() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        lock(session, user)
        remove_all(session, user_id)
        end_sessions(session, user_id, because="second factors reset")
        letters.tell_factors_reset(session, user)
        activity.record(session, user_id, Did.FACTORS_RESET, Origin())


def is_known(email: str) -> bool:
    """Return whether there is an account with this address; raise InvalidEmail."""
    return db.session.scalar(select(User.id).where(User.email == checked_email(email))) is not None
