"""Trials on the Stripe peer: nothing to pay at first, then the first real bill."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
from tests.contracts.payments.shop import PRO_CENTS, STUDIO_CENTS, Shop, item_of
from tests.peers.stripe import Obj

BILLED_AT_ONCE: Obj = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}


def trying(shop: Shop, days: int = 7, **more: object) -> stripe.Subscription:
    return shop.subscribed(subscription_data={"trial_period_days": days}, **more)


def now_of(shop: Shop) -> int:
    return int(shop.peer.now.timestamp())


def told(shop: Shop, name: str) -> list[Obj]:
    return [event for event in shop.peer.events if event["type"] == name]


class TestATrial:
    def test_needs_no_payment(self, shop: Shop) -> None:
        session = shop.checkout("subscription", customer=shop.customer, subscription_data={"trial_period_days": 7})
        assert (session.amount_total, session.amount_subtotal, session.status) == (0, 0, "open")
        paid = shop.peer.pay(session.id)
        assert (paid["status"], paid["payment_status"]) == ("complete", "no_payment_required")
        assert (paid["amount_total"], paid["payment_intent"]) == (0, None)
        assert paid["subscription"]
        assert paid["invoice"]
        assert not shop.peer.everything("charge")

    def test_is_a_period_of_its_own(self, shop: Shop) -> None:
        subscription = trying(shop)
        start, end = now_of(shop), now_of(shop) + 7 * 86400
        assert (subscription.status, subscription.trial_start, subscription.trial_end) == ("trialing", start, end)
        item = item_of(subscription)
        assert (item.current_period_start, item.current_period_end) == (start, end)
        assert subscription.billing_cycle_anchor == end
        assert subscription.default_payment_method

    def test_has_a_first_bill_of_nothing_that_is_paid(self, shop: Shop) -> None:
        subscription = trying(shop)
        (bill,) = shop.invoices(subscription.id)
        assert (bill.status, bill.total, bill.amount_due, bill.amount_paid) == ("paid", 0, 0, 0)
        assert bill.billing_reason == "subscription_create"
        (line,) = bill.lines.data
        assert (line.amount, line.description) == (0, "Trial period for Oriel Pro")
        assert (line.period.start, line.period.end) == (subscription.trial_start, subscription.trial_end)
        assert not shop.client.v1.invoice_payments.list({"invoice": str(bill.id)}).data

    def test_sends_the_events_that_stripe_sends(self, shop: Shop) -> None:
        session = shop.checkout("subscription", customer=shop.customer, subscription_data={"trial_period_days": 7})
        before = len(shop.peer.events)
        shop.peer.pay(session.id)
        assert [event["type"] for event in shop.peer.events[before:]] == [
            "invoice.created",
            "customer.subscription.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "checkout.session.completed",
        ]

    def test_is_found_by_its_status(self, shop: Shop) -> None:
        subscription = trying(shop)
        shop.subscribed()
        (found,) = shop.client.v1.subscriptions.list({"status": "trialing"}).data
        assert found.id == subscription.id


class TestTheEndOfATrial:
    def test_is_announced_three_days_before(self, shop: Shop) -> None:
        subscription = trying(shop)
        shop.peer.advance(timedelta(days=4, seconds=-1))
        assert not told(shop, "customer.subscription.trial_will_end")
        shop.peer.advance(timedelta(seconds=1))
        (event,) = told(shop, "customer.subscription.trial_will_end")
        assert (event["data"]["object"]["id"], event["data"]["object"]["status"]) == (subscription.id, "trialing")
        assert event["created"] == now_of(shop)
        shop.peer.advance(timedelta(days=40))
        assert len(told(shop, "customer.subscription.trial_will_end")) == 1

    @pytest.mark.parametrize("days", [1, 3])
    def test_of_a_short_one_is_announced_at_once(self, shop: Shop, days: int) -> None:
        trying(shop, days)
        kinds = [event["type"] for event in shop.peer.events]
        created = kinds.index("customer.subscription.created")
        assert kinds[created + 1] == "customer.subscription.trial_will_end"
        shop.peer.advance(timedelta(days=10))
        assert len(told(shop, "customer.subscription.trial_will_end")) == 1

    def test_is_announced_for_no_other_subscription(self, shop: Shop) -> None:
        shop.subscribed()
        cancelled = trying(shop)
        shop.client.v1.subscriptions.cancel(cancelled.id)
        shop.peer.advance(timedelta(days=10))
        assert not told(shop, "customer.subscription.trial_will_end")

    def test_begins_the_first_month_with_the_first_real_bill(self, shop: Shop) -> None:
        subscription = trying(shop)
        trial_end = datetime.fromtimestamp(subscription.trial_end or 0, UTC)
        shop.peer.advance(trial_end - timedelta(seconds=1))
        assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "trialing"
        shop.peer.advance(trial_end)
        then = shop.client.v1.subscriptions.retrieve(subscription.id)
        assert (then.status, then.trial_end) == ("active", subscription.trial_end)
        item = item_of(then)
        assert item.current_period_start == subscription.trial_end
        assert 28 <= (item.current_period_end - item.current_period_start) / 86400 <= 31
        assert [bill.status for bill in shop.invoices(subscription.id)] == ["paid", "draft"]
        changed = told(shop, "customer.subscription.updated")[-1]["data"]["previous_attributes"]
        assert changed["status"] == "trialing"
        shop.peer.advance(timedelta(hours=1))
        bill = shop.invoices(subscription.id)[-1]
        assert (bill.status, bill.amount_paid, bill.billing_reason) == ("paid", PRO_CENTS, "subscription_cycle")
        shop.peer.advance(timedelta(days=32))
        assert [bill.amount_paid for bill in shop.invoices(subscription.id)] == [0, PRO_CENTS, PRO_CENTS]

    def test_with_a_card_that_is_declined_leaves_it_past_due(self, shop: Shop) -> None:
        subscription = trying(shop)
        shop.peer.card_fails(shop.customer)
        shop.peer.advance(timedelta(days=7, hours=1))
        assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "past_due"
        bill = shop.invoices(subscription.id)[-1]
        assert (bill.status, bill.billing_reason, bill.attempt_count) == ("open", "subscription_cycle", 1)
        assert told(shop, "invoice.payment_failed")[-1]["data"]["object"]["id"] == bill.id
        shop.peer.card_fails(shop.customer, fails=False)
        shop.peer.advance(timedelta(days=1))
        assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"

    def test_does_not_come_where_it_was_cancelled(self, shop: Shop) -> None:
        subscription = trying(shop).id
        shop.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": True})
        shop.peer.advance(timedelta(days=7))
        assert shop.client.v1.subscriptions.retrieve(subscription).status == "canceled"
        assert [bill.amount_due for bill in shop.invoices(subscription)] == [0]
        assert not shop.peer.everything("charge")

    def test_is_debited_where_a_bank_account_was_given(self, shop: Shop) -> None:
        session = shop.checkout("subscription", customer=shop.customer, subscription_data={"trial_period_days": 7})
        paid = shop.peer.pay_later(session.id)
        assert paid["payment_status"] == "no_payment_required"
        shop.peer.advance(timedelta(days=7, hours=1))
        bill = str(shop.invoices(paid["subscription"])[-1].id)
        assert shop.peer.settle_bill(bill, succeeds=True)["amount_paid"] == PRO_CENTS

    def test_without_any_card_leaves_it_past_due(self, shop: Shop) -> None:
        subscription = trying(shop, payment_method_collection="if_required")
        assert (subscription.status, subscription.default_payment_method) == ("trialing", None)
        shop.peer.advance(timedelta(days=7, hours=1))
        assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "past_due"
        assert not shop.peer.everything("charge")


class TestAnotherPriceDuringATrial:
    def test_costs_nothing_before_its_end(self, shop: Shop) -> None:
        subscription = trying(shop)
        shop.peer.card_fails(shop.customer)
        moved = shop.move(subscription, shop.studio, **BILLED_AT_ONCE)
        assert (moved.status, item_of(moved).price.id) == ("trialing", shop.studio)
        assert item_of(moved).current_period_end == subscription.trial_end
        assert len(shop.invoices(subscription.id)) == 1
        shop.peer.card_fails(shop.customer, fails=False)
        shop.peer.advance(timedelta(days=7, hours=1))
        assert shop.invoices(subscription.id)[-1].amount_paid == STUDIO_CENTS

    def test_of_another_interval_comes_after_it(self, shop: Shop) -> None:
        subscription = trying(shop)
        moved = shop.move(subscription, shop.yearly)
        assert item_of(moved).current_period_end == subscription.trial_end
        shop.peer.advance(timedelta(days=7, hours=1))
        then = item_of(shop.client.v1.subscriptions.retrieve(subscription.id))
        assert 365 <= (then.current_period_end - then.current_period_start) / 86400 <= 366

    def test_is_prorated_again_after_it(self, shop: Shop) -> None:
        subscription = trying(shop)
        shop.peer.advance(timedelta(days=7))
        shop.move(subscription, shop.studio, **BILLED_AT_ONCE)
        assert shop.invoices(subscription.id)[-1].amount_paid == STUDIO_CENTS - PRO_CENTS

    def test_with_a_new_anchor_is_not_modelled(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.move(trying(shop), shop.studio, billing_cycle_anchor={"type": "now"})
        assert refused.value.code == "peer_does_not_model_this"


class TestWhatIsRefused:
    @pytest.mark.parametrize("days", [0, -1, 731, "a week"])
    def test_a_trial_of_no_length_that_stripe_knows(self, shop: Shop, days: object) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.checkout("subscription", subscription_data={"trial_period_days": days})
        assert refused.value.param == "subscription_data[trial_period_days]"
        assert not shop.peer.everything("checkout.session")

    def test_a_trial_of_a_single_render(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.checkout(subscription_data={"trial_period_days": 7})
        assert refused.value.param == "subscription_data"

    @pytest.mark.parametrize(
        "asked", [{"trial_end": 2000000000}, {"trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}}}]
    )
    def test_what_stripe_can_do_and_the_peer_cannot(self, shop: Shop, asked: Obj) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.checkout("subscription", subscription_data=asked)
        assert refused.value.code == "peer_does_not_model_this"
