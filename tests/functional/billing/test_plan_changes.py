"""Another plan: what it costs is shown first, and the change charges exactly that or is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.functional.billing.conftest import Till, asked, changed
from tests.functional.billing.test_subscriptions import customer_at, plan_of, subscribe
from tests.functional.caller import Caller
from werkzeug.test import TestResponse

from oriel.infra.clock import clock, now

MakeCaller = Callable[..., Caller]
BEGIN = datetime(2027, 2, 1, 12, tzinfo=UTC)
in_february = pytest.mark.parametrize("peer", [BEGIN], indirect=True)


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def previewed(customer: Caller, plan: str) -> dict[str, Any]:
    answer = customer.post("/api/billing/change/preview", json={"plan": plan})
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def agreed(customer: Caller, plan: str, token: str) -> TestResponse:
    return customer.post("/api/billing/change", json={"plan": plan, "token": token})


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {})["error"]["code"]


def pass_time(till: Till, customer: Caller, time: timedelta) -> None:
    clock.shift(time)
    till.peer.advance(time)
    till.tell()
    customer.refresh()


def bills(till: Till) -> list[int]:
    return [bill["amount_paid"] for bill in till.peer.everything("invoice")]


@in_february
def test_a_preview_says_amounts_and_dates_and_changes_nothing(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    pass_time(till, ada, timedelta(days=7))
    told = previewed(ada, "enterprise")
    # Three of four weeks are left of $9.99.
    assert (told["credit"], told["amount_now"], told["next_amount"], told["currency"]) == (749, 2250, 2999, "usd")
    assert (told["starts_at"][:10], told["next_at"][:10]) == ("2027-02-08", "2027-03-08")
    assert plan_of(ada) == ("pro", "active", None)
    assert bills(till) == [999]


@in_february
def test_the_change_charges_what_the_preview_said(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    pass_time(till, ada, timedelta(days=7))
    told = previewed(ada, "enterprise")
    pass_time(till, ada, timedelta(minutes=8))
    answer = agreed(ada, "enterprise", told["token"])
    assert (answer.status_code, (answer.json or {})["plan"]) == (200, "enterprise")
    assert bills(till) == [999, told["amount_now"]]
    till.tell()
    [latest, _] = (ada.get("/api/user/history").json or {})["payments"]["items"]
    assert (latest["what"], latest["amount"]) == ("Change to Enterprise", told["amount_now"])


@in_february
def test_the_last_minutes_of_a_period_open_no_larger_plan_for_nothing(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    pass_time(till, ada, timedelta(days=28, minutes=-2))
    assert changed(ada, "enterprise").status_code == 200
    assert bills(till) == [999, 2999]


@in_february
def test_a_lower_plan_costs_nothing_now(till: Till, ada: Caller) -> None:
    subscribe(till, ada, "enterprise")
    told = previewed(ada, "pro")
    assert (told["amount_now"], told["credit"], told["next_amount"]) == (0, 0, 999)
    assert told["starts_at"] == told["next_at"]
    assert told["next_at"][:10] == "2027-03-01"
    assert agreed(ada, "pro", told["token"]).status_code == 200
    again = previewed(ada, "enterprise")
    assert (again["amount_now"], again["next_amount"], again["starts_at"][:10]) == (0, 2999, "2027-02-01")


def test_a_change_needs_the_token_of_its_preview(till: Till, ada: Caller, caller: MakeCaller) -> None:
    subscribe(till, ada)
    bob = caller()
    subscribe(till, bob)
    token = previewed(ada, "enterprise")["token"]
    assert code_of(ada.post("/api/billing/change", json={"plan": "enterprise"})) == (422, "VALIDATION_ERROR")
    assert code_of(agreed(ada, "enterprise", f"{token}x")) == (422, "INVALID_TOKEN")
    assert code_of(agreed(ada, "enterprise", "é")) == (422, "INVALID_TOKEN")
    assert code_of(agreed(ada, "pro", token)) == (422, "INVALID_TOKEN")
    assert code_of(agreed(bob, "enterprise", token)) == (422, "INVALID_TOKEN")
    assert bills(till) == [999, 999]
    assert agreed(ada, "enterprise", token).status_code == 200


def test_a_preview_is_good_for_ten_minutes(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    told = previewed(ada, "enterprise")
    assert abs(datetime.fromisoformat(told["expires_at"]) - now() - timedelta(minutes=10)) < timedelta(minutes=1)
    clock.shift(timedelta(minutes=11))
    assert code_of(agreed(ada, "enterprise", told["token"])) == (409, "PREVIEW_OUTDATED")
    assert bills(till) == [999]


def test_customers_read_sentences_and_programs_get_the_call(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    token = previewed(ada, "enterprise")["token"]
    answers = [asked(ada, kind="subscription", plan="pro"), agreed(ada, "enterprise", f"{token}x")]
    clock.shift(timedelta(minutes=11))
    answers.append(agreed(ada, "enterprise", token))
    errors = [(answer.json or {})["error"] for answer in answers]
    assert [error["code"] for error in errors] == ["WRONG_STATE", "INVALID_TOKEN", "PREVIEW_OUTDATED"]
    preview = "POST /api/billing/change/preview"
    assert [error["details"]["call"] for error in errors] == ["POST /api/billing/change", preview, preview]
    assert not [error["message"] for error in errors if "/api/" in error["message"]]


@in_february
def test_a_preview_of_a_period_that_is_over_is_refused(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    pass_time(till, ada, timedelta(days=28, minutes=-2))
    token = previewed(ada, "enterprise")["token"]
    pass_time(till, ada, timedelta(minutes=4))
    assert code_of(agreed(ada, "enterprise", token)) == (409, "PREVIEW_OUTDATED")


@pytest.mark.parametrize("what", ["balance", "price"])
def test_a_preview_whose_price_is_another_one_now_is_refused(till: Till, ada: Caller, what: str) -> None:
    subscribe(till, ada)
    token = previewed(ada, "enterprise")["token"]
    gateway = till.app.extensions["oriel.payments"]
    if what == "balance":
        gateway._client.customers.update(customer_at(till), {"balance": -100})
    else:
        price = gateway._client.prices.retrieve(gateway._prices["enterprise"])
        dearer = {"product": price.product, "currency": "usd", "unit_amount": 3999, "recurring": {"interval": "month"}}
        gateway._prices["enterprise"] = gateway._client.prices.create(dearer).id
    assert code_of(agreed(ada, "enterprise", token)) == (409, "PREVIEW_OUTDATED")
    assert bills(till) == [999]
    assert changed(ada, "enterprise").status_code == 200


def test_a_change_is_made_once(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    token = previewed(ada, "enterprise")["token"]
    assert agreed(ada, "enterprise", token).status_code == 200
    assert code_of(agreed(ada, "enterprise", token)) == (409, "WRONG_STATE")
    assert len(bills(till)) == 2


def test_a_declined_change_may_be_tried_again_with_the_same_token(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    token = previewed(ada, "enterprise")["token"]
    till.peer.card_fails(customer_at(till))
    answer = agreed(ada, "enterprise", token)
    assert (code_of(answer), "Your card was declined." in answer.text) == ((402, "CARD_DECLINED"), True)
    till.peer.card_fails(customer_at(till), False)
    assert agreed(ada, "enterprise", token).status_code == 200
    assert plan_of(ada)[0] == "enterprise"
