"""What a user sees and changes of the own account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, Person, code_of, json_of
from tests.functional.caller import Caller
from werkzeug.test import TestResponse

from oriel.accounts import statistics
from oriel.infra.clock import clock


@pytest.fixture
def ada(person: Callable[..., Person]) -> Person:
    """Somebody who is logged in."""
    made = person()
    made.log_in()
    return made


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody above tells any number."""
    monkeypatch.setattr(statistics, "_functions", {})
    monkeypatch.setattr(statistics, "_plan_functions", [])


def _put(person: Person, **wanted: object) -> TestResponse:
    return person.call("PUT", "/api/user/profile", json=wanted)


def _activity(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json_of(person.call("GET", "/api/user/activity"))["items"]
    return items


@pytest.mark.usefixtures("untold")
def test_the_profile(caller: Callable[..., Caller]) -> None:
    someone = caller()
    profile = json_of(someone.get("/api/user/profile"))
    assert profile.pop("created_at").endswith("Z")
    assert profile == {
        "id": someone.user_id,
        "email": someone.email,
        "name": "",
        "email_verified": True,
        "role": "user",
        "plan": "free",
        "pending_email": None,
        "deletion_due_at": None,
        "avatar_url": None,
        "statistics": {
            "renders_total": 0,
            "renders_this_period": 0,
            "renders_limit": None,
            "storage_bytes": 0,
            "storage_limit": None,
            "credits": 0,
        },
    }


@pytest.mark.usefixtures("untold")
def test_the_domains_above_tell_their_numbers(caller: Callable[..., Caller]) -> None:
    statistics.register("credits", lambda _user: 3)
    statistics.register_plan(lambda _user: "pro")
    profile = json_of(caller().get("/api/user/profile"))
    assert (profile["plan"], profile["statistics"]["credits"]) == ("pro", 3)


def test_a_number_that_is_no_part_of_the_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="no statistic has the name"):
        statistics.register("karma", lambda _user: 1)


def test_anonymous_callers_have_no_profile(client: FlaskClient) -> None:
    assert code_of(client.get("/api/user/profile")) == (401, "NOT_AUTHENTICATED")


def test_the_name_changes(ada: Person) -> None:
    assert json_of(_put(ada, name=" Countess "))["name"] == "Countess"


def test_nothing_named_changes_nothing(ada: Person) -> None:
    before = json_of(ada.call("GET", "/api/user/profile"))
    assert json_of(_put(ada)) == before


def test_a_new_address_counts_when_it_is_confirmed(ada: Person, mailbox: Mailbox) -> None:
    profile = json_of(_put(ada, email="New@example.com", current_password=PASSWORD))
    assert (profile["email"], profile["pending_email"]) == ("ada@example.com", "new@example.com")
    assert mailbox.mails()[0].to == "new@example.com"
    assert ada.client.post("/api/auth/verify-email", json={"token": mailbox.token()}).status_code == 200
    profile = json_of(ada.call("GET", "/api/user/profile"))
    assert (profile["email"], profile["pending_email"], profile["email_verified"]) == ("new@example.com", None, True)
    assert ada.log_in(email="new@example.com").status_code == 200


def test_the_old_address_is_told_of_the_new_one(ada: Person, mailbox: Mailbox) -> None:
    _put(ada, email="new@example.com", current_password=PASSWORD)
    assert mailbox.mails("email_changed") == []
    ada.client.post("/api/auth/verify-email", json={"token": mailbox.token()})
    [mail] = mailbox.mails("email_changed")
    assert mail.to == "ada@example.com"
    assert "new@example.com" in mail.text


def test_the_answer_does_not_tell_whether_an_address_has_an_account(
    ada: Person, person: Callable[..., Person], mailbox: Mailbox
) -> None:
    person("bob@example.com")
    free = _put(ada, email="free@example.com", current_password=PASSWORD)
    taken = _put(ada, email="bob@example.com", current_password=PASSWORD)
    assert (free.status_code, taken.status_code) == (200, 200)
    changed = {"pending_email": "bob@example.com"}
    assert {**json_of(free), **changed} == json_of(taken)
    assert ada.call("POST", "/api/auth/verify-email/send").status_code == 202
    told = mailbox.mails("address_wanted")
    assert [mail.to for mail in told] == ["bob@example.com"] * 2
    assert "token=" not in told[0].text
    assert [mail.to for mail in mailbox.mails("confirmation")].count("bob@example.com") == 1


def test_five_mails_in_an_hour_are_enough_for_an_account(ada: Person, mailbox: Mailbox) -> None:
    # The first one went out when the account was opened.
    for number in range(4):
        assert _put(ada, email=f"new{number}@example.com", current_password=PASSWORD).status_code == 200
    answer = _put(ada, email="one.more@example.com", current_password=PASSWORD)
    assert code_of(answer) == (429, "RATE_LIMITED")
    assert 3000 < json_of(answer)["error"]["details"]["retry_after_s"] <= 3600
    assert json_of(ada.call("GET", "/api/user/profile"))["pending_email"] == "new3@example.com"
    assert len(mailbox.mails("confirmation")) == 5
    clock.shift(timedelta(hours=1, seconds=1))
    ada.log_in()
    assert _put(ada, email="one.more@example.com", current_password=PASSWORD).status_code == 200


def test_five_mails_in_an_hour_are_enough_for_an_address_whoever_asks(
    known: Callable[..., Caller], person: Callable[..., Person], mailbox: Mailbox
) -> None:
    body = {"email": "victim@example.com", "current_password": PASSWORD}
    answers = [known().put("/api/user/profile", json=body) for _ in range(7)]
    assert [json_of(answer)["pending_email"] for answer in answers] == ["victim@example.com"] * 7
    assert len(mailbox.mails()) == 5
    # Its owner gets the mail of the own account all the same.
    person("victim@example.com")
    assert len(mailbox.mails("confirmation")) == 6


def test_an_address_that_somebody_took_in_the_meantime_is_refused(
    ada: Person, person: Callable[..., Person], mailbox: Mailbox
) -> None:
    _put(ada, email="bob@example.com", current_password=PASSWORD)
    token = mailbox.token()
    person("bob@example.com")
    assert code_of(ada.client.post("/api/auth/verify-email", json={"token": token})) == (409, "EMAIL_TAKEN")


def test_going_back_to_the_old_address_ends_the_change(ada: Person, mailbox: Mailbox) -> None:
    _put(ada, email="new@example.com", current_password=PASSWORD)
    assert json_of(_put(ada, email="ada@example.com", current_password=PASSWORD))["pending_email"] is None
    answer = ada.client.post("/api/auth/verify-email", json={"token": mailbox.token()})
    assert code_of(answer) == (422, "INVALID_TOKEN")


@pytest.mark.parametrize("wanted", [{"email": "new@example.com"}, {"password": OTHER_PASSWORD}])
def test_address_and_password_want_the_current_password(ada: Person, wanted: dict[str, str]) -> None:
    answer = _put(ada, **wanted)
    assert code_of(answer) == (422, "VALIDATION_ERROR")
    assert "current_password" in json_of(answer)["error"]["details"]


def test_a_wrong_current_password_is_refused(ada: Person) -> None:
    answer = _put(ada, password=OTHER_PASSWORD, current_password="not this one")  # noqa: S106
    assert code_of(answer) == (422, "INVALID_CREDENTIALS")
    assert ada.log_in().status_code == 200


def test_guessing_the_current_password_has_to_wait(ada: Person) -> None:
    for _ in range(6):
        _put(ada, password=OTHER_PASSWORD, current_password="not this one")  # noqa: S106
    assert code_of(_put(ada, password=OTHER_PASSWORD, current_password=PASSWORD)) == (429, "RATE_LIMITED")


def test_a_new_password_ends_the_other_sessions(ada: Person, mailbox: Mailbox) -> None:
    other = Person(ada.client, ada.email)
    other.log_in()
    assert _put(ada, password=OTHER_PASSWORD, current_password=PASSWORD).status_code == 200
    assert ada.call("GET", "/api/user/profile").status_code == 200
    assert other.call("GET", "/api/user/profile").status_code == 401
    assert ada.log_in().status_code == 422
    assert ada.log_in(password=OTHER_PASSWORD).status_code == 200
    assert mailbox.mails("password_changed")


def test_a_new_password_ends_the_api_keys(ada: Person, mailbox: Mailbox) -> None:
    key = {"X-API-Key": json_of(ada.make_key())["secret"]}
    _put(ada, name="Countess")
    assert ada.client.get("/api/user/profile", headers=key).status_code == 200
    assert _put(ada, password=OTHER_PASSWORD, current_password=PASSWORD).status_code == 200
    assert ada.client.get("/api/user/profile", headers=key).status_code == 401
    assert json_of(ada.call("GET", "/api/user/keys"))["total"] == 0
    assert "API keys" in mailbox.mails("password_changed")[0].text
    [changed] = [each for each in _activity(ada) if each["kind"] == "password_changed"]
    assert changed["details"] == {"keys_revoked": 1}


def test_a_weak_new_password_is_refused(ada: Person) -> None:
    answer = _put(ada, password="ada12345", current_password=PASSWORD)  # noqa: S106
    assert code_of(answer) == (422, "WEAK_PASSWORD")


def test_nobody_becomes_an_admin_by_asking(ada: Person) -> None:
    assert code_of(_put(ada, role="admin")) == (422, "VALIDATION_ERROR")
