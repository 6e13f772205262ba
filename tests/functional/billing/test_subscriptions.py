"""Subscriptions: bought, changed, renewed, not paid, recovered, ended; whatever order the news comes in."""

import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import stripe
from apiflask import APIFlask
from sqlalchemy import delete, insert, select
from tests.functional.billing.conftest import Till, asked, changed, meanwhile
from tests.functional.caller import Caller

from oriel.accounts.models import User, UserSession
from oriel.billing import journal
from oriel.billing.current_plan import set_plan
from oriel.billing.models import Payment, PaymentEvent, PlanHolding
from oriel.billing.subscription_sync import sync_subscription
from oriel.errors import WrongState
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.mail.outbox import OutboxMail

MakeCaller = Callable[..., Caller]
MONTH = timedelta(days=32)


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def subscription_of(customer: Caller) -> dict[str, Any]:
    with customer.client.application.app_context(), writing() as session:
        # Sessions end after a month, which is what passes here.
        session.get_one(UserSession, customer.session_id).expires_at = now() + timedelta(days=1)
    customer.refresh()
    answer = customer.get("/api/billing/subscription")
    assert answer.status_code == 200
    return dict(answer.json or {})


def plan_of(customer: Caller) -> tuple[str, str, str | None]:
    """Plan, status and what is pending."""
    told = subscription_of(customer)
    return told["plan"], told["status"], told["pending_plan"]


def subscribe(till: Till, customer: Caller, plan: str = "pro") -> str:
    """Buy a plan and return the subscription's id."""
    till.buy(customer, kind="subscription", plan=plan)
    return str(till.peer.everything("subscription")[-1]["id"])


def customer_at(till: Till) -> str:
    return str(till.peer.everything("customer")[-1]["id"])


def pass_time(till: Till, time: timedelta) -> None:
    """Let time pass at Stripe's and at ours, and hear the news."""
    clock.shift(time)
    till.peer.advance(time)
    till.tell()


def mails_of(app: APIFlask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(OutboxMail.kind).order_by(OutboxMail.created_at, OutboxMail.id)))


def test_a_plan_is_bought_and_holds_at_once(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    assert plan_of(ada) == ("pro", "active", None)
    assert subscription_of(ada)["current_period_end"]
    assert (ada.get("/api/user/profile").json or {})["statistics"]["renders_limit"] == 50
    assert sorted(mails_of(till.app)) == ["plan_changed", "receipt"]
    [payment] = (ada.get("/api/user/history").json or {})["payments"]["items"]
    assert (payment["what"], payment["amount"], payment["status"]) == ("Pro, one month", 999, "completed")


def test_a_second_subscription_is_refused(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    answer = asked(ada, kind="subscription", plan="enterprise")
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == (409, "WRONG_STATE")


def test_the_same_plan_cannot_be_paid_twice_at_once(till: Till, ada: Caller) -> None:
    till.open(ada, kind="subscription", plan="pro")
    answer = asked(ada, kind="subscription", plan="pro")
    assert (answer.json or {})["error"]["code"] == "DUPLICATE_PAYMENT_SESSION"


def test_a_higher_plan_holds_at_once_and_is_billed(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    answer = changed(ada, "enterprise")
    assert (answer.status_code, (answer.json or {})["plan"]) == (200, "enterprise")
    till.tell()
    assert plan_of(ada) == ("enterprise", "active", None)
    bills = (ada.get("/api/billing/invoices").json or {})["items"]
    assert len(bills) == 2
    assert bills[0]["amount"] > 0
    assert bills[0]["pdf_url"]
    assert (ada.get("/api/user/history").json or {})["payments"]["total"] == 2


def test_a_declined_card_leaves_the_plan_as_it_is(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    till.peer.card_fails(customer_at(till))
    answer = changed(ada, "enterprise")
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == (402, "CARD_DECLINED")
    till.tell()
    assert plan_of(ada) == ("pro", "active", None)


def test_a_lower_plan_waits_for_the_end_of_what_is_paid(till: Till, ada: Caller) -> None:
    subscribe(till, ada, "enterprise")
    assert changed(ada, "pro").status_code == 200
    till.tell()
    assert plan_of(ada) == ("enterprise", "active", "pro")
    assert "plan_will_change" in mails_of(till.app)
    pass_time(till, MONTH)
    assert plan_of(ada) == ("pro", "active", None)
    latest = (ada.get("/api/user/history").json or {})["payments"]["items"][0]
    assert (latest["what"], latest["amount"]) == ("Pro, one month", 999)


def test_a_lower_plan_that_was_ordered_can_be_taken_back(till: Till, ada: Caller) -> None:
    subscribe(till, ada, "enterprise")
    changed(ada, "pro")
    answer = changed(ada, "enterprise")
    assert ((answer.json or {})["plan"], (answer.json or {})["pending_plan"]) == ("enterprise", None)
    pass_time(till, MONTH)
    assert plan_of(ada) == ("enterprise", "active", None)


@pytest.mark.parametrize("plan", ["pro", "free", "nonesuch"])
def test_a_change_that_is_none_is_refused(till: Till, ada: Caller, plan: str) -> None:
    subscribe(till, ada)
    assert changed(ada, plan).status_code in (409, 422)


def test_who_has_no_subscription_has_none_to_change(till: Till, ada: Caller) -> None:
    for path, body in (
        ("change/preview", {"plan": "pro"}),
        ("change", {"plan": "pro", "token": "none"}),
        ("cancel", None),
        ("resume", None),
    ):
        answer = ada.post(f"/api/billing/{path}", json=body)
        error = (answer.json or {})["error"]
        assert (answer.status_code, error["code"]) == (409, "WRONG_STATE")
        assert "/api/" not in error["message"]
        assert error["details"]["call"] == "POST /api/payments/create-session"
        assert error["details"]["checkout"] == {"kind": "subscription", "plans": ["pro", "enterprise"]}
    assert ada.get("/api/billing/invoices").json == {"items": [], "total": 0, "page": 1, "per_page": 20}


def test_a_cancelled_plan_ends_with_its_period(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    assert (ada.post("/api/billing/cancel").json or {})["cancel_at_period_end"] is True
    till.tell()
    assert plan_of(ada) == ("pro", "active", None)
    pass_time(till, MONTH)
    assert plan_of(ada) == ("free", "active", None)
    assert asked(ada, kind="subscription", plan="pro").status_code == 201


def test_a_cancellation_is_taken_back(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    ada.post("/api/billing/cancel")
    assert (ada.post("/api/billing/resume").json or {})["cancel_at_period_end"] is False
    assert mails_of(till.app).count("plan_stays") == 1
    pass_time(till, MONTH)
    assert plan_of(ada) == ("pro", "active", None)


def test_each_letter_about_a_plan_leads_to_the_billing_page(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    ada.post("/api/billing/cancel")
    ada.post("/api/billing/resume")
    with till.app.app_context():
        told = {mail.kind: mail.text for mail in db.session.scalars(select(OutboxMail))}
    for kind in ("plan_changed", "plan_will_change", "plan_stays"):
        assert re.search(r"^See your plan:\nhttps?://[^/\n]+/billing$", told[kind], re.MULTILINE), told[kind]


def test_what_is_cancelled_in_the_portal_is_followed(till: Till, ada: Caller) -> None:
    subscription_id = subscribe(till, ada)
    assert str((ada.post("/api/billing/portal").json or {})["url"]).startswith("https://")
    [session] = till.peer.everything("billing_portal.session")
    assert session["return_url"].endswith("/billing")
    till.peer.portal_cancel(subscription_id)
    till.tell()
    assert subscription_of(ada)["cancel_at_period_end"] is True
    assert (ada.post("/api/billing/resume").json or {})["cancel_at_period_end"] is False
    assert till.peer.look(subscription_id)["cancel_at"] is None


def test_a_renewal_begins_a_new_month(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    before = subscription_of(ada)["current_period_end"]
    pass_time(till, MONTH)
    assert subscription_of(ada)["current_period_end"] > before
    assert (ada.get("/api/user/history").json or {})["payments"]["total"] == 2
    assert mails_of(till.app).count("receipt") == 2


def test_an_unpaid_renewal_keeps_the_plan_while_it_is_tried_again(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    till.peer.card_fails(customer_at(till))
    pass_time(till, MONTH)
    assert plan_of(ada) == ("pro", "past_due", None)
    assert mails_of(till.app).count("payment_failed") >= 1
    till.peer.card_fails(customer_at(till), fails=False)
    pass_time(till, timedelta(days=15))
    assert plan_of(ada) == ("pro", "active", None)


def test_a_renewal_that_is_never_paid_ends_in_free(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    till.peer.card_fails(customer_at(till))
    pass_time(till, MONTH)
    for _ in range(4):
        pass_time(till, timedelta(days=5))
    assert plan_of(ada) == ("free", "active", None)


def test_two_subscriptions_that_were_both_paid_leave_one_and_the_money_of_the_other(till: Till, ada: Caller) -> None:
    first = till.open(ada, kind="subscription", plan="pro")
    with till.app.app_context(), writing() as session:
        # Somebody else's page, as a race of two machines might open it.
        session.execute(delete(PlanHolding))
    till.peer.pay(first)
    customer_id = customer_at(till)
    client = till.app.extensions["oriel.payments"]._client
    prices = till.app.extensions["oriel.payments"]._prices
    second = client.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": customer_id,
            "line_items": [{"price": prices["enterprise"], "quantity": 1}],
            "success_url": "https://example.com",
        }
    )
    till.tell()
    till.peer.pay(second.id)
    till.tell()
    assert plan_of(ada)[0] == "pro"
    states = sorted(each["status"] for each in till.peer.everything("subscription"))
    assert states == ["active", "canceled"]
    assert [each["amount"] for each in till.peer.everything("refund")] == [2999]


@pytest.mark.parametrize("first", [3, *(pytest.param(at, marks=pytest.mark.long) for at in (0, 1, 2, 4, 5))])
def test_the_first_six_events_in_every_order_end_in_one_state(till: Till, ada: Caller, first: int) -> None:
    """All 120 orders that begin with one of them, with repeats drawn by a seed; all has happened already.

    Orders that begin alike share their beginning, which leaves 326 events to handle in place of 720.
    """
    subscription_id = subscribe(till, ada)
    till.deliveries.done.clear()
    changed(ada, "enterprise")
    ada.post("/api/billing/cancel")
    ada.post("/api/billing/resume")
    till.tell()
    # Nothing changes any more: one answer of Stripe's stands for all.
    gateway = till.app.extensions["oriel.payments"]
    for name in ("subscription", "checkout", "invoice", "given_back"):
        setattr(gateway, name, _remembering(getattr(gateway, name)))
    with till.app.app_context():
        events = db.session.scalars(select(PaymentEvent).order_by(PaymentEvent.received_at)).all()
        ours = [event for event in events if event.kind in journal.EVENT_KINDS][:6]
        assert len(ours) == 6
        chance = random.Random(720)
        ends: list[tuple[object, ...]] = []

        def follow(events: list[PaymentEvent]) -> None:
            begun = _holding(ada)
            if not events:
                assert begun
                ends.append(tuple(begun[name] for name in ("plan", "status", "pending_plan", "ends_at")))
            for event in events if len(events) < len(ours) else [ours[first]]:
                _put_back(ada, begun)
                for _ in range(chance.choice((1, 1, 2))):
                    journal._handle(event)
                follow([other for other in events if other is not event])

        _put_back(ada, None)
        follow(ours)
    assert len(ends) == 120
    assert set(ends) == {("enterprise", "active", None, None)}
    assert subscription_id


def _remembering(ask: Callable[[str], Any]) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def answer(object_id: str) -> Any:  # noqa: ANN401
        return known[object_id] if object_id in known else known.setdefault(object_id, ask(object_id))

    return answer


def _holding(customer: Caller) -> dict[str, Any] | None:
    with writing() as session:
        row = session.execute(select(PlanHolding.__table__).where(PlanHolding.user_id == customer.user_id)).first()
        return dict(row._mapping) if row else None


def _put_back(customer: Caller, holding: dict[str, Any] | None) -> None:
    with writing() as session:
        session.execute(delete(PlanHolding).where(PlanHolding.user_id == customer.user_id))
        if holding:
            session.execute(insert(PlanHolding).values(holding))


def test_an_old_answer_does_not_undo_a_newer_one(till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    subscription_id = subscribe(till, ada)
    upgrade = lambda: changed(ada, "enterprise")  # noqa: E731
    meanwhile(till, monkeypatch, upgrade)
    with till.app.app_context():
        sync_subscription(subscription_id)
    assert plan_of(ada) == ("enterprise", "active", None)


def test_many_who_follow_at_once_do_no_harm(till: Till, ada: Caller) -> None:
    subscription_id = subscribe(till, ada)

    def follow(_: int) -> None:
        with till.app.app_context():
            sync_subscription(subscription_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(follow, range(24)))
    assert plan_of(ada) == ("pro", "active", None)
    assert mails_of(till.app).count("plan_changed") == 1


def test_a_reconciliation_finds_what_lost_events_did_not_tell(till: Till, ada: Caller, caller: MakeCaller) -> None:
    bob = caller()
    page = till.open(bob)
    subscribe(till, ada)
    till.peer.pay(page)
    till.peer.portal_cancel(till.peer.everything("subscription")[-1]["id"])
    till.deliveries.drop()
    with till.app.app_context():
        clock.shift(timedelta(minutes=2))
        found = journal.reconcile()
        again = journal.reconcile()
    assert any("checkout.session.completed) was missing" in line for line in found.done)
    assert any(line.startswith("payment ") and "completed" in line for line in found.done)
    assert any(line.startswith(f"plan of user {ada.user_id}: pro") for line in found.done)
    assert again.done == []
    assert subscription_of(ada)["cancel_at_period_end"] is True
    bob.refresh()
    assert (bob.get("/api/user/profile").json or {})["statistics"]["credits"] == 1


def test_a_reconciliation_needs_no_events_at_all(till: Till, ada: Caller) -> None:
    """Where Stripe has forgotten them (after thirty days) the objects are asked for themselves."""
    page = till.open(ada, kind="subscription", plan="pro")
    till.peer.pay(page)
    till.deliveries.drop()
    gateway = till.app.extensions["oriel.payments"]
    gateway.events_since = lambda _moment: []
    with till.app.app_context():
        clock.shift(timedelta(minutes=2))
        [payment, plan] = journal.reconcile().done
    assert "completed" in payment
    assert plan.startswith(f"plan of user {ada.user_id}: pro, active")
    assert plan_of(ada)[0] == "pro"


def test_a_subscription_that_ended_at_stripe_before_we_heard_is_said_to_be_over(till: Till, ada: Caller) -> None:
    subscription_id = subscribe(till, ada)
    till.peer.cancel_from_dashboard(subscription_id)
    till.deliveries.drop()
    answer = changed(ada, "enterprise")
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == (409, "WRONG_STATE")
    assert plan_of(ada) == ("free", "active", None)


def test_a_bill_is_called_by_the_plan_that_it_billed(till: Till, ada: Caller) -> None:
    subscription_id = subscribe(till, ada)
    changed(ada, "enterprise")
    # Dealt with when the subscription is over already.
    till.peer.cancel_from_dashboard(subscription_id)
    till.tell()
    assert plan_of(ada) == ("free", "active", None)
    told = [payment["what"] for payment in (ada.get("/api/user/history").json or {})["payments"]["items"]]
    assert sorted(told) == ["Change to Enterprise", "Pro, one month"]


def test_who_pays_a_price_that_is_sold_no_more_keeps_the_plan(till: Till, ada: Caller) -> None:
    subscription_id = subscribe(till, ada)
    gateway = till.app.extensions["oriel.payments"]
    del gateway._plans[gateway._prices["pro"]]
    assert gateway.subscription(subscription_id).plan == "pro"
    assert (ada.post("/api/billing/cancel").json or {})["cancel_at_period_end"] is True


def sold_otherwise(till: Till) -> str:
    """Sell the customer something at Stripe that is none of our plans; returns the subscription."""
    client = stripe.StripeClient(till.peer.key, base_addresses={"api": till.peer.url}).v1
    product = client.products.create({"name": "Support"})
    monthly: Any = {"product": product.id, "currency": "usd", "unit_amount": 5000, "recurring": {"interval": "month"}}
    price = client.prices.create(monthly)
    customer_id = customer_at(till)
    card = client.payment_methods.attach("pm_card_visa", {"customer": customer_id})
    client.customers.update(customer_id, {"invoice_settings": {"default_payment_method": card.id}})
    return client.subscriptions.create({"customer": customer_id, "items": [{"price": price.id}]}).id


def test_what_the_operator_sells_besides_is_left_alone(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    other = sold_otherwise(till)
    till.tell()
    for side in (clock.shift, till.peer.advance):
        side(MONTH)
    till.tell()
    with till.app.app_context():
        journal.reconcile()
        paid = db.session.scalars(select(Payment.amount)).all()
    assert till.peer.look(other)["status"] == "active"
    assert till.peer.everything("refund") == []
    assert paid == [999, 999]
    assert plan_of(ada)[:2] == ("pro", "active")


@pytest.mark.parametrize(("present", "other"), [("pro", "enterprise"), ("enterprise", "pro")])
def test_another_plan_waits_until_the_open_bill_is_paid(till: Till, ada: Caller, present: str, other: str) -> None:
    subscribe(till, ada, present)
    till.peer.card_fails(customer_at(till))
    for side in (clock.shift, till.peer.advance):
        side(MONTH)
    till.tell()
    till.peer.card_fails(customer_at(till), False)
    assert plan_of(ada)[:2] == (present, "past_due")
    answer = changed(ada, other)
    assert (answer.status_code, "open invoice" in answer.text) == (409, True)
    [*_, bill] = till.peer.everything("invoice")
    till.peer.pay_invoice(bill["id"])
    till.tell()
    assert changed(ada, other).status_code == 200
    assert plan_of(ada)[1] == "active"


def test_a_plan_that_ends_is_resumed_before_it_is_changed(till: Till, ada: Caller) -> None:
    subscribe(till, ada, "enterprise")
    assert changed(ada, "pro").status_code == 200
    assert ada.post("/api/billing/cancel").status_code == 200
    # There is no next period for which anything could be ordered.
    assert plan_of(ada) == ("enterprise", "active", None)
    answer = changed(ada, "pro")
    assert (answer.status_code, "Resume it before" in answer.text) == (409, True)
    assert ada.post("/api/billing/resume").status_code == 200
    assert plan_of(ada) == ("enterprise", "active", "pro")


def test_who_has_gone_when_the_page_is_paid_gets_the_money_back(till: Till, ada: Caller) -> None:
    page = till.open(ada, kind="subscription", plan="pro")
    with till.app.app_context(), writing() as session:
        session.execute(delete(User))
    till.peer.pay(page)
    till.tell()
    [subscription] = till.peer.everything("subscription")
    assert subscription["status"] == "canceled"
    assert [refund["amount"] for refund in till.peer.everything("refund")] == [999]


def test_who_has_gone_gets_nothing_back_for_what_was_used(till: Till, ada: Caller) -> None:
    page = till.buy(ada, kind="subscription", plan="pro")
    till.peer.cancel_from_dashboard(till.peer.everything("subscription")[0]["id"])
    till.tell()
    with till.app.app_context(), writing() as session:
        session.execute(delete(User))
    # By the browser's history, say.
    till.app.test_client().get(f"/payment/done?session_id={page}")
    assert till.peer.everything("refund") == []


def test_who_has_a_special_price_is_billed_and_told_as_all(till: Till, ada: Caller) -> None:
    subscription_id = subscribe(till, ada)
    client = stripe.StripeClient(till.peer.key, base_addresses={"api": till.peer.url}).v1
    product = client.products.create({"name": "For friends"})
    monthly: Any = {"product": product.id, "currency": "usd", "unit_amount": 500, "recurring": {"interval": "month"}}
    [item] = till.peer.look(subscription_id)["items"]["data"]
    items: Any = [{"id": item["id"], "price": client.prices.create(monthly).id}]
    client.subscriptions.update(subscription_id, {"items": items, "proration_behavior": "none"})
    for side in (clock.shift, till.peer.advance):
        side(MONTH)
    till.tell()
    with till.app.app_context():
        assert db.session.scalars(select(Payment.amount).order_by(Payment.created_at)).all() == [999, 500]
    till.peer.card_fails(customer_at(till))
    for side in (clock.shift, till.peer.advance):
        side(MONTH)
    till.tell()
    with till.app.app_context():
        assert "payment_failed" in db.session.scalars(select(OutboxMail.kind)).all()


def test_an_open_bill_is_asked_about_before_a_change(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    till.peer.card_fails(customer_at(till))
    for side in (clock.shift, till.peer.advance):
        side(MONTH)
    till.tell()
    till.peer.card_fails(customer_at(till), False)
    till.peer.pay_invoice(till.peer.everything("invoice")[-1]["id"])
    assert plan_of(ada)[1] == "past_due"
    # No event has come; the preview asks.
    assert changed(ada, "enterprise").status_code == 200


def test_an_operator_gives_no_plan_to_who_pays_for_one(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    with till.app.app_context(), pytest.raises(WrongState):
        set_plan(ada.user_id, "free")
    assert plan_of(ada) == ("pro", "active", None)


def test_old_events_are_deleted_when_they_are_dealt_with(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    with till.app.app_context():
        assert journal.tidy() == 0
        clock.shift(timedelta(days=61))
        assert journal.tidy() > 0
        assert journal.listed(10) == []


def test_a_key_changes_no_subscription(till: Till, ada: Caller) -> None:
    subscribe(till, ada)
    _, secret = ada.key()
    for path in ("change", "cancel", "resume", "portal"):
        answer = till.app.test_client().post(
            f"/api/billing/{path}", json={"plan": "free"}, headers={"X-API-Key": secret}
        )
        assert answer.status_code == 401
