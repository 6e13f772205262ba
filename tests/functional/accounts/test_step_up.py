"""Sensitive changes ask for a second factor, where the account has one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, bearer, code_of, json_of
from tests.functional.accounts.second_factor import PATH, Secured, with_app
from tests.functional.caller import Caller

from oriel.infra.clock import clock

Known = Callable[..., Caller]

CHANGES: dict[str, tuple[str, str, dict[str, object] | None]] = {
    "email": ("PUT", "/api/user/profile", {"email": "new@example.com", "current_password": PASSWORD}),
    "password": ("PUT", "/api/user/profile", {"password": OTHER_PASSWORD, "current_password": PASSWORD}),
    "key": ("POST", "/api/user/keys", {"name": "uploader", "current_password": PASSWORD}),
    "app": ("DELETE", f"{PATH}/totp", None),
    "codes": ("POST", f"{PATH}/recovery-codes", None),
    "passkey": ("POST", f"{PATH}/passkeys/options", {"current_password": PASSWORD}),
}


def _after_a_while(known: Known) -> Secured:
    ada = with_app(known())
    clock.shift(timedelta(minutes=10))
    ada.caller.refresh()
    return ada


def _change(caller: Caller, name: str) -> tuple[int, str]:
    method, path, body = CHANGES[name]
    answer = caller._send(method, path, **({"json": body} if body else {}))
    return code_of(answer) if answer.status_code >= 400 else (answer.status_code, "")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_wants_a_second_factor_of_late(known: Known, name: str) -> None:
    ada = _after_a_while(known)
    assert _change(ada.caller, name) == (403, "SECOND_FACTOR_REQUIRED")
    checked = ada.caller.post(f"{PATH}/verify", json={"code": ada.next_code()})
    assert json_of(checked)["expires_at"]
    assert _change(ada.caller, name)[0] < 300


def test_the_refusal_names_what_can_be_sent(known: Known) -> None:
    ada = _after_a_while(known)
    answer = ada.caller.delete(f"{PATH}/totp")
    assert json_of(answer)["error"]["details"] == {"methods": ["code", "recovery_code"]}


def test_a_name_changes_without_it(known: Known) -> None:
    ada = _after_a_while(known)
    assert ada.caller.put("/api/user/profile", json={"name": "Ada L."}).status_code == 200


def test_the_current_password_is_still_needed(known: Known) -> None:
    ada = with_app(known()).caller
    change = {"password": OTHER_PASSWORD, "current_password": OTHER_PASSWORD}
    assert code_of(ada.put("/api/user/profile", json=change)) == (422, "INVALID_CREDENTIALS")
    assert code_of(ada.put("/api/user/profile", json={"password": OTHER_PASSWORD})) == (422, "VALIDATION_ERROR")


def test_a_check_counts_in_its_own_session(known: Known, client: FlaskClient) -> None:
    ada = _after_a_while(known)
    elsewhere = json_of(ada.finish(client, code=ada.next_code()))["access_token"]
    assert _change(ada.caller, "codes") == (403, "SECOND_FACTOR_REQUIRED")
    answer = client.post(f"{PATH}/recovery-codes", headers=bearer(elsewhere))
    assert answer.status_code == 200


def test_a_wrong_code_confirms_nothing(known: Known) -> None:
    ada = _after_a_while(known)
    assert code_of(ada.caller.post(f"{PATH}/verify", json={"code": ada.code(9)})) == (422, "INVALID_SECOND_FACTOR")
    assert _change(ada.caller, "codes") == (403, "SECOND_FACTOR_REQUIRED")


def test_guessing_codes_has_to_wait(known: Known) -> None:
    ada = _after_a_while(known)
    for _ in range(6):
        ada.caller.post(f"{PATH}/verify", json={"code": ada.code(9)})
    assert code_of(ada.caller.post(f"{PATH}/verify", json={"code": ada.code()})) == (429, "RATE_LIMITED")


def test_a_recovery_code_confirms_once(known: Known) -> None:
    ada = _after_a_while(known)
    assert ada.caller.post(f"{PATH}/verify", json={"recovery_code": ada.codes[3]}).status_code == 200
    assert _change(ada.caller, "app") == (204, "")


def test_somebody_without_a_second_factor_has_none_to_confirm_with(known: Known) -> None:
    ada = known()
    assert code_of(ada.post(f"{PATH}/verify", json={"code": "123456"})) == (422, "INVALID_SECOND_FACTOR")
    assert code_of(ada.post(f"{PATH}/verify/options")) == (409, "CONFLICT")


def test_a_key_cannot_confirm(known: Known) -> None:
    ada = with_app(known())
    headers = {"X-API-Key": ada.caller.key()[1]}
    answer = ada.caller.client.post(f"{PATH}/verify", json={"code": ada.next_code()}, headers=headers)
    assert code_of(answer) == (401, "NOT_AUTHENTICATED")
