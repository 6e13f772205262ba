"""What the tests of accounts share."""

from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import PASSWORD, Mailbox, Person
from tests.functional.caller import Caller

from oriel.accounts import passwords
from oriel.accounts.models import User
from oriel.infra.database import writing


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second for each password is right for a service, and an hour for a test suite."""
    monkeypatch.setattr(passwords, "method", "scrypt:1024:8:1")


@pytest.fixture
def known(app: APIFlask, caller: Callable[..., Caller]) -> Callable[..., Caller]:
    """Make customers as `caller` does, who can prove who they are by PASSWORD."""

    def make(**options: Any) -> Caller:  # noqa: ANN401  (what `caller` takes)
        made = caller(**options)
        with app.app_context():
            stored = passwords.hash_password(PASSWORD)
            with writing() as session:
                session.get_one(User, made.user_id).password_hash = stored
        return made

    return make


@pytest.fixture
def mailbox(app: APIFlask) -> Mailbox:
    """What has been written to customers."""
    return Mailbox(app)


@pytest.fixture
def person(client: FlaskClient, mailbox: Mailbox) -> Callable[..., Person]:
    """Make people with a password, registered over HTTP; confirmed unless told otherwise."""

    def make(email: str = "ada@example.com", *, confirmed: bool = True) -> Person:
        someone = Person(client, email)
        assert someone.register().status_code == 201
        if confirmed:
            assert client.post("/api/auth/verify-email", json={"token": mailbox.token()}).status_code == 200
        return someone

    return make
