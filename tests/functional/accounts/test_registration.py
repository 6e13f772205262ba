"""New accounts, and the confirmation of their addresses."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from tests.functional.accounts.person import PASSWORD, Mailbox, Person, bearer, code_of, json_of
from tests.functional.caller import Caller
from werkzeug.test import TestResponse

from oriel.infra.clock import clock


def names_field(answer: TestResponse, field: str) -> bool:
    """Return whether a form can show the refusal at its field."""
    error = json_of(answer)["error"]
    return bool(error["details"][field] == error["message"])


def _body(**others: object) -> dict[str, object]:
    return {"email": "ada@example.com", "password": PASSWORD, **others}


def test_somebody_registers(client: FlaskClient) -> None:
    answer = client.post("/api/auth/register", json=_body(email="Ada@Example.com ", name=" Ada "))
    assert answer.status_code == 201
    user = json_of(answer)["user"]
    assert (user["email"], user["name"], user["role"], user["plan"]) == ("ada@example.com", "Ada", "user", "free")
    assert user["email_verified"] is False
    names = {"id", "email", "name", "email_verified", "role", "plan", "created_at", "deletion_due_at", "avatar_url"}
    assert set(user) == names


def test_the_link_in_the_mail_confirms_the_address(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person(confirmed=False)
    answer = ada.client.post("/api/auth/verify-email", json={"token": mailbox.token("confirmation")})
    assert answer.status_code == 200
    assert json_of(answer)["user"]["email_verified"] is True


def test_the_same_link_may_be_pressed_twice(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    assert ada.client.post("/api/auth/verify-email", json={"token": mailbox.token()}).status_code == 200


def test_a_known_address_is_refused_in_any_spelling(person: Callable[..., Person], client: FlaskClient) -> None:
    person("ada@example.com")
    answer = client.post("/api/auth/register", json=_body(email="ADA@example.com"))
    assert code_of(answer) == (409, "EMAIL_TAKEN")
    assert names_field(answer, "email")


def test_who_asks_for_many_known_addresses_has_to_wait(person: Callable[..., Person], client: FlaskClient) -> None:
    person("ada@example.com")
    for _ in range(11):
        assert client.post("/api/auth/register", json=_body()).status_code == 409
    answer = client.post("/api/auth/register", json=_body(email="new@example.com"))
    assert code_of(answer) == (429, "RATE_LIMITED")
    wait = json_of(answer)["error"]["details"]["retry_after_s"]
    # A minute from the last of them, and the machine may be slow.
    assert 30 < wait <= 60
    assert answer.headers["Retry-After"] == str(wait)
    clock.shift(timedelta(seconds=61))
    answer = client.post("/api/auth/register", json=_body(email="new@example.com"))
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "email", ["nobody", "a@b", "a b@example.com", "ada@localhost", "ä@example.com", "a@@example.com"]
)
def test_what_is_no_address_is_refused(client: FlaskClient, email: str) -> None:
    answer = client.post("/api/auth/register", json=_body(email=email))
    assert code_of(answer) == (422, "INVALID_EMAIL")
    assert names_field(answer, "email")


@pytest.mark.parametrize("password", ["short", "x1" * 65, "password1", "P@ssw0rd2024", "ada@example.com"])
def test_a_weak_password_is_refused(client: FlaskClient, password: str) -> None:
    answer = client.post("/api/auth/register", json=_body(password=password))
    assert code_of(answer) == (422, "WEAK_PASSWORD")
    assert names_field(answer, "password")


@pytest.mark.parametrize("password", ["correct horse battery", "12 tubas!", "ёжик в тумане", "🎹🎺🎻🥁🎸🎷🪕🪘"])
def test_any_other_password_will_do(client: FlaskClient, password: str) -> None:
    assert client.post("/api/auth/register", json=_body(password=password)).status_code == 201
    answer = client.post("/api/auth/login", json={"email": "ada@example.com", "password": password})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.com"},
        {"email": "ada@example.com", "password": 12345678},
        {"email": "ada@example.com", "password": PASSWORD, "role": "admin"},
        {"email": "ada@example.com", "password": PASSWORD, "name": "a\x00b"},
        {"email": "ada@example.com", "password": PASSWORD, "name": "a\ud800"},
        {"email": "ada@example.com", "password": PASSWORD, "name": "x" * 121},
        {"email": "a" * 250 + "@example.com", "password": PASSWORD},
        [],
    ],
)
def test_a_body_that_does_not_validate_is_refused(client: FlaskClient, body: object) -> None:
    assert code_of(client.post("/api/auth/register", json=body)) == (422, "VALIDATION_ERROR")


def test_a_link_that_nobody_sent_confirms_nothing(client: FlaskClient) -> None:
    assert code_of(client.post("/api/auth/verify-email", json={"token": "x" * 43})) == (422, "INVALID_TOKEN")


def test_a_link_is_good_for_two_days(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person(confirmed=False)
    clock.shift(timedelta(hours=48, seconds=1))
    answer = ada.client.post("/api/auth/verify-email", json={"token": mailbox.token()})
    assert code_of(answer) == (422, "INVALID_TOKEN")


def test_the_mail_is_sent_again_and_either_link_confirms(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person(confirmed=False)
    ada.log_in()
    first = mailbox.token()
    assert ada.call("POST", "/api/auth/verify-email/send").status_code == 202
    second = mailbox.token()
    assert second != first
    for token in (first, second):
        assert ada.client.post("/api/auth/verify-email", json={"token": token}).status_code == 200


def test_a_link_for_another_address_ends_when_the_address_changes(
    person: Callable[..., Person], mailbox: Mailbox
) -> None:
    ada = person(confirmed=False)
    ada.log_in()
    wrong = mailbox.token()
    ada.call("PUT", "/api/user/profile", json={"email": "right@example.com", "current_password": ada.password})
    assert code_of(ada.client.post("/api/auth/verify-email", json={"token": wrong})) == (422, "INVALID_TOKEN")
    assert ada.client.post("/api/auth/verify-email", json={"token": mailbox.token()}).status_code == 200


def test_a_mailbox_is_not_filled(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person(confirmed=False)
    ada.log_in()
    for _ in range(4):
        assert ada.call("POST", "/api/auth/verify-email/send").status_code == 202
    assert code_of(ada.call("POST", "/api/auth/verify-email/send")) == (429, "RATE_LIMITED")
    assert len(mailbox.mails("confirmation")) == 5


def test_who_is_confirmed_gets_no_mail_again(caller: Callable[..., Caller]) -> None:
    assert code_of(caller().post("/api/auth/verify-email/send")) == (409, "CONFLICT")


def test_who_is_not_confirmed_may_log_in(person: Callable[..., Person]) -> None:
    ada = person(confirmed=False)
    assert ada.log_in().status_code == 200
    assert ada.client.get("/api/user/profile", headers=bearer(ada.access)).status_code == 200
