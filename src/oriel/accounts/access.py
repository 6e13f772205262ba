"""Access to routes: declared by a decorator, checked before the view, shown in the OpenAPI document."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import g, request
from flask_jwt_extended import get_jwt
from sqlalchemy import bindparam, select, update

from oriel.accounts.disabled import refuse_disabled
from oriel.accounts.models import ApiKey, User, UserSession
from oriel.accounts.scopes import Scope
from oriel.accounts.tokens import Claims, claims_of, has_refresh_cookie, read_access_token, read_token
from oriel.errors import EmailNotVerified, NotAllowed, NotAuthenticated
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import secret_hash

View = TypeVar("View", bound=Callable[..., Any])

API_KEY_HEADER = "X-API-Key"

_NO_KEYS = "An API key cannot do this. Please sign in and send the access token as Authorization: Bearer."
_USE_NOTED_EVERY = timedelta(minutes=10)
# One query for both, built once, because every request with a token runs it.
_HOLDER = (
    select(User, UserSession)
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.id == bindparam("session_id"))
)


class Who(StrEnum):
    """The callers that a route admits."""

    ANYONE = "anyone"
    USER = "user"
    CONFIRMED = "confirmed"
    ADMIN = "admin"
    # The holder of a session's access or refresh token, from header or cookie: to renew and end sessions.
    SESSION = "session"


_SECURITY: dict[Who, list[dict[str, list[str]]]] = {
    Who.ANYONE: [],
    Who.USER: [{"bearer": []}],
    Who.CONFIRMED: [{"bearer": []}],
    Who.ADMIN: [{"bearer": []}],
    Who.SESSION: [{"bearer": []}, {"refresh_cookie": []}],
}


def note_access(view: Callable[..., Any], who: Who) -> None:
    """Note whom a view admits, for those who ask every route of the service."""
    vars(view)["access"] = who


def allow(who: Who, *, keys: Scope | None = None) -> Callable[[View], View]:
    """Admit only these callers; `keys` names the scope of the API keys that are admitted too, None refuses all.

    API keys belong to programs, which must not change the account or act as operators.
    """
    assert keys is None or who in (Who.USER, Who.CONFIRMED)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  (whatever the view takes and answers)
            if who is not Who.ANYONE:
                g.user = _admitted(who, keys)
            return view(*args, **kwargs)

        note_access(guarded, who)
        # APIFlask copies these into the OpenAPI document.
        spec = guarded.__dict__.setdefault("_spec", {})
        spec["security"] = [*_SECURITY[who], *([{"key": [str(keys)]}] if keys else [])]
        spec["extensions"] = {**(spec.get("extensions") or {}), "x-access": str(who)}
        return cast("View", guarded)

    return decorate


def is_operator() -> bool:
    """Return whether the caller is an operator, on a route that admits anyone but shows operators more."""
    try:
        _admitted(Who.ADMIN, None)
    except (NotAuthenticated, NotAllowed):
        return False
    return True


def user_if_known() -> User | None:
    """Return the caller, on a route that admits anyone; None where no valid token or key says who it is."""
    try:
        return _admitted(Who.USER, Scope.READ)
    except (NotAuthenticated, NotAllowed):
        return None


def current_user() -> User:
    """Return the calling user, on a route for users."""
    user = g.user
    assert isinstance(user, User)
    return user


@dataclass(frozen=True)
class Presented:
    """The token of the request, and whether it came in a cookie."""

    claims: Claims
    in_cookie: bool


def presented_token(*, refresh: bool = False) -> Presented:
    """Return the request's token, on a route for Who.SESSION; with `refresh`, refuse an access token."""
    if refresh and get_jwt()["type"] != "refresh":
        raise NotAuthenticated("This is an access token. Send your refresh token instead.")
    return Presented(claims_of(get_jwt()), in_cookie=not _in_header())


@dataclass(frozen=True)
class Proof:
    """The session or API key behind a connection that outlives its request."""

    user_id: str
    session_id: str | None
    key_id: str | None


def current_proof() -> Proof:
    """Return the session or API key of the caller, on a route for users."""
    return Proof(current_user().id, g.session_id, g.get("key_id"))


def is_still_good(proof: Proof) -> bool:
    """Return whether a session or key is still valid, and its account enabled."""
    query = select(User.id).where(User.id == proof.user_id, User.disabled_at.is_(None))
    if proof.session_id:
        goes_on = (UserSession.ended_at.is_(None), UserSession.expires_at > now())
        query = query.join(UserSession, UserSession.user_id == User.id).where(
            UserSession.id == proof.session_id, *goes_on
        )
    else:
        good = (ApiKey.id == proof.key_id, ApiKey.revoked_at.is_(None))
        query = query.join(ApiKey, ApiKey.user_id == User.id).where(*good)
    return db.session.scalar(query) is not None


def _good_session(session: UserSession | None, user_id: str) -> UserSession:
    """Return a token's session; raise NotAuthenticated if it has ended."""
    if session is None or session.user_id != user_id or session.ended_at or session.expires_at <= now():
        raise NotAuthenticated("Your session has ended. Please sign in again.")
    return session


def _admitted(who: Who, keys: Scope | None) -> User:
    if _is_key_alone() and not (has_refresh_cookie() if who is Who.SESSION else keys):
        raise NotAuthenticated(_NO_KEYS)
    user = _holder() if who is Who.SESSION else _caller(keys)
    g.caller_id = user.id
    refuse_disabled(user)
    if who is Who.ADMIN and not user.is_admin:
        raise NotAllowed("Only operators can do this.")
    if who is Who.ADMIN and not g.has_second_factor:
        raise NotAllowed("Operators need a second factor. Set one up in your account, then sign in with it.")
    if who is Who.CONFIRMED and not user.email_verified:
        raise EmailNotVerified("Please confirm your email address first: open the link in the email we sent you.")
    return user


def _holder() -> User:
    return _by_session(read_token("headers" if _in_header() else "cookies", either_kind=True))


def _in_header() -> bool:
    return "Authorization" in request.headers


def _is_key_alone() -> bool:
    return API_KEY_HEADER in request.headers and not _in_header()


def _caller(keys: Scope | None) -> User:
    if API_KEY_HEADER in request.headers and keys:
        return _by_key(request.headers[API_KEY_HEADER], keys)
    return _by_session(read_access_token())


def _by_session(payload: dict[str, Any]) -> User:
    claims = claims_of(payload)
    row = db.session.execute(_HOLDER, {"session_id": claims.session_id}).one_or_none()
    session = _good_session(row[1] if row else None, claims.user_id)
    assert row
    g.session_id, g.has_second_factor = session.id, session.second_factor_at is not None
    return row[0]


def _by_key(secret: str, needed: Scope) -> User:
    query = select(ApiKey).where(ApiKey.secret_hash == secret_hash(secret), ApiKey.revoked_at.is_(None))
    key = db.session.scalar(query)
    if key is None:
        raise NotAuthenticated("This API key is unknown or has been revoked.")
    if needed not in key.scopes:
        raise NotAllowed(f"This API key cannot do this: it needs the scope “{needed}”.", scope=str(needed))
    _note_use(key)
    g.session_id, g.key_id = None, key.id
    user = db.session.get(User, key.user_id)
    assert user
    return user


def _note_use(key: ApiKey) -> None:
    """Record a key's use, at most every ten minutes to save writes."""
    if key.last_used_at and key.last_used_at > now() - _USE_NOTED_EVERY:
        return
    with writing() as session:
        session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now()))
