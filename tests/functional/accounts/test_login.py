"""Logging in and out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import OTHER_PASSWORD, Person, bearer, code_of, json_of

from oriel.accounts import passwords
from oriel.accounts.operators import disable_user, enable_user
from oriel.infra.clock import clock


def test_somebody_logs_in(person: Callable[..., Person]) -> None:
    ada = person()
    answer = json_of(ada.log_in())
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 900)
    assert answer["user"]["email"] == "ada@example.com"
    verified = json_of(ada.call("GET", "/api/user/session/verify"))
    assert verified["valid"] is True
    assert verified["user"] == answer["user"]
    assert verified["expires_at"].endswith("Z")


def test_the_spelling_of_the_address_does_not_matter(person: Callable[..., Person]) -> None:
    assert person().log_in(email=" ADA@Example.com").status_code == 200


def test_a_wrong_password_is_refused(person: Callable[..., Person]) -> None:
    assert code_of(person().log_in(password=OTHER_PASSWORD)) == (422, "INVALID_CREDENTIALS")


def test_an_unknown_address_is_refused_with_the_same_words(person: Callable[..., Person]) -> None:
    ada = person()
    unknown = ada.log_in(email="nobody@example.com")
    assert unknown.json == ada.log_in(password=OTHER_PASSWORD).json


def test_an_unknown_address_costs_a_hash_too(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str | None] = []
    real = passwords.matches

    def watched(stored: str | None, given: str) -> bool:
        checked.append(stored)
        return real(stored, given)

    monkeypatch.setattr(passwords, "matches", watched)
    client.post("/api/auth/login", json={"email": "nobody@example.com", "password": OTHER_PASSWORD})
    assert checked == [None]


def test_after_five_failures_an_account_waits_longer_and_longer(person: Callable[..., Person]) -> None:
    ada = person()
    for _ in range(5):
        assert ada.log_in(password=OTHER_PASSWORD).status_code == 422
    for delay in (2, 4, 8):
        assert ada.log_in(password=OTHER_PASSWORD).status_code == 422
        answer = ada.log_in()
        assert code_of(answer) == (429, "RATE_LIMITED")
        assert 0 < json_of(answer)["error"]["details"]["retry_after_s"] <= delay
        clock.shift(timedelta(seconds=delay))
    assert ada.log_in().status_code == 200


def test_the_right_password_clears_an_account(person: Callable[..., Person]) -> None:
    ada = person()
    for _ in range(2):
        for _ in range(5):
            assert ada.log_in(password=OTHER_PASSWORD).status_code == 422
        assert ada.log_in().status_code == 200


def test_an_account_that_does_not_exist_waits_alike(person: Callable[..., Person]) -> None:
    ada = person()
    for _ in range(6):
        ada.log_in(email="nobody@example.com")
    assert code_of(ada.log_in(email="nobody@example.com")) == (429, "RATE_LIMITED")


def test_an_address_that_tries_many_accounts_waits(person: Callable[..., Person]) -> None:
    ada = person()
    for number in range(21):
        assert ada.log_in(email=f"nobody{number}@example.com").status_code == 422
    assert code_of(ada.log_in()) == (429, "RATE_LIMITED")


def test_an_address_is_not_cleared_by_a_login_of_its_own(person: Callable[..., Person]) -> None:
    ada = person()
    for number in range(20):
        ada.log_in(email=f"nobody{number}@example.com")
    assert ada.log_in().status_code == 200
    assert ada.log_in(email="nobody@example.com").status_code == 422
    assert code_of(ada.log_in()) == (429, "RATE_LIMITED")


def test_a_closed_account_is_named_only_after_the_right_password(
    app: APIFlask, person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_address = app.config["ORIEL"].model_copy(update={"operator_email": "help@oriel.example"})
    ada = person()
    user_id = json_of(ada.log_in())["user"]["id"]
    with app.app_context():
        disable_user(user_id)
    assert code_of(ada.log_in(password=OTHER_PASSWORD)) == (422, "INVALID_CREDENTIALS")
    assert code_of(ada.log_in()) == (403, "ACCOUNT_DISABLED")
    assert "Contact us if" in ada.log_in().text
    monkeypatch.setitem(app.config, "ORIEL", with_address)
    assert "Write to help@oriel.example if" in ada.log_in().text


def test_closing_an_account_locks_out_at_once(app: APIFlask, person: Callable[..., Person]) -> None:
    ada = person()
    user_id = json_of(ada.log_in())["user"]["id"]
    assert ada.call("GET", "/api/user/profile").status_code == 200
    with app.app_context():
        disable_user(user_id)
    assert ada.call("GET", "/api/user/profile").status_code == 401
    assert ada.renew().status_code == 401
    with app.app_context():
        enable_user(user_id)
    assert ada.call("GET", "/api/user/profile").status_code == 401
    assert ada.log_in().status_code == 200


def test_logging_out_ends_the_session(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    assert ada.call("POST", "/api/auth/logout").status_code == 204
    assert code_of(ada.call("GET", "/api/user/profile")) == (401, "NOT_AUTHENTICATED")
    assert ada.renew().status_code == 401


def test_the_refresh_token_logs_out_as_well(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    assert ada.client.post("/api/auth/logout", headers=bearer(ada.refresh)).status_code == 204
    assert ada.call("GET", "/api/user/profile").status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer a.b.c", "Bearer é.é.é", "Basic YTpi", "Bearer eyJhbGciOiJub25lIn0.e30.", "x" * 9000],
)
def test_what_is_no_token_is_refused(client: FlaskClient, header: str) -> None:
    answer = client.get("/api/user/profile", headers={"Authorization": header})
    assert code_of(answer) == (401, "NOT_AUTHENTICATED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_refresh_token_opens_no_route(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    assert ada.client.get("/api/user/profile", headers=bearer(ada.refresh)).status_code == 401
