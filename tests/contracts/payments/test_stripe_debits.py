"""Bank debits on the Stripe peer: paid in Checkout, and known to have come, or not, only days later."""

from datetime import timedelta

import pytest
import stripe
from tests.contracts.payments.shop import PRO_CENTS, RENDER_CENTS, Shop, item_of
from tests.peers.stripe import NotOpen, Obj


def debited(shop: Shop, **more: object) -> tuple[str, str]:
    """Have a subscription paid from a bank account; the session and the subscription."""
    session = shop.checkout("subscription", customer=shop.customer, **more)
    return session.id, str(shop.peer.pay_later(session.id)["subscription"])


def status(shop: Shop, subscription: str) -> str:
    return shop.client.v1.subscriptions.retrieve(subscription).status


def bills(shop: Shop, subscription: str) -> list[str | None]:
    return [bill.status for bill in shop.invoices(subscription)]


def told_since(shop: Shop, before: int) -> list[str]:
    return [event["type"] for event in shop.peer.events[before:]]


class TestOfARender:
    def test_is_complete_and_unpaid_until_the_bank_has_paid(self, shop: Shop) -> None:
        session = shop.checkout()
        before = len(shop.peer.events)
        first = shop.peer.pay_later(session.id)
        assert (first["status"], first["payment_status"]) == ("complete", "unpaid")
        assert told_since(shop, before) == [
            "payment_intent.created",
            "charge.pending",
            "payment_intent.processing",
            "checkout.session.completed",
        ]
        before = len(shop.peer.events)
        assert shop.peer.settle(session.id, succeeds=True)["payment_status"] == "paid"
        assert told_since(shop, before) == [
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.async_payment_succeeded",
        ]

    def test_is_paid_from_a_bank_account(self, shop: Shop) -> None:
        session = shop.checkout()
        intent = str(shop.peer.pay_later(session.id)["payment_intent"])
        found = shop.client.v1.payment_intents.retrieve(intent, {"expand": ["payment_method", "latest_charge"]})
        assert isinstance(found.payment_method, stripe.PaymentMethod)
        assert isinstance(found.latest_charge, stripe.Charge)
        assert found.payment_method.type == "us_bank_account"
        assert found.latest_charge.payment_method_details
        assert found.latest_charge.payment_method_details.type == "us_bank_account"
        assert (found.status, found.latest_charge.status, found.latest_charge.paid) == ("processing", "pending", False)

    def test_that_the_bank_refuses_stays_unpaid(self, shop: Shop) -> None:
        session = shop.checkout()
        shop.peer.pay_later(session.id)
        before = len(shop.peer.events)
        then = shop.peer.settle(session.id, succeeds=False)
        assert (then["status"], then["payment_status"]) == ("complete", "unpaid")
        assert told_since(shop, before) == [
            "charge.failed",
            "payment_intent.payment_failed",
            "checkout.session.async_payment_failed",
        ]
        (charge,) = shop.client.v1.charges.list({"payment_intent": then["payment_intent"]}).data
        assert (charge.status, charge.failure_code) == ("failed", "insufficient_funds")

    def test_goes_back_only_once_it_has_come(self, shop: Shop) -> None:
        session = shop.checkout()
        intent = str(shop.peer.pay_later(session.id)["payment_intent"])
        with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
            shop.client.v1.refunds.create({"payment_intent": intent})
        shop.peer.settle(session.id, succeeds=True)
        assert shop.client.v1.refunds.create({"payment_intent": intent}).amount == RENDER_CENTS

    @pytest.mark.parametrize("succeeds", [True, False])
    def test_is_decided_once(self, shop: Shop, succeeds: bool) -> None:
        session = shop.checkout()
        shop.peer.pay_later(session.id)
        shop.peer.settle(session.id, succeeds=succeeds)
        with pytest.raises(NotOpen):
            shop.peer.settle(session.id, succeeds=True)

    @pytest.mark.parametrize(
        "asked",
        [{"allowed_payment_method_types": ["card"]}, {"excluded_payment_method_types": ["us_bank_account"]}],
    )
    def test_is_not_possible_where_the_page_does_not_offer_it(self, shop: Shop, asked: Obj) -> None:
        for mode in ("payment", "subscription"):
            with pytest.raises(NotOpen, match="not offered"):
                shop.peer.pay_later(shop.checkout(mode, **asked).id)
        both = shop.checkout(allowed_payment_method_types=["card", "us_bank_account"])
        assert shop.peer.pay_later(both.id)["status"] == "complete"

    def test_is_disputed_in_ways_that_the_peer_does_not_know(self, shop: Shop) -> None:
        session = shop.checkout()
        shop.peer.pay_later(session.id)
        intent = shop.peer.settle(session.id, succeeds=True)["payment_intent"]
        with pytest.raises(Exception, match="does not model"):
            shop.peer.dispute(intent)


class TestOfASubscription:
    def test_is_active_with_an_open_bill_until_the_bank_has_paid(self, shop: Shop) -> None:
        before = len(shop.peer.events)
        name, subscription = debited(shop)
        session = shop.client.v1.checkout.sessions.retrieve(name)
        assert (session.status, session.payment_status, session.subscription) == ("complete", "unpaid", subscription)
        assert (status(shop, subscription), bills(shop, subscription)) == ("active", ["open"])
        (bill,) = shop.invoices(subscription)
        assert session.invoice == bill.id
        assert (bill.amount_paid, bill.attempt_count, bill.next_payment_attempt) == (0, 1, None)
        assert told_since(shop, before) == [
            "invoice.created",
            "customer.subscription.created",
            "payment_intent.created",
            "invoice.finalized",
            "charge.pending",
            "payment_intent.processing",
            "checkout.session.completed",
        ]
        assert shop.peer.events[-1]["data"]["object"]["payment_status"] == "unpaid"

    def test_is_paid_when_the_bank_has_paid(self, shop: Shop) -> None:
        name, subscription = debited(shop)
        shop.peer.advance(timedelta(days=4))
        before = len(shop.peer.events)
        assert shop.peer.settle(name, succeeds=True)["payment_status"] == "paid"
        assert (status(shop, subscription), bills(shop, subscription)) == ("active", ["paid"])
        assert told_since(shop, before) == [
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
            "checkout.session.async_payment_succeeded",
        ]

    def test_is_past_due_when_the_bank_refuses(self, shop: Shop) -> None:
        name, subscription = debited(shop)
        shop.peer.advance(timedelta(days=4))
        before = len(shop.peer.events)
        then = shop.peer.settle(name, succeeds=False)
        assert (then["status"], then["payment_status"]) == ("complete", "unpaid")
        assert (status(shop, subscription), bills(shop, subscription)) == ("past_due", ["open"])
        assert told_since(shop, before) == [
            "charge.failed",
            "payment_intent.payment_failed",
            "invoice.payment_failed",
            "customer.subscription.updated",
            "checkout.session.async_payment_failed",
        ]
        assert shop.invoices(subscription)[0].next_payment_attempt

    def test_that_the_bank_refused_is_paid_with_a_card_after_all(self, shop: Shop) -> None:
        name, subscription = debited(shop)
        shop.peer.settle(name, succeeds=False)
        shop.peer.pay_invoice(str(shop.invoices(subscription)[0].id))
        assert (status(shop, subscription), bills(shop, subscription)) == ("active", ["paid"])
        assert shop.peer.look(name)["payment_status"] == "unpaid"
        shop.peer.advance(timedelta(days=20))
        assert status(shop, subscription) == "active"

    def test_that_the_bank_refused_is_debited_again(self, shop: Shop) -> None:
        name, subscription = debited(shop)
        shop.peer.settle(name, succeeds=False)
        shop.peer.advance(timedelta(days=1))
        (bill,) = shop.invoices(subscription)
        assert (bill.attempt_count, bill.next_payment_attempt, bill.status) == (2, None, "open")
        with pytest.raises(NotOpen):
            # It is no matter of the page's any more.
            shop.peer.settle(name, succeeds=True)
        shop.peer.settle_bill(str(bill.id), succeeds=True)
        assert (status(shop, subscription), bills(shop, subscription)) == ("active", ["paid"])

    def test_that_the_bank_always_refuses_ends(self, shop: Shop) -> None:
        name, subscription = debited(shop)
        shop.peer.settle(name, succeeds=False)
        (bill,) = shop.invoices(subscription)
        for _ in range(8):
            planned = shop.peer.look(str(bill.id))["next_payment_attempt"]
            shop.peer.advance(timedelta(seconds=planned - int(shop.peer.now.timestamp())))
            shop.peer.settle_bill(str(bill.id), succeeds=False)
        gone = shop.client.v1.subscriptions.retrieve(subscription)
        assert (gone.status, bills(shop, subscription)) == ("canceled", ["open"])
        assert gone.cancellation_details
        assert gone.cancellation_details.reason == "payment_failed"

    def test_is_renewed_by_another_debit(self, shop: Shop) -> None:
        name, subscription = debited(shop)
        shop.peer.settle(name, succeeds=True)
        shop.peer.advance(timedelta(days=32))
        assert (status(shop, subscription), bills(shop, subscription)) == ("active", ["paid", "open"])
        renewal = str(shop.invoices(subscription)[-1].id)
        with pytest.raises(NotOpen):
            shop.peer.pay_invoice(renewal)
        assert shop.peer.settle_bill(renewal, succeeds=True)["amount_paid"] == PRO_CENTS
        with pytest.raises(NotOpen):
            shop.peer.settle_bill(renewal, succeeds=False)

    def test_that_ended_meanwhile_stays_so(self, shop: Shop) -> None:
        for succeeds in (True, False):
            name, subscription = debited(shop)
            shop.client.v1.subscriptions.cancel(subscription)
            shop.peer.settle(name, succeeds=succeeds)
            assert (status(shop, subscription), bills(shop, subscription)) == (
                "canceled",
                ["paid" if succeeds else "open"],
            )
            shop.peer.advance(timedelta(days=3))
            assert shop.invoices(subscription)[0].attempt_count == 1

    def test_of_a_bill_with_a_card_there_is_nothing_to_decide(self, shop: Shop) -> None:
        session = shop.checkout("subscription", customer=shop.customer)
        subscription = str(shop.peer.pay(session.id)["subscription"])
        with pytest.raises(NotOpen):
            shop.peer.settle(session.id, succeeds=True)
        with pytest.raises(NotOpen):
            shop.peer.settle_bill(str(shop.invoices(subscription)[0].id), succeeds=True)

    def test_does_not_stop_an_upgrade_whose_bill_is_debited_too(self, shop: Shop) -> None:
        name, subscription = debited(shop)
        shop.peer.settle(name, succeeds=True)
        found = shop.client.v1.subscriptions.retrieve(subscription)
        billing = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
        moved = shop.move(found, shop.studio, **billing)
        assert (moved.status, item_of(moved).price.id) == ("active", shop.studio)
        assert bills(shop, subscription) == ["paid", "open"]
