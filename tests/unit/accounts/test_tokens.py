"""How the cookie of a refresh token is set."""

import pytest
from flask import Flask, Response
from flask_jwt_extended import set_refresh_cookies
from pydantic import SecretStr

from oriel.accounts.tokens import init_tokens, refresh_token
from oriel.settings import Settings


@pytest.mark.parametrize(("env", "is_secure"), [("production", True), ("development", False)])
def test_in_production_the_cookie_of_a_refresh_token_goes_over_https_only(env: str, is_secure: bool) -> None:
    secret = SecretStr("c4b91e02f7a84d6593bd0c1e2f5a6b78")
    settings = Settings(_env_file=None, jwt_secret_key=secret).model_copy(update={"oriel_env": env})
    app = Flask("tokens")
    init_tokens(app, settings)
    with app.test_request_context():
        answer = Response()
        set_refresh_cookies(answer, refresh_token("user", "session", "token"))
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert ("Secure;" in cookie) == is_secure
        assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookies[0]
    assert cookies[0].startswith("oriel_refresh=")
    assert "Path=/api/auth/" in cookies[0]
