"""The checks that find what lost events have missed, with a number of calls that does not grow with the customers."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from tests.functional.billing.conftest import Till
from tests.functional.caller import Caller

from oriel.billing.models import PaymentEvent, PlanHolding
from oriel.housekeeping import runs
from oriel.housekeeping.models import HousekeepingRun
from oriel.housekeeping.table import job_named
from oriel.infra.clock import clock
from oriel.infra.database import db, writing

MakeCaller = Callable[..., Caller]
EVENTS, SUBSCRIPTIONS = job_named("payment-events"), job_named("subscriptions")
# More than a page of Stripe's would be slow to make; each customer costs nothing or one call.
CUSTOMERS = 4


@pytest.fixture(autouse=True)
def context(till: Till) -> Iterator[None]:
    with till.app.app_context():
        yield


def calls(till: Till, do: Callable[[], object]) -> int:
    before = len(till.peer.calls)
    do()
    return len(till.peer.calls) - before


def subscribe(till: Till, customer: Caller) -> str:
    till.buy(customer, kind="subscription", plan="pro")
    return str(till.peer.everything("subscription")[-1]["id"])


def plan_of(customer: Caller) -> str:
    db.session.rollback()
    db.session.expire_all()
    holding = db.session.get(PlanHolding, customer.user_id)
    return holding.plan if holding else "none"


def cursor() -> str:
    """From when on the next run asks."""
    found = db.session.get_one(HousekeepingRun, EVENTS.name, populate_existing=True).cursor
    db.session.commit()
    return str(found)


def test_nothing_new_costs_one_call_an_hour_and_one_a_day(till: Till, caller: MakeCaller) -> None:
    for _ in range(CUSTOMERS):
        subscribe(till, caller())
    runs.run_now(EVENTS)
    assert calls(till, lambda: runs.run_now(EVENTS)) == 1
    assert calls(till, lambda: runs.run_now(SUBSCRIPTIONS)) == 1


def test_events_that_never_came_are_found_and_processed(till: Till, caller: MakeCaller) -> None:
    ada = caller()
    session_id = till.open(ada, kind="subscription", plan="pro")
    till.peer.pay(session_id)
    till.deliveries.drop()
    done = runs.run_now(EVENTS)
    assert done
    assert done.items >= 2
    assert "checkout.session.completed" in done.detail or "customer.subscription.created" in done.detail
    assert plan_of(ada) == "pro"
    again = runs.run_now(EVENTS)
    assert again
    assert again.items == 0


def test_the_next_time_only_the_last_hour_is_asked_for_again(till: Till, caller: MakeCaller) -> None:
    earlier = subscribe(till, caller())
    runs.run_now(EVENTS)
    first_cursor = cursor()
    clock.shift(timedelta(hours=5))
    till.peer.advance(timedelta(hours=5))
    later = subscribe(till, caller())
    runs.run_now(EVENTS)
    assert first_cursor < cursor()
    # As if none had arrived.
    with writing() as session:
        session.execute(delete(PaymentEvent))
    runs.run_now(EVENTS)
    about = [str(body) for body in db.session.scalars(select(PaymentEvent.body))]
    assert any(later in body for body in about)
    assert not any(earlier in body for body in about)


def test_a_run_that_fails_is_repeated_from_where_the_last_good_one_ended(till: Till, caller: MakeCaller) -> None:
    runs.run_now(EVENTS)
    before = cursor()
    ada = caller()
    session_id = till.open(ada, kind="subscription", plan="pro")
    till.peer.pay(session_id)
    till.deliveries.drop()
    till.peer.go_down(refuse=True)
    with pytest.raises(Exception, match="payment"):
        runs.run_now(EVENTS)
    assert cursor() == before
    till.peer.come_back()
    clock.shift(timedelta(minutes=2))
    runs.run_now(EVENTS)
    assert plan_of(ada) == "pro"


def test_plans_that_differ_from_their_subscriptions_are_found_in_both_directions(
    till: Till, caller: MakeCaller
) -> None:
    right, lost, ended = caller(), caller(), caller()
    for customer in (right, lost):
        subscribe(till, customer)
    over = subscribe(till, ended)
    with writing() as session:
        session.execute(delete(PlanHolding).where(PlanHolding.user_id == lost.user_id))
    till.peer.cancel_from_dashboard(over)
    till.deliveries.drop()
    assert SUBSCRIPTIONS.preview
    assert SUBSCRIPTIONS.preview().items == 2
    assert (plan_of(lost), plan_of(ended)) == ("none", "pro")
    done = runs.run_now(SUBSCRIPTIONS)
    assert done
    assert done.items == 2
    assert (plan_of(right), plan_of(lost), plan_of(ended)) == ("pro", "pro", "free")
    again = runs.run_now(SUBSCRIPTIONS)
    assert again
    assert again.items == 0
