"""Operators of the tests, in the panel: with a second factor, and with tokens for their forms."""

import re
from dataclasses import dataclass
from typing import Any

import pyotp
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.second_factor import STEP, code_of_app
from tests.functional.caller import Caller
from werkzeug.test import TestResponse

from oriel.accounts.models import ROLE_ADMIN, AuthenticatorApp, User, UserSession
from oriel.accounts.second_factors import totp
from oriel.admin.models import AdminAction
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.encryption import encrypt

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Operator:
    """Somebody signed in to the panel, without the price of a password."""

    client: FlaskClient
    caller: Caller
    secret: str

    @property
    def id(self) -> str:
        return self.caller.user_id

    @property
    def email(self) -> str:
        return self.caller.email

    @property
    def session_id(self) -> str:
        return self.caller.session_id

    def get(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, object] | None = None, *, with_token: bool = True) -> TestResponse:
        fields: dict[str, object] = {"csrf_token": self.token()} if with_token else {}
        return self.client.post(path, data={**fields, **(data or {})})

    def token(self) -> str:
        return token_in(self.get("/admin/"))

    def next_code(self) -> str:
        """Wait until the app shows a code that was never used."""
        clock.shift(STEP)
        return code_of_app(self.secret)


def token_in(page: TestResponse) -> str:
    """Return the CSRF token of the forms of a page."""
    found = _TOKEN.search(page.text)
    assert found, page.text
    return found[1]


def signed_in(app: APIFlask, role: str = ROLE_ADMIN, *, has_factor: bool = True) -> Operator:
    """Make an operator with a session of the panel."""
    caller = Caller.registered(app, role=role)
    secret = pyotp.random_base32()
    with app.app_context(), writing() as session:
        user_session = session.get_one(UserSession, caller.session_id)
        user_session.second_factor_at = now() if has_factor else None
        if has_factor:
            add_app(session.get_one(User, caller.user_id), secret)
    client = app.test_client()
    with client.session_transaction("/admin/") as cookie:
        cookie["session"] = caller.session_id
    return Operator(client, caller, secret)


def add_app(user: User, secret: str) -> None:
    """Give somebody an authenticator app, in the caller's transaction."""
    sealed = encrypt(secret, totp._purpose(user.id))
    db.session.add(AuthenticatorApp(user_id=user.id, secret=sealed, confirmed_at=now()))


def trail(app: APIFlask) -> list[AdminAction]:
    """Return the lines of the audit trail, the first one first."""
    with app.app_context():
        return list(db.session.query(AdminAction).order_by(AdminAction.id))
