"""How the cookie of the panel's session is set."""

import pytest
from flask import Flask, session

from oriel.admin import session_cookie
from oriel.settings import Settings


def _cookie(env: str) -> list[str]:
    settings = Settings(_env_file=None).model_copy(update={"oriel_env": env})
    app = Flask("panel")
    app.config.update(session_cookie(settings), SECRET_KEY="7d0a5f0e6a3c4b1f9d2e8c7b5a493827")  # noqa: S106

    @app.get("/admin/")
    def enter() -> str:
        session["session"] = "somebody"
        return ""

    [cookie] = app.test_client().get("/admin/").headers.getlist("Set-Cookie")
    return cookie.split("; ")


def test_in_production_browsers_keep_it_for_this_host_and_https_alone() -> None:
    name, *attributes = _cookie("production")
    assert name.startswith("__Host-oriel_admin=")
    # A browser refuses a cookie with the prefix if it names a domain, or another path.
    assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}


@pytest.mark.parametrize("attribute", ["HttpOnly", "Path=/admin", "SameSite=Strict"])
def test_in_development_it_works_over_plain_http(attribute: str) -> None:
    name, *attributes = _cookie("development")
    assert name.startswith("oriel_admin=")
    assert attribute in attributes
    assert "Secure" not in attributes
