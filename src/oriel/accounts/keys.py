"""API keys: secrets for programs, shown once."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from oriel.accounts import activity, letters
from oriel.accounts.activity import Did
from oriel.accounts.login import prove, refuse_other_password
from oriel.accounts.models import ApiKey, User
from oriel.accounts.origin import Origin
from oriel.accounts.scopes import Scope
from oriel.accounts.second_factors.step_up import refuse_stale
from oriel.errors import Conflict, NotFound
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_secret, secret_hash

MOST_KEYS = 20

# Scanners of published code recognise our secrets by it.
_MARK = "oriel_"
_SHOWN = len(_MARK) + 6


def keys_of(user_id: str) -> Select[ApiKey]:
    """Return the query for a user's valid keys, newest first."""
    query = select(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    return query.order_by(ApiKey.created_at.desc(), ApiKey.id.desc())


def make_own_key(
    user: User,
    name: str,
    *,
    password: str,
    session_id: str,
    origin: Origin,
    scopes: Sequence[str] = tuple(Scope),
) -> tuple[ApiKey, str]:
    """Check the password and any second factor; return a new key and its secret, which is not stored.

    Raise SecondFactorNeeded, WrongLogin, TooManyRequests, and Conflict beyond 20 keys.
    """
    refuse_stale(user.id, session_id)
    proven = prove(user, password, origin)
    with writing() as session:
        refuse_other_password(session, user, proven)
        return _add_key(session, user, name, scopes, origin)


def revoke_key(user_id: str, key_id: str, origin: Origin) -> None:
    """Revoke a key; raise NotFound."""
    with writing() as session:
        key = session.get(ApiKey, key_id)
        if key is None or key.user_id != user_id or key.revoked_at:
            raise NotFound("There is no such key.")
        key.revoked_at = now()
        activity.record(session, user_id, Did.KEY_REVOKED, origin, key_id=key_id, name=key.name)


def revoke_keys(session: Session, user_id: str) -> int:
    """Revoke all of a user's keys, in the caller's transaction; return how many there were."""
    good = update(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    return len(session.scalars(good.values(revoked_at=now()).returning(ApiKey.id)).all())


def _add_key(session: Session, user: User, name: str, scopes: Sequence[str], origin: Origin) -> tuple[ApiKey, str]:
    _refuse_too_many(session, user.id)
    secret = _MARK + new_secret()
    key = ApiKey(
        user_id=user.id,
        name=name.strip(),
        prefix=secret[:_SHOWN],
        secret_hash=secret_hash(secret),
        scopes=list(map(str, scopes)),
    )
    session.add(key)
    session.flush()
    letters.tell_key_made(session, user, key)
    activity.record(session, user.id, Did.KEY_MADE, origin, key_id=key.id, name=key.name)
    return key, secret


def _refuse_too_many(session: Session, user_id: str) -> None:
    query = select(func.count()).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    if (session.scalar(query) or 0) >= MOST_KEYS:
        raise Conflict(
            f"You have {MOST_KEYS} API keys, which is the limit. Revoke one you no longer use.", most=MOST_KEYS
        )
