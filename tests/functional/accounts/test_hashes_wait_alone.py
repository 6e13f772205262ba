"""Whoever waits for a password's hash holds no connection of the database: fifteen logins would take all of them."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, Person

from oriel.accounts import passwords
from oriel.infra.database import db


@pytest.fixture
def held(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many connections were in use at the beginning of each hash."""
    counts: list[int] = []
    with app.app_context():
        pool = db.engine.pool

    def watched(real: Callable[..., object]) -> Callable[..., object]:
        def hashed(*args: object) -> object:
            counts.append(pool.checkedout())  # type: ignore[attr-defined]
            return real(*args)

        return hashed

    for name in ("matches", "hash_password"):
        monkeypatch.setattr(passwords, name, watched(getattr(passwords, name)))
    return counts


def test_a_login(person: Callable[..., Person], held: list[int]) -> None:
    ada = person()
    held.clear()
    assert ada.log_in().status_code == 200
    assert ada.log_in(password=OTHER_PASSWORD).status_code == 422
    assert held == [0, 0]


def test_a_registration(person: Callable[..., Person], held: list[int]) -> None:
    person()
    assert held == [0]


def test_a_password_reset(person: Callable[..., Person], mailbox: Mailbox, held: list[int]) -> None:
    ada = person()
    ada.client.post("/api/auth/reset-password", json={"email": ada.email})
    held.clear()
    body = {"token": mailbox.token("password_reset"), "password": OTHER_PASSWORD}
    assert ada.client.post("/api/auth/reset-password/confirm", json=body).status_code == 200
    assert held == [0]


def test_a_new_password(person: Callable[..., Person], held: list[int]) -> None:
    ada = person()
    ada.log_in()
    held.clear()
    body = {"password": OTHER_PASSWORD, "current_password": PASSWORD, "email": "new@example.com"}
    assert ada.call("PUT", "/api/user/profile", json=body).status_code == 200
    assert held == [0, 0]
