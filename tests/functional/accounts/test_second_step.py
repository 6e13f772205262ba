"""The second step of a login."""

from collections.abc import Callable
from datetime import timedelta

from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, bearer, code_of, json_of
from tests.functional.accounts.second_factor import STEP, with_app
from tests.functional.caller import Caller

from oriel.accounts.operators import disable_user
from oriel.infra.clock import clock

Known = Callable[..., Caller]
FINISH = "/api/auth/login/second-factor"


def test_the_password_alone_opens_nothing(known: Known, client: FlaskClient) -> None:
    answer = with_app(known()).log_in(client)
    assert set(answer) == {"second_factor_required", "token", "methods", "expires_in"}
    assert (answer["second_factor_required"], answer["expires_in"]) == (True, 600)
    assert answer["methods"] == ["code", "recovery_code"]
    assert client.get_cookie("oriel_refresh", path="/api/auth/") is None
    refused = client.get("/api/user/profile", headers=bearer(str(answer["token"])))
    assert code_of(refused) == (401, "NOT_AUTHENTICATED")


def test_both_together_begin_a_session(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    answer = json_of(ada.finish(client, code=ada.next_code()))
    assert answer["user"]["id"] == ada.caller.user_id
    assert answer["refresh_token"]
    assert client.get("/api/user/profile", headers=bearer(answer["access_token"])).status_code == 200
    last = json_of(ada.caller.get("/api/user/activity"))["items"][0]
    assert (last["kind"], last["details"]) == ("login", {"second_factor": "code"})


def test_a_browser_gets_its_cookie_with_the_second_step(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    answer = ada.finish(client, code=ada.next_code(), cookie=True)
    assert json_of(answer)["refresh_token"] is None
    assert client.get_cookie("oriel_refresh", path="/api/auth/")


def test_a_wrong_password_does_not_tell_of_a_second_factor(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    answer = client.post("/api/auth/login", json={"email": ada.caller.email, "password": OTHER_PASSWORD})
    assert code_of(answer) == (422, "INVALID_CREDENTIALS")


def test_a_wrong_code_begins_no_session(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    assert code_of(ada.finish(client, code=ada.code(9))) == (422, "INVALID_SECOND_FACTOR")
    last = json_of(ada.caller.get("/api/user/activity"))["items"][0]
    assert (last["kind"], last["details"]) == ("second_factor_failed", {"method": "code"})


def test_exactly_one_proof_is_taken(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    for proof in ({}, {"code": ada.next_code(), "recovery_code": ada.codes[0]}, {"code": "12345"}):
        assert code_of(ada.finish(client, **proof)) == (422, "VALIDATION_ERROR")


def test_a_token_begins_one_session(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    token = ada.log_in(client)["token"]
    first = client.post(FINISH, json={"token": token, "code": ada.next_code()})
    second = client.post(FINISH, json={"token": token, "code": ada.next_code()})
    assert first.status_code == 200
    assert code_of(second) == (422, "INVALID_TOKEN")


def test_a_token_lasts_ten_minutes(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    token = ada.log_in(client)["token"]
    clock.shift(timedelta(minutes=10))
    answer = client.post(FINISH, json={"token": token, "code": ada.code()})
    assert code_of(answer) == (422, "INVALID_TOKEN")
    assert "enter your password again" in json_of(answer)["error"]["message"]


def test_a_token_that_nobody_made_is_refused(client: FlaskClient) -> None:
    answer = client.post(FINISH, json={"token": "x" * 43, "code": "123456"})
    assert code_of(answer) == (422, "INVALID_TOKEN")


def test_wrong_codes_have_to_wait_as_wrong_passwords_do(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    token = ada.log_in(client)["token"]
    clock.shift(timedelta(minutes=1))
    for _ in range(6):
        answer = client.post(FINISH, json={"token": token, "code": ada.code(9)})
        assert code_of(answer) == (422, "INVALID_SECOND_FACTOR")
    refused = client.post(FINISH, json={"token": token, "code": ada.code()})
    assert code_of(refused) == (429, "RATE_LIMITED")
    clock.shift(timedelta(seconds=2))
    assert client.post(FINISH, json={"token": token, "code": ada.code()}).status_code == 200


def test_the_right_password_does_not_clear_the_count_of_wrong_codes(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    for _ in range(6):
        ada.finish(client, code=ada.code(9))
    assert code_of(ada.finish(client, recovery_code=ada.codes[0])) == (429, "RATE_LIMITED")


def test_an_address_that_tries_many_codes_waits(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    clock.shift(STEP)
    token = ada.log_in(client)["token"]
    for _ in range(7):
        guessed = with_app(known())
        for _ in range(3):
            guessed.finish(client, code=guessed.code(9))
    assert code_of(client.post(FINISH, json={"token": token, "code": ada.code()})) == (429, "RATE_LIMITED")


def test_the_second_step_of_a_disabled_account_begins_nothing(app: APIFlask, known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    token = ada.log_in(client)["token"]
    with app.app_context():
        disable_user(ada.caller.user_id)
    assert code_of(client.post(FINISH, json={"token": token, "code": ada.next_code()})) == (422, "INVALID_TOKEN")


def test_a_new_password_ends_logins_under_way(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    token = ada.log_in(client)["token"]
    change = {"password": OTHER_PASSWORD, "current_password": PASSWORD}
    assert ada.caller.put("/api/user/profile", json=change).status_code == 200
    assert code_of(client.post(FINISH, json={"token": token, "code": ada.next_code()})) == (422, "INVALID_TOKEN")


def test_a_password_reset_keeps_the_second_factor(known: Known, client: FlaskClient, mailbox: Mailbox) -> None:
    ada = with_app(known())
    under_way = ada.log_in(client)["token"]
    client.post("/api/auth/reset-password", json={"email": ada.caller.email})
    reset = {"token": mailbox.token("password_reset"), "password": OTHER_PASSWORD}
    assert client.post("/api/auth/reset-password/confirm", json=reset).status_code == 200
    refused = client.post(FINISH, json={"token": under_way, "code": ada.next_code()})
    assert code_of(refused) == (422, "INVALID_TOKEN")
    again = client.post("/api/auth/login", json={"email": ada.caller.email, "password": OTHER_PASSWORD})
    assert again.status_code == 202
