"""What operators do to accounts."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, Person, json_of
from tests.functional.accounts.second_factor import PATH, with_app
from tests.functional.caller import Caller

from oriel.accounts.operators import create_admin, disable_user, enable_user, reset_second_factors
from oriel.errors import InvalidEmail, NotFound, WeakPassword


def test_an_operator_is_made(app: APIFlask, caller: Callable[..., Caller]) -> None:
    with app.app_context():
        create_admin("Root@example.com", PASSWORD)
    root = Person(app.test_client(), "root@example.com")
    user = json_of(root.log_in())["user"]
    assert (user["role"], user["email_verified"]) == ("admin", True)


def test_an_account_becomes_an_operators_with_the_new_password(app: APIFlask, person: Callable[..., Person]) -> None:
    ada = person(confirmed=False)
    ada.log_in()
    with app.app_context():
        create_admin(ada.email, OTHER_PASSWORD)
    assert ada.call("GET", "/api/user/profile").status_code == 401
    assert ada.log_in().status_code == 422
    assert json_of(ada.log_in(password=OTHER_PASSWORD))["user"]["role"] == "admin"


def test_an_operator_needs_an_address_and_a_good_password(app: APIFlask) -> None:
    with app.app_context(), pytest.raises(InvalidEmail):
        create_admin("root", PASSWORD)
    with app.app_context(), pytest.raises(WeakPassword):
        create_admin("root@example.com", "password1")


def test_an_operators_password_has_twelve_characters(app: APIFlask, person: Callable[..., Person]) -> None:
    with app.app_context():
        with pytest.raises(WeakPassword, match="12 characters"):
            create_admin("root@example.com", "k7#mQ2vX9!z")
        ada = person()
        create_admin(ada.email, OTHER_PASSWORD)
    ada.password = OTHER_PASSWORD
    ada.log_in()
    change = {"password": "k7#mQ2vX9!z", "current_password": OTHER_PASSWORD}
    answer = ada.call("PUT", "/api/user/profile", json=change)
    assert answer.status_code == 422
    assert "12 characters" in json_of(answer)["error"]["message"]


def test_whom_nobody_knows_cannot_be_closed(app: APIFlask) -> None:
    for act in (disable_user, enable_user, reset_second_factors):
        with app.app_context(), pytest.raises(NotFound):
            act("nobody")


def test_who_has_lost_everything_signs_in_with_the_password(
    app: APIFlask, known: Callable[..., Caller], mailbox: Mailbox
) -> None:
    ada, bob = with_app(known()).caller, with_app(known()).caller
    ada.passkey()
    with app.app_context():
        reset_second_factors(ada.user_id)
    assert ada.get("/api/user/profile").status_code == 401
    again = Person(ada.client, ada.email)
    assert again.log_in().status_code == 200
    shown = json_of(again.call("GET", PATH))
    assert shown == {"enabled": False, "app": None, "passkeys": [], "recovery_codes_left": 0}
    [mail] = mailbox.mails("second_factor_reset")
    assert (mail.to, "Your password alone opens your account now" in mail.text) == (ada.email, True)
    assert [line["kind"] for line in json_of(again.call("GET", "/api/user/activity"))["items"]][:2] == [
        "login",
        "second_factor_reset",
    ]
    assert json_of(bob.get(PATH))["enabled"] is True


def test_an_account_that_becomes_an_operators_keeps_no_second_factor(
    app: APIFlask, known: Callable[..., Caller]
) -> None:
    ada = with_app(known()).caller
    with app.app_context():
        create_admin(ada.email, OTHER_PASSWORD)
    assert Person(ada.client, ada.email, OTHER_PASSWORD).log_in().status_code == 200
