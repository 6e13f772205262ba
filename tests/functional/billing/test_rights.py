"""Rights to renders, on both databases: exact under concurrency, and each settled once."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIFlask
from tests.functional.billing.rights import DEMAND, LARGE, bought, reserved, state_of, used
from tests.functional.caller import Caller

from oriel.accounts.statistics import plan_of as statistics_plan
from oriel.accounts.statistics import statistics_of
from oriel.billing.current_plan import current_period, hold_plan, plan_of, set_plan
from oriel.billing.models import HELD, REFUNDED, RESERVED, USED, PlanHolding
from oriel.billing.rights import Demand, Payer, credits_held, give_back, reserve, reserve_again, spend
from oriel.billing.storage_use import storage_used
from oriel.errors import AppError, CallerError, NotFound, PaymentRequired, WrongState
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id

pytestmark = pytest.mark.usefixtures("in_app")


def test_the_plan_pays_for_what_it_allows(customer: Caller) -> None:
    grant = reserved(customer)
    assert (grant.plan.name, grant.watermark, grant.kind) == ("free", True, "plan")
    assert used(customer) == 1


def test_a_credit_pays_for_what_the_plan_does_not_allow(customer: Caller) -> None:
    credit = bought(customer)
    grant = reserved(customer, LARGE)
    assert (grant.plan.name, grant.watermark, grant.kind) == ("credit", False, "credit")
    assert (state_of(credit), used(customer)) == (RESERVED, 0)


def test_the_plan_pays_before_a_credit_unless_told_otherwise(customer: Caller) -> None:
    credit = bought(customer)
    assert reserved(customer).kind == "plan"
    assert reserved(customer, pay_with="credit").kind == "credit"
    assert state_of(credit) == RESERVED


def test_the_oldest_credit_goes_first(customer: Caller) -> None:
    first = bought(customer)
    clock.shift(timedelta(minutes=1))
    second = bought(customer)
    reserved(customer, LARGE)
    assert (state_of(first), state_of(second)) == (RESERVED, HELD)


@pytest.mark.parametrize(
    ("demand", "pay_with", "code"),
    [
        (LARGE, None, "PLAN_LIMIT_SIZE"),
        (replace(DEMAND, fps=60), None, "PLAN_LIMIT_FPS"),
        (replace(DEMAND, format="mov"), None, "PLAN_LIMIT_FORMAT"),
        (replace(DEMAND, duration_s=400), None, "PLAN_LIMIT_DURATION"),
        (replace(DEMAND, video_bytes_estimate=2_000_000_000), None, "PLAN_LIMIT_STORAGE"),
        (DEMAND, "credit", "PAYMENT_REQUIRED"),
        (replace(DEMAND, width=3840, height=2160), "credit", "PLAN_LIMIT_SIZE"),
    ],
)
def test_what_nothing_pays_for_is_refused(customer: Caller, demand: Demand, pay_with: Payer | None, code: str) -> None:
    with pytest.raises(PaymentRequired) as caught:
        reserved(customer, demand, pay_with)
    assert (caught.value.code, caught.value.http_status) == (code, 402)
    assert {"limit", "value", "lifted_by"} <= set(caught.value.details)


def test_with_the_plan_chosen_a_credit_stays(customer: Caller) -> None:
    credit = bought(customer)
    with pytest.raises(PaymentRequired):
        reserved(customer, LARGE, "plan")
    assert state_of(credit) == HELD


def test_a_credit_is_not_spent_on_what_it_cannot_pay(customer: Caller) -> None:
    credit = bought(customer)
    with pytest.raises(PaymentRequired):
        reserved(customer, replace(DEMAND, width=3840, height=2160))
    assert state_of(credit) == HELD


def test_a_refunded_credit_pays_for_nothing(customer: Caller) -> None:
    bought(customer, REFUNDED)
    with pytest.raises(PaymentRequired):
        reserved(customer, LARGE)


def test_the_month_ends_after_five_and_begins_anew(customer: Caller) -> None:
    for _ in range(5):
        reserved(customer)
    with pytest.raises(PaymentRequired) as caught:
        reserved(customer)
    assert caught.value.code == "PLAN_LIMIT_MONTH"
    today = now()
    clock.shift(datetime(today.year + today.month // 12, today.month % 12 + 1, 1, tzinfo=UTC) - today)
    assert used(customer) == 0
    assert reserved(customer).kind == "plan"


def test_a_paid_period_counts_by_itself(customer: Caller) -> None:
    reserved(customer)
    set_plan(customer.user_id, "pro", period_start=now(), period_end=now() + timedelta(days=30))
    assert used(customer) == 0
    grant = reserved(customer, LARGE)
    assert (grant.plan.name, grant.watermark) == ("pro", False)


def test_storage_set_aside_counts_until_the_render_is_settled(customer: Caller) -> None:
    render = new_id()
    reserved(customer, replace(DEMAND, video_bytes_estimate=600_000_000), render=render)
    assert storage_used(db.session, customer.user_id) == 600_000_000
    with pytest.raises(PaymentRequired):
        reserved(customer, replace(DEMAND, video_bytes_estimate=600_000_000))
    with writing() as session:
        give_back(session, render)
    assert storage_used(db.session, customer.user_id) == 0


def test_a_right_is_spent_once(customer: Caller) -> None:
    credit, render = bought(customer), new_id()
    reserved(customer, LARGE, render=render)
    with writing() as session:
        assert [spend(session, render), spend(session, render), give_back(session, render)] == [True, False, False]
    assert state_of(credit) == USED


def test_a_right_is_given_back_once(customer: Caller) -> None:
    credit, render = bought(customer), new_id()
    reserved(customer, LARGE, render=render)
    with writing() as session:
        assert [give_back(session, render), give_back(session, render), spend(session, render)] == [True, False, False]
    assert (state_of(credit), credits_held(db.session, customer.user_id)) == (HELD, 1)


def test_a_returned_render_of_the_month_can_be_used_again(customer: Caller) -> None:
    render = new_id()
    reserved(customer, render=render)
    with writing() as session:
        give_back(session, render)
    assert used(customer) == 0


def test_the_same_render_is_reserved_once(customer: Caller) -> None:
    render = new_id()
    assert reserved(customer, render=render) == reserved(customer, render=render)
    assert used(customer) == 1


def test_a_render_that_is_tried_again_is_reserved_anew(customer: Caller) -> None:
    render = new_id()
    reserved(customer, render=render)
    with writing() as session:
        give_back(session, render)
        for _ in range(2):
            reserve_again(session, customer.user_id, render, DEMAND)
    assert used(customer) == 1
    with pytest.raises(NotFound), writing() as session:
        reserve_again(session, customer.user_id, new_id(), DEMAND)


def test_nobody_else_gains_by_a_right(customer: Caller, caller: Callable[..., Caller]) -> None:
    bought(customer)
    with pytest.raises(PaymentRequired):
        reserved(caller(), LARGE)


def test_a_profile_shows_what_is_left(customer: Caller) -> None:
    reserved(customer)
    bought(customer)
    told = statistics_of(customer.user_id)
    assert {name: told[name] for name in ("renders_this_period", "renders_limit", "credits", "storage_limit")} == {
        "renders_this_period": 1,
        "renders_limit": 5,
        "credits": 1,
        "storage_limit": 1_000_000_000,
    }
    set_plan(customer.user_id, "enterprise")
    assert statistics_of(customer.user_id)["renders_limit"] is None
    assert statistics_plan(customer.user_id) == "enterprise"


def test_an_account_that_is_gone_has_no_rights(caller: Callable[..., Caller]) -> None:
    caller()
    with pytest.raises(NotFound), writing() as session:
        reserve(session, "nobody", new_id(), DEMAND)


def test_an_unknown_plan_is_refused(customer: Caller) -> None:
    with pytest.raises(CallerError, match="The plans are free, pro, enterprise") as caught:
        set_plan(customer.user_id, "gold")
    assert caught.value.details == {"plan": "gold"}
    assert plan_of(customer.user_id).name == "free"


def test_a_plan_can_be_set_and_taken_away(customer: Caller) -> None:
    assert set_plan(customer.user_id, "enterprise").name == "enterprise"
    assert plan_of(customer.user_id).name == "enterprise"
    set_plan(customer.user_id, "free")
    assert plan_of(customer.user_id).name == "free"


def test_a_plan_that_is_set_forgets_what_was_ordered_and_has_its_own_period(customer: Caller) -> None:
    start, end = now(), now() + timedelta(days=30)
    with writing() as session:
        ordered = PlanHolding(user_id=customer.user_id, plan="enterprise", pending_plan="pro", ends_at=end)
        session.add(ordered)
    set_plan(customer.user_id, "pro", period_start=start, period_end=end)
    db.session.expire_all()
    held = db.session.get_one(PlanHolding, customer.user_id)
    assert (held.plan, held.pending_plan, held.ends_at) == ("pro", None, None)
    assert (held.period_start, held.period_end) == (start, end)


def test_a_plan_holds_at_once_within_its_own_transaction(customer: Caller) -> None:
    with writing() as session:
        assert current_period(session, customer.user_id).plan.name == "free"
        hold_plan(session, customer.user_id, "pro")
        assert current_period(session, customer.user_id).plan.name == "pro"
        assert reserve(session, customer.user_id, new_id(), LARGE).plan.name == "pro"


def test_the_plan_of_a_subscription_is_left_to_stripe(customer: Caller) -> None:
    with writing() as session:
        session.add(PlanHolding(user_id=customer.user_id, plan="pro", subscription_id="sub_1"))
    with pytest.raises(WrongState, match="has a subscription") as caught:
        set_plan(customer.user_id, "enterprise")
    assert caught.value.details["plan"] == "pro"
    assert plan_of(customer.user_id).name == "pro"


def test_fifty_submits_at_once_get_the_five_that_are_left(app: APIFlask, customer: Caller) -> None:
    assert at_once(app, 50, lambda: reserved(customer)) == 5
    assert used(customer) == 5


def test_one_credit_is_reserved_by_one_of_many(app: APIFlask, customer: Caller) -> None:
    credit = bought(customer)
    assert at_once(app, 12, lambda: reserved(customer, LARGE)) == 1
    assert state_of(credit) == RESERVED


def test_many_settle_one_right_once(app: APIFlask, customer: Caller) -> None:
    credit, render = bought(customer), new_id()
    reserved(customer, LARGE, render=render)

    def settle() -> None:
        with writing() as session:
            assert give_back(session, render) or spend(session, render) or refuse()

    assert at_once(app, 12, settle) == 1
    assert state_of(credit) == HELD


def refuse() -> bool:
    raise PaymentRequired("Settled already.")


def at_once(app: APIFlask, threads: int, act: Callable[[], object]) -> int:
    """Return how many of so many threads, let go together, were not refused."""
    gate, accepted, broken = threading.Barrier(threads), [], []

    def go() -> None:
        with app.app_context():
            gate.wait()
            try:
                accepted.append(act())
            except PaymentRequired:
                pass
            except AppError as error:
                broken.append(error)

    running = [threading.Thread(target=go) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert broken == []
    return len(accepted)
