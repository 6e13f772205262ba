"""News that comes late, processes that die in the wrong moment, and two ways to pay for the same render."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from tests.functional.billing.conftest import Till, asked, meanwhile
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel.billing import fulfilment, journal, subscription_sync
from oriel.billing.checkout import PAGE_LIFE
from oriel.billing.current_plan import set_plan
from oriel.billing.gateway import GivenBack
from oriel.billing.models import Credit, Payment, PlanHolding, RenderRight
from oriel.errors import NotFound, PaymentsUnavailable, UndecodableSong
from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.rendering import attempts, operator_actions
from oriel.rendering.models import RenderJob

MakeCaller = Callable[..., Caller]
SMALL = {"output": {"width": 1280, "height": 720}}
MONTH = timedelta(days=32)


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def subscribed(till: Till, customer: Caller, plan: str = "pro") -> str:
    """Buy a plan and return the subscription's id."""
    till.buy(customer, kind="subscription", plan=plan)
    return str(till.peer.everything("subscription")[-1]["id"])


def holding(till: Till) -> PlanHolding:
    with till.app.app_context():
        return db.session.scalars(select(PlanHolding)).one()


def payment_of(till: Till, session_id: str) -> Payment:
    with till.app.app_context():
        return db.session.scalars(select(Payment).where(Payment.stripe_session_id == session_id)).one()


def credits_of(till: Till) -> list[str]:
    with till.app.app_context():
        return sorted(db.session.scalars(select(Credit.state)))


def refunds(till: Till) -> list[int]:
    return [refund["amount"] for refund in till.peer.everything("refund")]


def ends(till: Till) -> None:
    """Let the only subscription end by hand, at Stripe."""
    till.peer.cancel_from_dashboard(till.peer.everything("subscription")[-1]["id"])
    till.tell()


def test_events_about_other_things_hold_up_no_reconciliation(till: Till, ada: Caller) -> None:
    session_id = till.open(ada)
    till.peer.pay(session_id)
    till.deliveries.drop()
    with till.peer.account.lock:
        # The second id is longer than any that Stripe allows.
        for name in ("SUMMER-25", "c" * 5001):
            till.peer.account.emit("coupon.created", {"id": name, "object": "coupon"})
    with till.app.app_context():
        journal.reconcile()
    assert credits_of(till) == ["held"]


def test_events_that_there_is_no_time_for_are_taken_up_again(
    till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = till.open(ada)
    till.peer.pay(session_id)
    monkeypatch.setattr(journal, "_BEGINS_S", 0.0)
    till.tell()
    assert credits_of(till) == []
    monkeypatch.undo()
    till.settle()
    assert credits_of(till) == []
    clock.shift(timedelta(seconds=61))
    till.settle()
    assert credits_of(till) == ["held"]


def test_late_news_of_a_former_subscription_gives_nothing_back(till: Till, ada: Caller) -> None:
    former = subscribed(till, ada)
    ends(till)
    present = subscribed(till, ada, "enterprise")
    with till.app.app_context():
        subscription_sync.sync_subscription(former)
    till.deliveries.again("customer.subscription.deleted", "invoice.paid")
    with till.app.app_context():
        for event in journal.listed(100):
            journal.replay(event.id)
    assert refunds(till) == []
    assert (holding(till).plan, holding(till).subscription_id) == ("enterprise", present)


def test_late_news_of_a_former_subscription_ends_no_plan_that_was_given_since(till: Till, ada: Caller) -> None:
    former = subscribed(till, ada)
    ends(till)
    with till.app.app_context():
        set_plan(ada.user_id, "enterprise")
        subscription_sync.sync_subscription(former)
    assert holding(till).plan == "enterprise"


def test_an_old_answer_brings_no_subscription_back_that_is_over(
    till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription_id = subscribed(till, ada)
    meanwhile(till, monkeypatch, lambda: ends(till))
    with till.app.app_context():
        subscription_sync.sync_subscription(subscription_id)
    assert (holding(till).plan, holding(till).subscription_id) == ("free", None)


@pytest.mark.parametrize("after", range(6))
def test_a_second_subscription_is_paid_back_though_we_die_on_the_way(
    till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    first, second = two_subscriptions(till, ada)
    gateway = till.app.extensions["oriel.payments"]
    real, calls = gateway._rest.guard, []

    def dies(call: Callable[[], Any]) -> Any:  # noqa: ANN401
        answer = real(call)
        calls.append(call)
        if len(calls) == after:
            raise KeyboardInterrupt
        return answer

    with till.app.app_context():
        subscription_sync.sync_subscription(first)
        monkeypatch.setattr(gateway._rest, "guard", dies)
        with contextlib.suppress(KeyboardInterrupt):
            subscription_sync.sync_subscription(second)
        subscription_sync.sync_subscription(second)
    assert till.peer.look(second)["status"] == "canceled"
    assert refunds(till) == [2999]
    assert holding(till).subscription_id == first


def two_subscriptions(till: Till, customer: Caller) -> tuple[str, str]:
    """Have two subscriptions paid, of which nothing has been heard."""
    first = subscribed(till, customer)
    with till.app.app_context(), writing() as session:
        session.execute(delete(PlanHolding))
    till.peer.pay(till.open(customer, kind="subscription", plan="enterprise"))
    return first, str(till.peer.everything("subscription")[-1]["id"])


def test_a_page_that_was_paid_unheard_is_not_offered_once_more(till: Till, ada: Caller) -> None:
    page = till.open(ada, kind="subscription", plan="pro")
    till.peer.pay(page)
    till.deliveries.drop()
    clock.shift(PAGE_LIFE + timedelta(minutes=1))
    ada.refresh()
    answer = asked(ada, kind="subscription", plan="enterprise")
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == (409, "WRONG_STATE")
    assert holding(till).plan == "pro"
    assert len(till.peer.everything("checkout.session")) == 1


def test_a_credit_that_pays_for_the_same_render_closes_its_page(till: Till, ada: Caller) -> None:
    till.buy(ada)
    order = {"upload_id": uploaded(ada), "settings": SMALL}
    page = till.open(ada, render=order)
    assert ada.post("/api/render/submit", json={**order, "pay_with": "credit"}).status_code == 202
    till.peer.pay(page)
    till.tell()
    assert refunds(till) == [499]
    assert credits_of(till) == ["reserved"]
    with till.app.app_context():
        assert len(db.session.scalars(select(RenderJob)).all()) == 1


def test_a_render_that_was_bought_is_paid_with_what_was_paid_for_it(till: Till, ada: Caller) -> None:
    kept = till.buy(ada)
    clock.shift(timedelta(seconds=1))
    page = till.buy(ada, render={"upload_id": uploaded(ada), "settings": SMALL})
    with till.app.app_context():
        [right] = db.session.scalars(select(RenderRight))
        credit = db.session.get_one(Credit, right.credit_id)
        assert credit.payment_id == payment_of(till, page).id
    # So that the one which was not used can be given back.
    with till.app.app_context():
        fulfilment.refund_payment(payment_of(till, kept).id)
    assert credits_of(till) == ["refunded", "reserved"]


def test_a_page_that_opens_while_its_render_is_paid_otherwise_is_closed(
    till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with till.app.app_context():
        set_plan(ada.user_id, "pro")
    order = {"upload_id": uploaded(ada), "settings": SMALL}
    gateway = till.app.extensions["oriel.payments"]
    real = gateway.open_checkout

    def meanwhile(checkout: Any) -> Any:  # noqa: ANN401
        opened = real(checkout)
        assert ada.post("/api/render/submit", json=order).status_code == 202
        with till.app.app_context():
            fulfilment.settle_wanted()
        return opened

    monkeypatch.setattr(gateway, "open_checkout", meanwhile)
    page = till.open(ada, render=order)
    with till.app.app_context():
        fulfilment.settle_wanted()
    assert till.peer.look(page)["status"] == "expired"


def test_a_page_that_was_never_opened_waits_for_no_end(till: Till, ada: Caller) -> None:
    order = {"upload_id": uploaded(ada), "settings": SMALL}
    # From here on the customer is known at Stripe, and only the page is missing.
    till.open(ada)
    till.peer.go_down()
    assert asked(ada, render=order).status_code == 503
    assert ada.post("/api/render/submit", json=order).status_code == 202
    till.peer.come_back()
    clock.shift(timedelta(minutes=21))
    with till.app.app_context():
        fulfilment.give_up_unopened()
        [unopened] = db.session.scalars(select(Payment).where(Payment.stripe_session_id.is_(None)))
        assert (unopened.status, unopened.expire_wanted) == ("failed", False)


@pytest.mark.parametrize("then_down", [False, True], ids=["up", "then down"])
@pytest.mark.parametrize("is_disputed", [True, False])
def test_an_old_answer_about_a_dispute_does_not_stay(
    till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch, is_disputed: bool, then_down: bool
) -> None:
    """One who asked before and writes afterwards would thaw a credit that is disputed, or freeze it for good."""
    page = till.buy(ada)
    paid_as = str(payment_of(till, page).paid_as)
    gateway = till.app.extensions["oriel.payments"]
    real, old = gateway.checkout, replace(gateway.checkout(page), back=GivenBack(disputed=not is_disputed))
    dispute = till.peer.dispute(paid_as)["id"]
    if not is_disputed:
        till.peer.close_dispute(dispute, won=True)

    def down(_session_id: str) -> Any:  # noqa: ANN401
        raise PaymentsUnavailable("Stripe is down.")

    def late(_session_id: str) -> Any:  # noqa: ANN401
        # While this answer is under way the news comes, and is dealt with.
        monkeypatch.setattr(gateway, "checkout", real)
        till.tell()
        monkeypatch.setattr(gateway, "checkout", down if then_down else real)
        return old

    monkeypatch.setattr(gateway, "checkout", late)
    with till.app.app_context(), contextlib.suppress(PaymentsUnavailable):
        fulfilment.sync_payment(page)
    assert credits_of(till) == ["frozen" if is_disputed else "held"]
    assert payment_of(till, page).is_disputed is is_disputed


def test_what_stripe_does_not_know_any_more_keeps_no_other_from_being_mended(
    till: Till, ada: Caller, caller: MakeCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = caller()
    gone, page = till.open(ada), till.open(bob)
    subscribed(till, ada)
    till.peer.pay(page)
    till.deliveries.drop()
    gateway = till.app.extensions["oriel.payments"]
    _unknown(gateway, monkeypatch, "checkout", gone)
    _unknown(gateway, monkeypatch, "expire_checkout", gone)
    _unknown(gateway, monkeypatch, "subscription", str(holding(till).subscription_id))
    monkeypatch.setattr(gateway, "events_since", lambda _moment: [])
    clock.shift(timedelta(minutes=2))
    with till.app.app_context():
        with writing() as session:
            row = select(Payment).where(Payment.stripe_session_id == gone)
            fulfilment.want(session.scalars(row).one(), expire=True)
        assert [line for line in journal.reconcile().done if "completed" in line]
    assert payment_of(till, page).status == "completed"


def _unknown(gateway: Any, patch: pytest.MonkeyPatch, name: str, object_id: str) -> None:  # noqa: ANN401
    real = getattr(gateway, name)

    def ask(asked_id: str) -> Any:  # noqa: ANN401
        if asked_id == object_id:
            raise NotFound("The payment service does not know this object.")
        return real(asked_id)

    patch.setattr(gateway, name, ask)


def test_a_disputed_second_subscription_is_ended_all_the_same(till: Till, ada: Caller) -> None:
    first, second = two_subscriptions(till, ada)
    for invoice in till.peer.everything("invoice"):
        if second in str(invoice["parent"]):
            till.peer.dispute(till.peer.account.payment_of[invoice["id"]])
    with till.app.app_context():
        subscription_sync.sync_subscription(first)
        subscription_sync.sync_subscription(second)
    assert till.peer.look(second)["status"] == "canceled"
    assert holding(till).subscription_id == first


def test_another_plan_is_asked_for_after_a_page_that_never_opened(till: Till, ada: Caller) -> None:
    till.open(ada)
    till.peer.go_down()
    assert asked(ada, kind="subscription", plan="pro").status_code == 503
    till.peer.come_back()
    page = till.open(ada, kind="subscription", plan="enterprise")
    assert till.peer.look(page)["amount_total"] == 2999
    assert payment_of(till, page).plan == "enterprise"


def test_a_page_that_opens_after_it_was_given_up_is_closed(
    till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tabs, two plans: one page is left."""
    gateway = till.app.extensions["oriel.payments"]
    real = gateway.open_checkout

    def meanwhile(checkout: Any) -> Any:  # noqa: ANN401
        monkeypatch.setattr(gateway, "open_checkout", real)
        opened = real(checkout)
        till.open(ada, kind="subscription", plan="enterprise")
        return opened

    monkeypatch.setattr(gateway, "open_checkout", meanwhile)
    answer = asked(ada, kind="subscription", plan="pro")
    with till.app.app_context():
        fulfilment.settle_wanted()
    pages = [(page["amount_total"], page["status"]) for page in till.peer.everything("checkout.session")]
    assert sorted(pages) == [(999, "expired"), (999, "open"), (2999, "expired")]
    [left] = [page for page in till.peer.everything("checkout.session") if page["status"] == "open"]
    assert (answer.json or {})["session_id"] == left["id"]


def test_a_bought_render_that_is_tried_again_is_paid_with_its_own_credit_again(till: Till, ada: Caller) -> None:
    till.buy(ada)
    clock.shift(timedelta(seconds=1))
    page = till.buy(ada, render={"upload_id": uploaded(ada), "settings": SMALL})
    with till.app.app_context():
        attempt = attempts.claim("a worker")
        assert attempt
        attempts.fail(attempt, UndecodableSong("This song cannot be read."))
        operator_actions.retry(attempt.job_id)
        [right] = db.session.scalars(select(RenderRight))
        assert db.session.get_one(Credit, right.credit_id).payment_id == payment_of(till, page).id
