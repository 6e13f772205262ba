"""What can be bought and what one has, over HTTP."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.caller import Caller

from oriel.billing.current_plan import set_plan
from oriel.billing.models import PlanHolding
from oriel.infra.clock import clock, in_iso, now
from oriel.infra.database import writing


def test_anybody_sees_the_plans(client: FlaskClient) -> None:
    answer = client.get("/api/billing/plans").json
    assert answer
    assert [(plan["name"], plan["price_cents"], plan["renders"]) for plan in answer["plans"]] == [
        ("free", 0, 5),
        ("pro", 999, 50),
        ("enterprise", 2999, None),
    ]
    assert [plan["kept_for_days"] for plan in (*answer["plans"], answer["render"])] == [30] * 4
    assert (answer["render"]["price_cents"], answer["render"]["watermark"]) == (499, False)


def test_a_new_customer_is_on_free(caller: Callable[..., Caller]) -> None:
    assert caller().get("/api/billing/subscription").json == {
        "plan": "free",
        "status": "active",
        "current_period_end": None,
        "cancel_at_period_end": False,
        "ends_at": None,
        "pending_plan": None,
        "trial_ends_at": None,
    }


def test_a_subscription_shows_its_period_and_what_comes_after(app: APIFlask, caller: Callable[..., Caller]) -> None:
    customer, end = caller(), now() + timedelta(days=30)
    with app.app_context():
        set_plan(customer.user_id, "enterprise", period_start=now(), period_end=end)
        with writing() as session:
            session.get_one(PlanHolding, customer.user_id).pending_plan = "pro"
    answer = customer.get("/api/billing/subscription").json
    assert answer
    assert (answer["plan"], answer["pending_plan"], answer["current_period_end"]) == ("enterprise", "pro", in_iso(end))


@pytest.mark.parametrize("period_days", [0, 1, -1], ids=["with the period", "before the period", "after the period"])
def test_a_subscription_ends_by_itself_on_its_day(
    app: APIFlask, caller: Callable[..., Caller], period_days: int
) -> None:
    customer, began = caller(), now()
    ends_at = began + timedelta(days=2)
    period_end = ends_at + timedelta(days=period_days)
    with app.app_context():
        set_plan(customer.user_id, "pro", period_start=began, period_end=period_end)
        with writing() as session:
            session.get_one(PlanHolding, customer.user_id).ends_at = ends_at

    def told(name: str) -> object:
        customer.refresh()
        return (customer.get("/api/billing/subscription").json or {})[name]

    assert (told("cancel_at_period_end"), told("ends_at")) == (period_days >= 0, in_iso(ends_at))
    clock.shift(timedelta(days=2, seconds=-10))
    assert (told("plan"), told("ends_at")) == ("pro", in_iso(ends_at))
    clock.shift(timedelta(seconds=10))
    assert (told("plan"), told("cancel_at_period_end")) == ("free", False)
    assert (told("ends_at"), told("current_period_end")) == (None, None)


def test_the_subscription_is_for_those_who_are_logged_in(client: FlaskClient) -> None:
    assert client.get("/api/billing/subscription").status_code == 401
