"""Passkeys: added, used, refused, removed."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.functional.accounts.authenticator import Authenticator, encoded
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, code_of, json_of
from tests.functional.accounts.second_factor import PATH, with_app
from tests.functional.caller import Caller
from werkzeug.test import TestResponse

from oriel.accounts.second_factors import passkeys
from oriel.infra.clock import clock

Known = Callable[..., Caller]
LOGIN = "/api/auth/login"


def options_to_add(caller: Caller) -> dict[str, Any]:
    answer = caller.post(f"{PATH}/passkeys/options", json={"current_password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return dict(json_of(answer)["options"])


def add(caller: Caller, device: Authenticator, name: str = "Key ring") -> TestResponse:
    credential = device.create(options_to_add(caller))
    return caller.post(f"{PATH}/passkeys", json={"name": name, "credential": credential})


@pytest.fixture
def ada(known: Known) -> Caller:
    return known()


@pytest.fixture
def device(ada: Caller) -> Authenticator:
    """The key of Ada's account."""
    made = Authenticator()
    assert add(ada, made).status_code == 201
    return made


def _token(client: FlaskClient, caller: Caller) -> str:
    answer = client.post(LOGIN, json={"email": caller.email, "password": PASSWORD})
    assert answer.status_code == 202
    return str(json_of(answer)["token"])


def _options(client: FlaskClient, token: str) -> dict[str, Any]:
    return dict(json_of(client.post(f"{LOGIN}/second-factor/options", json={"token": token}))["options"])


def _finish(client: FlaskClient, token: str, answer: dict[str, Any]) -> TestResponse:
    return client.post(f"{LOGIN}/second-factor", json={"token": token, "passkey": answer})


def test_a_passkey_signs_in(ada: Caller, device: Authenticator, client: FlaskClient, mailbox: Mailbox) -> None:
    token = _token(client, ada)
    answer = _finish(client, token, device.get(_options(client, token)))
    assert answer.status_code == 200, answer.text
    [passkey] = json_of(ada.get(PATH))["passkeys"]
    assert passkey["name"] == "Key ring"
    assert passkey["last_used_at"]
    assert "Key ring" in mailbox.mails("second_factor_added")[0].text


def test_the_options_name_us_and_the_account(ada: Caller) -> None:
    options = options_to_add(ada)
    assert options["rp"] == {"name": "Oriel", "id": "localhost"}
    assert options["user"]["name"] == ada.email
    assert base64.urlsafe_b64decode(options["user"]["id"] + "==").decode() == ada.user_id
    assert options["attestation"] == "none"


def test_the_first_one_comes_with_recovery_codes(ada: Caller) -> None:
    first, second = add(ada, Authenticator()), add(ada, Authenticator(), "Phone")
    assert len(json_of(first)["recovery_codes"]) == 10
    assert json_of(second)["recovery_codes"] is None


def test_it_confirms_a_change(ada: Caller, device: Authenticator) -> None:
    clock.shift(timedelta(minutes=11))
    ada.refresh()
    assert code_of(ada.post(f"{PATH}/recovery-codes")) == (403, "SECOND_FACTOR_REQUIRED")
    options = json_of(ada.post(f"{PATH}/verify/options"))["options"]
    assert ada.post(f"{PATH}/verify", json={"passkey": device.get(options)}).status_code == 200
    assert ada.post(f"{PATH}/recovery-codes").status_code == 200


def test_adding_one_needs_the_password(ada: Caller) -> None:
    assert code_of(ada.post(f"{PATH}/passkeys/options", json={})) == (422, "VALIDATION_ERROR")
    wrong = ada.post(f"{PATH}/passkeys/options", json={"current_password": OTHER_PASSWORD})
    assert code_of(wrong) == (422, "INVALID_CREDENTIALS")


def test_a_challenge_is_answered_once(ada: Caller, device: Authenticator, client: FlaskClient) -> None:
    token = _token(client, ada)
    options = _options(client, token)
    assert _finish(client, token, device.get(options)).status_code == 200
    again = _finish(client, _token(client, ada), device.get(options))
    assert code_of(again) == (422, "INVALID_SECOND_FACTOR")


def test_a_challenge_lasts_ten_minutes(ada: Caller, device: Authenticator) -> None:
    options = json_of(ada.post(f"{PATH}/verify/options"))["options"]
    clock.shift(timedelta(minutes=10))
    answer = ada.post(f"{PATH}/verify", json={"passkey": device.get(options)})
    assert code_of(answer) == (422, "INVALID_SECOND_FACTOR")


def test_a_challenge_of_another_kind_or_account_is_refused(known: Known, ada: Caller, device: Authenticator) -> None:
    eve = known()
    add(eve, Authenticator())
    foreign = json_of(eve.post(f"{PATH}/verify/options"))["options"]
    for options in (foreign, options_to_add(ada), {"challenge": encoded(b"made up")}):
        answer = ada.post(f"{PATH}/verify", json={"passkey": device.get(options)})
        assert code_of(answer) == (422, "INVALID_SECOND_FACTOR")


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example.com"},
        {"rp_id": "evil.example.com"},
        {"key": Authenticator().key},
        {"count": -1},
    ],
    ids=["origin", "rp_id", "key", "count"],
)
def test_a_forged_answer_is_refused(ada: Caller, device: Authenticator, wrong: dict[str, Any]) -> None:
    for _ in range(2):
        options = json_of(ada.post(f"{PATH}/verify/options"))["options"]
        assert ada.post(f"{PATH}/verify", json={"passkey": device.get(options)}).status_code == 200
    options = json_of(ada.post(f"{PATH}/verify/options"))["options"]
    answer = ada.post(f"{PATH}/verify", json={"passkey": replace(device, **wrong).get(options)})
    assert code_of(answer) == (422, "INVALID_SECOND_FACTOR")


def test_a_key_of_another_account_is_refused(known: Known, ada: Caller, device: Authenticator) -> None:
    eve, foreign = known(), Authenticator()
    add(eve, foreign)
    options = json_of(ada.post(f"{PATH}/verify/options"))["options"]
    answer = ada.post(f"{PATH}/verify", json={"passkey": foreign.get(options)})
    assert code_of(answer) == (422, "INVALID_SECOND_FACTOR")


@pytest.mark.parametrize("wrong", [{"origin": "https://evil.example.com"}, {"rp_id": "evil.example.com"}])
def test_a_credential_of_another_site_is_not_added(ada: Caller, wrong: dict[str, Any]) -> None:
    assert code_of(add(ada, replace(Authenticator(), **wrong))) == (422, "INVALID_SECOND_FACTOR")
    assert json_of(ada.get(PATH))["enabled"] is False


def test_a_device_is_added_once(known: Known, ada: Caller, device: Authenticator) -> None:
    assert options_to_add(ada)["excludeCredentials"][0]["id"] == encoded(device.id)
    assert code_of(add(ada, device)) == (409, "CONFLICT")
    assert code_of(add(known(), device)) == (409, "CONFLICT")


@pytest.mark.parametrize(
    "client_data",
    [b"{", b"[]", b"5", b'{"type": "webauthn.get"}', b'{"type": 1, "challenge": 5, "origin": []}', b"\xff"],
)
def test_what_is_no_answer_is_refused(ada: Caller, device: Authenticator, client_data: bytes) -> None:
    answer = device.get({"challenge": ""})
    answer["response"]["clientDataJSON"] = encoded(client_data)
    assert code_of(ada.post(f"{PATH}/verify", json={"passkey": answer})) == (422, "INVALID_SECOND_FACTOR")


@pytest.mark.parametrize("attestation", [b"", b"\xff", b"\xa0", b"\xa3cfmtcfoogattStmt\xa0hauthDataA\x00"])
def test_what_is_no_credential_is_refused(ada: Caller, attestation: bytes) -> None:
    credential = Authenticator().create(options_to_add(ada))
    credential["response"]["attestationObject"] = encoded(attestation) or "A"
    answer = ada.post(f"{PATH}/passkeys", json={"name": "Phone", "credential": credential})
    assert code_of(answer) == (422, "INVALID_SECOND_FACTOR")


def test_an_answer_without_its_parts_is_no_valid_body(ada: Caller, device: Authenticator) -> None:
    answer = json.loads(json.dumps(device.get({"challenge": ""})))
    for passkey in ({}, {**answer, "type": "password"}, {**answer, "response": {}}):
        assert code_of(ada.post(f"{PATH}/verify", json={"passkey": passkey})) == (422, "VALIDATION_ERROR")


def test_ten_are_enough(ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passkeys, "MOST_PASSKEYS", 2)
    for name in ("one", "two"):
        assert add(ada, Authenticator(), name).status_code == 201
    refused = ada.post(f"{PATH}/passkeys/options", json={"current_password": PASSWORD})
    assert code_of(refused) == (409, "CONFLICT")


def test_it_gets_another_name(ada: Caller, device: Authenticator) -> None:
    [passkey] = json_of(ada.get(PATH))["passkeys"]
    path = f"{PATH}/passkeys/{passkey['id']}"
    assert json_of(ada.patch(path, json={"name": "Blue key"}))["name"] == "Blue key"
    assert code_of(ada.patch(path, json={"name": " "})) == (422, "VALIDATION_ERROR")
    assert code_of(ada.patch(f"{PATH}/passkeys/{'0' * 26}", json={"name": "x"})) == (404, "NOT_FOUND")


def test_a_removed_one_signs_in_no_more(
    known: Known, ada: Caller, device: Authenticator, client: FlaskClient, mailbox: Mailbox
) -> None:
    [passkey] = json_of(ada.get(PATH))["passkeys"]
    assert code_of(known().delete(f"{PATH}/passkeys/{passkey['id']}")) == (404, "NOT_FOUND")
    token = _token(client, ada)
    options = _options(client, token)
    assert ada.delete(f"{PATH}/passkeys/{passkey['id']}").status_code == 204
    assert code_of(_finish(client, token, device.get(options))) == (422, "INVALID_SECOND_FACTOR")
    assert json_of(ada.get(PATH))["recovery_codes_left"] == 0
    assert "Key ring" in mailbox.mails("second_factor_removed")[0].text


def test_an_app_stays_when_a_passkey_goes(known: Known) -> None:
    bob = with_app(known()).caller
    add(bob, Authenticator())
    [passkey] = json_of(bob.get(PATH))["passkeys"]
    assert bob.delete(f"{PATH}/passkeys/{passkey['id']}").status_code == 204
    left = json_of(bob.get(PATH))
    assert (left["enabled"], left["recovery_codes_left"]) == (True, 10)
