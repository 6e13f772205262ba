"""JSON web tokens: short-lived access tokens, and refresh tokens in families with one valid token at a time.

Each token carries its session's id, which is checked at every use, so that tokens end with their session.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from flask import Flask, current_app, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    decode_token,
    get_jwt,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from oriel.errors import NotAuthenticated
from oriel.infra.cookies import cookie_name, cookie_path
from oriel.settings import Settings

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)
# A page may ask twice at once, or lose the first answer; that is no theft.
REUSE_GRACE = timedelta(seconds=10)

_REFRESH_COOKIE = "oriel_refresh"
_CSRF_COOKIE = "oriel_csrf"
_ISSUER = "oriel"
_AUDIENCE = "oriel-api"
_SEEN = "oriel.tokens"
# A few megabytes; the length is limited because the extension accepts long headers.
_MOST_SEEN = 4096
_LONGEST_SEEN = 1024

jwt = JWTManager()


@dataclass(frozen=True)
class Claims:
    """The ids in a valid token."""

    user_id: str
    session_id: str
    token_id: str


def init_tokens(app: Flask, settings: Settings) -> None:
    """Configure the algorithm, the key, and the allowed places of a token."""
    assert settings.jwt_secret_key
    app.config.update(
        JWT_SECRET_KEY=settings.jwt_secret_key.get_secret_value(),
        JWT_ALGORITHM="HS256",
        JWT_DECODE_ALGORITHMS=["HS256"],
        JWT_ENCODE_ISSUER=_ISSUER,
        JWT_DECODE_ISSUER=_ISSUER,
        JWT_ENCODE_AUDIENCE=_AUDIENCE,
        JWT_DECODE_AUDIENCE=_AUDIENCE,
        JWT_ACCESS_TOKEN_EXPIRES=ACCESS_LIFE,
        JWT_REFRESH_TOKEN_EXPIRES=REFRESH_LIFE,
        JWT_TOKEN_LOCATION=["headers", "cookies"],
        JWT_COOKIE_SECURE=settings.is_production,
        JWT_COOKIE_SAMESITE="Strict",
        JWT_COOKIE_CSRF_PROTECT=True,
        JWT_REFRESH_COOKIE_PATH=cookie_path("/api/auth/", settings),
        # Only the refresh token may come as a cookie; pages keep the access token in memory.
        JWT_ACCESS_COOKIE_NAME="oriel_no_access_cookie",
        JWT_REFRESH_COOKIE_NAME=refresh_cookie(settings),
        JWT_REFRESH_CSRF_COOKIE_NAME=cookie_name(_CSRF_COOKIE, settings),
    )
    jwt.init_app(app)
    app.extensions[_SEEN] = {}


def refresh_cookie(settings: Settings) -> str:
    """Return the name of the cookie that holds the refresh token."""
    return cookie_name(_REFRESH_COOKIE, settings)


def has_refresh_cookie() -> bool:
    """Return whether the request brings a refresh token in its cookie."""
    return current_app.config["JWT_REFRESH_COOKIE_NAME"] in request.cookies


def access_token(user_id: str, session_id: str) -> str:
    """Return an access token, valid for 15 minutes."""
    token: str = create_access_token(identity=user_id, additional_claims={"sid": session_id})
    return token


def refresh_token(user_id: str, session_id: str, token_id: str) -> str:
    """Return the refresh token with this id; a second one differs only in its dates."""
    token: str = create_refresh_token(identity=user_id, additional_claims={"sid": session_id, "jti": token_id})
    return token


def claims_in_cookie() -> Claims | None:
    """Return the ids in the cookie's refresh token; None without a valid one.

    It comes without a CSRF token, so it may only end that session.
    """
    cookie = request.cookies.get(current_app.config["JWT_REFRESH_COOKIE_NAME"], "")
    try:
        return claims_of(decode_token(cookie))
    except (JWTExtendedException, PyJWTError, NotAuthenticated):
        return None


def read_token(where: Literal["headers", "cookies"], *, either_kind: bool = False) -> dict[str, Any]:
    """Return the claims of the access token, or with `either_kind` of any token; raise NotAuthenticated."""
    try:
        verify_jwt_in_request(refresh=where == "cookies", verify_type=not either_kind, locations=[where])
    except (JWTExtendedException, PyJWTError) as error:
        # The extension would answer 422 to some of these.
        raise NotAuthenticated("Please sign in: the access token is missing, invalid or expired.") from error
    payload: dict[str, Any] = get_jwt()
    return payload


def read_access_token() -> dict[str, Any]:
    """Return the claims of the header's access token; raise NotAuthenticated.

    A token comes with many requests: we check its signature once and its expiry every time. The caller must check its
    session.
    """
    header = request.headers.get("Authorization", "")
    seen: dict[str, dict[str, Any]] = current_app.extensions[_SEEN]
    payload = seen.get(header)
    if payload is None or payload["exp"] <= time.time():
        payload = read_token("headers")
        if len(seen) >= _MOST_SEEN:
            seen.clear()
        if len(header) <= _LONGEST_SEEN:
            seen[header] = payload
    return payload


def claims_of(payload: dict[str, Any]) -> Claims:
    """Return the ids in a decoded token; raise NotAuthenticated if one is missing."""
    try:
        return Claims(str(payload["sub"]), str(payload["sid"]), str(payload["jti"]))
    except KeyError as error:
        raise NotAuthenticated("Please sign in: this access token is not valid.") from error
