"""What operators do to accounts."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Person, json_of
from tests.functional.caller import Caller

from oriel.accounts.operators import create_admin, disable_user, enable_user
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


def test_whom_nobody_knows_cannot_be_closed(app: APIFlask) -> None:
    for act in (disable_user, enable_user):
        with app.app_context(), pytest.raises(NotFound):
            act("nobody")
