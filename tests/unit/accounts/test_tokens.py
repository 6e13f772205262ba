"""How the cookies of a refresh token are set."""

import pytest
from flask import Flask, Response
from flask_jwt_extended import set_refresh_cookies
from pydantic import SecretStr

from oriel.accounts.tokens import init_tokens, refresh_token
from oriel.settings import Settings


@pytest.fixture
def cookies(env: str) -> list[str]:
    """Return the `Set-Cookie` headers for a refresh token: the token itself, and its twin that scripts can read."""
    secret = SecretStr("c4b91e02f7a84d6593bd0c1e2f5a6b78")
    settings = Settings(_env_file=None, jwt_secret_key=secret).model_copy(update={"oriel_env": env})
    app = Flask("tokens")
    init_tokens(app, settings)
    with app.test_request_context():
        answer = Response()
        set_refresh_cookies(answer, refresh_token("user", "session", "token"))
    return answer.headers.getlist("Set-Cookie")


@pytest.mark.parametrize("env", ["production"])
def test_in_production_browsers_keep_the_cookies_for_this_host_and_https_alone(cookies: list[str]) -> None:
    assert [cookie.split("=")[0] for cookie in cookies] == ["__Host-oriel_refresh", "__Host-oriel_csrf"]
    for cookie in cookies:
        # A browser refuses a cookie with the prefix if one of these is missing, or if it names a domain.
        assert {"Secure", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert ["HttpOnly" in cookie for cookie in cookies] == [True, False]


@pytest.mark.parametrize("env", ["development"])
def test_in_development_the_cookies_work_over_plain_http(cookies: list[str]) -> None:
    assert [cookie.split("=")[0] for cookie in cookies] == ["oriel_refresh", "oriel_csrf"]
    assert not any("Secure" in cookie for cookie in cookies)
    assert all("SameSite=Strict" in cookie for cookie in cookies)
    assert "HttpOnly" in cookies[0]
    assert "Path=/api/auth/" in cookies[0]
