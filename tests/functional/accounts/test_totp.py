"""Authenticator apps: set up, used, replayed, removed."""

from collections.abc import Callable
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, code_of, json_of
from tests.functional.accounts.second_factor import PATH, STEP, code_of_app, set_up, with_app
from tests.functional.caller import Caller

from oriel.accounts.cleanup import cleanup_accounts
from oriel.accounts.models import AuthenticatorApp
from oriel.infra.clock import clock
from oriel.infra.database import db, writing

Known = Callable[..., Caller]


def test_an_app_is_set_up_and_asked_for(known: Known, client: FlaskClient, mailbox: Mailbox) -> None:
    ada = with_app(known())
    shown = json_of(ada.caller.get(PATH))
    assert (shown["enabled"], shown["passkeys"], shown["recovery_codes_left"]) == (True, [], 10)
    assert shown["app"]["confirmed_at"]
    assert ada.finish(client, code=ada.next_code()).status_code == 200
    assert "Authenticator app" in mailbox.mails("second_factor_added")[0].text


def test_the_secret_comes_as_text_as_an_address_and_as_a_picture(known: Known) -> None:
    ada = known()
    setup = json_of(ada.post(f"{PATH}/totp", json={"current_password": PASSWORD}))
    assert len(setup["secret"]) == 32
    assert setup["uri"].startswith("otpauth://totp/Oriel:")
    assert setup["secret"] in setup["uri"]
    assert "issuer=Oriel" in setup["uri"]
    assert ElementTree.fromstring(setup["qr_svg"]).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  (ours)
    assert "style" not in setup["qr_svg"]


def test_the_secret_is_not_in_the_database(app: APIFlask, known: Known) -> None:
    ada = known()
    secret = set_up(ada)
    with app.app_context():
        stored = db.session.get_one(AuthenticatorApp, ada.user_id).secret
    assert secret not in stored


def test_a_secret_of_another_account_opens_nothing(app: APIFlask, known: Known, client: FlaskClient) -> None:
    ada, eve = with_app(known()), with_app(known())
    with app.app_context(), writing() as session:
        mine = session.get_one(AuthenticatorApp, ada.caller.user_id)
        mine.secret = session.get_one(AuthenticatorApp, eve.caller.user_id).secret
    assert code_of(ada.finish(client, code=eve.next_code())) == (500, "UNREADABLE_SECRET")


def test_an_app_counts_only_once_a_code_has_confirmed_it(known: Known) -> None:
    ada = known()
    set_up(ada)
    assert json_of(ada.get(PATH))["enabled"] is False
    answer = ada.client.post("/api/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert answer.status_code == 200


def test_a_set_up_needs_the_password(known: Known) -> None:
    ada = known()
    assert code_of(ada.post(f"{PATH}/totp", json={})) == (422, "VALIDATION_ERROR")
    wrong = ada.post(f"{PATH}/totp", json={"current_password": OTHER_PASSWORD})
    assert code_of(wrong) == (422, "INVALID_CREDENTIALS")


def test_a_wrong_first_code_switches_nothing_on(known: Known) -> None:
    ada = known()
    secret = set_up(ada)
    answer = ada.post(f"{PATH}/totp/confirm", json={"code": code_of_app(secret, 5)})
    assert code_of(answer) == (422, "INVALID_SECOND_FACTOR")
    assert json_of(ada.get(PATH))["app"] is None


def test_a_set_up_waits_for_half_an_hour(known: Known) -> None:
    ada = known()
    secret = set_up(ada)
    clock.shift(timedelta(minutes=30, seconds=1))
    ada.refresh()
    answer = ada.post(f"{PATH}/totp/confirm", json={"code": code_of_app(secret)})
    assert code_of(answer) == (409, "CONFLICT")


def test_a_set_up_that_begins_again_has_another_secret(known: Known) -> None:
    ada = known()
    first, second = set_up(ada), set_up(ada)
    assert first != second
    assert ada.post(f"{PATH}/totp/confirm", json={"code": code_of_app(first)}).status_code == 422
    assert ada.post(f"{PATH}/totp/confirm", json={"code": code_of_app(second)}).status_code == 200


def test_there_is_one_app_for_each_account(known: Known) -> None:
    ada = with_app(known())
    assert code_of(ada.caller.post(f"{PATH}/totp", json={})) == (409, "CONFLICT")
    again = ada.caller.post(f"{PATH}/totp/confirm", json={"code": ada.next_code()})
    assert code_of(again) == (409, "CONFLICT")


def test_a_code_works_once(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    code = ada.next_code()
    assert ada.finish(client, code=code).status_code == 200
    answer = ada.finish(client, code=code)
    assert code_of(answer) == (422, "INVALID_SECOND_FACTOR")
    assert "already used" in json_of(answer)["error"]["message"]


def test_the_code_that_switched_the_app_on_does_not_sign_in(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    assert code_of(ada.finish(client, code=ada.code())) == (422, "INVALID_SECOND_FACTOR")


def test_a_code_before_the_last_one_is_refused(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    clock.shift(3 * STEP)
    assert ada.finish(client, code=ada.code()).status_code == 200
    assert code_of(ada.finish(client, code=ada.code(-1))) == (422, "INVALID_SECOND_FACTOR")


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_clock_may_be_wrong_by_one_step(known: Known, client: FlaskClient, drift: int) -> None:
    ada = with_app(known())
    clock.shift(5 * STEP)
    assert ada.finish(client, code=ada.code(drift)).status_code == 200


@pytest.mark.parametrize("drift", [-2, 2])
def test_a_clock_that_is_wrong_by_more_is_refused(known: Known, client: FlaskClient, drift: int) -> None:
    ada = with_app(known())
    clock.shift(5 * STEP)
    assert code_of(ada.finish(client, code=ada.code(drift))) == (422, "INVALID_SECOND_FACTOR")


def test_a_code_may_be_written_in_two_groups(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    code = ada.next_code()
    assert ada.finish(client, code=f"{code[:3]} {code[3:]}").status_code == 200


def test_an_app_is_removed_and_its_codes_with_it(known: Known, mailbox: Mailbox) -> None:
    ada = with_app(known()).caller
    assert ada.delete(f"{PATH}/totp").status_code == 204
    assert json_of(ada.get(PATH)) == {"enabled": False, "app": None, "passkeys": [], "recovery_codes_left": 0}
    assert "your password alone" in mailbox.mails("second_factor_removed")[0].text
    assert code_of(ada.delete(f"{PATH}/totp")) == (404, "NOT_FOUND")


def test_a_set_up_that_nobody_finished_is_cleaned_up(app: APIFlask, known: Known) -> None:
    ada, bob = known(), with_app(known()).caller
    set_up(ada)
    clock.shift(timedelta(hours=1))
    with app.app_context():
        cleanup_accounts()
        assert db.session.get(AuthenticatorApp, ada.user_id) is None
        assert db.session.get(AuthenticatorApp, bob.user_id)


def test_changes_are_written_to_the_activity(known: Known) -> None:
    ada = with_app(known()).caller
    ada.delete(f"{PATH}/totp")
    lines = json_of(ada.get("/api/user/activity"))["items"]
    name = {"name": "Authenticator app"}
    assert [(line["kind"], line["details"]) for line in lines] == [
        ("second_factor_removed", name),
        ("second_factor_added", name),
    ]
