"""Somebody with a mail address, a password and a mailbox."""

import re
from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from oriel.accounts.password_reset import answer_requests
from oriel.infra.database import db
from oriel.infra.mail.outbox import OutboxMail

PASSWORD = "tuba lantern violet"  # noqa: S105  (somebody's in the tests)
OTHER_PASSWORD = "marble kettle orchard"  # noqa: S105


@dataclass
class Person:
    """Registers and logs in over HTTP, and calls with the tokens of the last login."""

    client: FlaskClient
    email: str
    password: str = PASSWORD
    access: str = ""
    refresh: str = ""

    def register(self) -> TestResponse:
        body = {"email": self.email, "password": self.password, "name": "Ada"}
        return self.client.post("/api/auth/register", json=body)

    def log_in(self, **others: Any) -> TestResponse:  # noqa: ANN401
        """Log in and remember the tokens; `password` and `email` may be others."""
        body = {"email": self.email, "password": self.password, **others}
        answer = self.client.post("/api/auth/login", json=body)
        if answer.status_code == 200:
            self.access, self.refresh = json_of(answer)["access_token"], json_of(answer)["refresh_token"]
        return answer

    def call(self, method: str, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        return self.client.open(path, method=method, headers=bearer(self.access), **options)

    def make_key(self, name: str = "studio", password: str | None = None) -> TestResponse:
        body = {"name": name, "current_password": password or self.password}
        return self.call("POST", "/api/user/keys", json=body)

    def renew(self, token: str | None = None) -> TestResponse:
        return self.client.post("/api/auth/refresh", headers=bearer(token or self.refresh))


@dataclass
class Mailbox:
    """Every mail in the outbox, the newest first."""

    app: APIFlask

    def mails(self, kind: str | None = None) -> list[OutboxMail]:
        """Return the mails of one kind, or all, once the clock has answered what waits for it."""
        with self.app.app_context():
            answer_requests()
            found = db.session.scalars(select(OutboxMail).order_by(OutboxMail.created_at.desc())).all()
        return [mail for mail in found if kind in (None, mail.kind)]

    def token(self, kind: str | None = None) -> str:
        """Return the token of the link in the newest mail."""
        found = re.search(r"\?token=([\w-]+)", self.mails(kind)[0].text)
        assert found
        return found[1]


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def json_of(answer: TestResponse) -> dict[str, Any]:
    """Return the answer's body."""
    assert isinstance(answer.json, dict), answer.text
    return answer.json


def code_of(answer: TestResponse) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer.status_code, json_of(answer)["error"]["code"]
