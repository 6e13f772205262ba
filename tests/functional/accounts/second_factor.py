"""Customers with an authenticator app, and what their app shows."""

from dataclasses import dataclass, field
from datetime import timedelta

import pyotp
from flask.testing import FlaskClient
from tests.functional.accounts.person import PASSWORD, json_of
from tests.functional.caller import Caller
from werkzeug.test import TestResponse

from oriel.infra.clock import clock, now

STEP = timedelta(seconds=30)
PATH = "/api/user/second-factor"


@dataclass
class Secured:
    """A customer with an authenticator app; `codes` are the recovery codes."""

    caller: Caller
    secret: str
    codes: list[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        return code_of_app(self.secret, steps)

    def next_code(self) -> str:
        """Wait until the app shows a code that was never used."""
        clock.shift(STEP)
        return self.code()

    def log_in(self, client: FlaskClient) -> dict[str, object]:
        """Send the password alone; return what it answers."""
        answer = client.post("/api/auth/login", json={"email": self.caller.email, "password": PASSWORD})
        assert answer.status_code == 202, answer.text
        return json_of(answer)

    def finish(self, client: FlaskClient, **proof: object) -> TestResponse:
        """Send the password, then the second factor."""
        token = self.log_in(client)["token"]
        return client.post("/api/auth/login/second-factor", json={"token": token, **proof})


def code_of_app(secret: str, steps: int = 0) -> str:
    """Return what an app with this secret shows now, or some steps of 30 seconds later."""
    return str(pyotp.TOTP(secret).generate_otp(int(now().timestamp()) // 30 + steps))


def set_up(caller: Caller) -> str:
    """Start to set up an app; return its secret."""
    answer = caller.post(f"{PATH}/totp", json={"current_password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return str(json_of(answer)["secret"])


def with_app(caller: Caller) -> Secured:
    """Give a customer an app, over HTTP."""
    secret = set_up(caller)
    answer = caller.post(f"{PATH}/totp/confirm", json={"code": code_of_app(secret)})
    assert answer.status_code == 200, answer.text
    return Secured(caller, secret, json_of(answer)["recovery_codes"])
