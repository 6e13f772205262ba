"""What was paid for subscriptions, on the Stripe peer: found by its payment, given back, disputed."""

from datetime import timedelta

import pytest
import stripe
from tests.contracts.payments.shop import PRO_CENTS, RENDER_CENTS, STUDIO_CENTS, Shop
from tests.peers.stripe import Obj


def bill_of(shop: Shop, subscription: str) -> str:
    """Give a subscription's latest bill."""
    return str(shop.invoices(subscription)[-1].id)


def payments(shop: Shop, **asked: object) -> list[stripe.InvoicePayment]:
    return shop.client.v1.invoice_payments.list(asked).data  # type: ignore[arg-type]


def by_intent(intent: str) -> Obj:
    return {"type": "payment_intent", "payment_intent": intent}


class TestPaymentsOfBills:
    def test_say_which_bill_a_payment_was_for(self, shop: Shop) -> None:
        bill = bill_of(shop, shop.subscribed().id)
        shop.subscribed()
        intent = shop.peer.payment_of(bill)
        (paid,) = payments(shop, payment=by_intent(intent))
        assert (paid.invoice, paid.payment.type, paid.payment.payment_intent) == (bill, "payment_intent", intent)
        assert (paid.status, paid.amount_paid, paid.amount_requested) == ("paid", PRO_CENTS, PRO_CENTS)
        assert (paid.is_default, paid.currency) == (True, "usd")
        assert paid.status_transitions.paid_at == int(shop.peer.now.timestamp())

    def test_say_by_what_a_bill_was_paid(self, shop: Shop) -> None:
        subscription = shop.subscribed()
        first = bill_of(shop, subscription.id)
        shop.peer.advance(timedelta(days=32))
        second = bill_of(shop, subscription.id)
        for bill in (first, second):
            (paid,) = payments(shop, invoice=bill)
            assert paid.payment.payment_intent == shop.peer.payment_of(bill)
        assert len(payments(shop)) == 2
        assert not payments(shop, invoice=first, status="open")

    def test_lead_on_to_the_charge(self, shop: Shop) -> None:
        bill = bill_of(shop, shop.subscribed().id)
        (paid,) = payments(shop, invoice=bill, expand=["data.payment.payment_intent.latest_charge"])
        intent = paid.payment.payment_intent
        assert isinstance(intent, stripe.PaymentIntent)
        assert isinstance(intent.latest_charge, stripe.Charge)
        found = shop.client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
        assert isinstance(found.latest_charge, stripe.Charge)
        assert found.latest_charge.id == intent.latest_charge.id
        assert (found.latest_charge.amount, found.latest_charge.payment_intent) == (PRO_CENTS, intent.id)
        assert shop.client.v1.payment_intents.retrieve(intent.id).latest_charge == found.latest_charge.id

    def test_are_open_and_without_an_amount_while_a_bill_is_owed(self, shop: Shop) -> None:
        subscription = shop.subscribed().id
        shop.peer.card_fails(shop.customer)
        shop.peer.advance(timedelta(days=32))
        (owed,) = payments(shop, status="open")
        assert (owed.invoice, owed.amount_paid) == (bill_of(shop, subscription), None)

    def test_of_a_single_render_there_are_none(self, shop: Shop) -> None:
        assert not payments(shop, payment=by_intent(shop.paid()))

    @pytest.mark.parametrize(
        ("asked", "param"),
        [
            ({"payment": {"payment_intent": "pi_1"}}, "payment[type]"),
            ({"payment": {"type": "payment_intent"}}, "payment[payment_intent]"),
            ({"payment": {"type": "cash"}}, "payment[type]"),
            ({"status": "half"}, "status"),
            ({"subscription": "sub_1"}, "subscription"),
        ],
    )
    def test_have_to_be_asked_for_rightly(self, shop: Shop, asked: Obj, param: str) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            payments(shop, **asked)
        assert refused.value.param == param

    def test_of_other_kinds_are_not_modelled(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            payments(shop, payment={"type": "payment_record", "payment_record": "pr_1"})
        assert refused.value.code == "peer_does_not_model_this"


class TestThePageOfASubscription:
    def test_is_found_by_the_subscription_and_not_by_the_payment(self, shop: Shop) -> None:
        subscription = shop.subscribed()
        intent = shop.peer.payment_of(bill_of(shop, subscription.id))
        listed = shop.client.v1.checkout.sessions.list
        assert not listed({"payment_intent": intent}).data
        (page,) = listed({"subscription": subscription.id}).data
        assert (page.subscription, page.payment_intent) == (subscription.id, None)

    def test_of_a_single_render_is_found_by_the_payment(self, shop: Shop) -> None:
        intent = shop.paid()
        (page,) = shop.client.v1.checkout.sessions.list({"payment_intent": intent}).data
        assert page.payment_intent == intent


class TestABillThatIsGivenBack:
    @pytest.mark.parametrize("by", ["dashboard", "call"])
    def test_tells_of_its_charge_and_stays_paid(self, shop: Shop, by: str) -> None:
        subscription = shop.subscribed()
        bill = bill_of(shop, subscription.id)
        intent = shop.peer.payment_of(bill)
        before = len(shop.peer.events)
        if by == "call":
            shop.client.v1.refunds.create({"payment_intent": intent})
        else:
            shop.peer.refund_from_dashboard(intent)
        assert [event["type"] for event in shop.peer.events[before:]] == ["refund.created", "charge.refunded"]
        about = shop.peer.events[-1]["data"]["object"]
        assert (about["object"], about["payment_intent"]) == ("charge", intent)
        assert (about["refunded"], about["amount_refunded"]) == (True, PRO_CENTS)
        assert "invoice" not in about
        invoice = shop.client.v1.invoices.retrieve(bill)
        assert (invoice.status, invoice.amount_paid) == ("paid", PRO_CENTS)
        assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"

    def test_in_part_says_how_much(self, shop: Shop) -> None:
        subscription = shop.subscribed()
        intent = shop.peer.payment_of(bill_of(shop, subscription.id))
        shop.peer.refund_from_dashboard(intent, 900)
        about = shop.peer.events[-1]["data"]["object"]
        assert (about["refunded"], about["amount_refunded"]) == (False, 900)

    def test_leaves_the_other_bills_alone(self, shop: Shop) -> None:
        subscription = shop.subscribed()
        shop.move(subscription, shop.studio, proration_behavior="always_invoice")
        first, second = (shop.peer.payment_of(str(bill.id)) for bill in shop.invoices(subscription.id))
        shop.peer.refund_from_dashboard(second)
        charges = {charge["payment_intent"]: charge for charge in shop.peer.everything("charge")}
        assert (charges[first]["amount_refunded"], charges[second]["amount_refunded"]) == (0, STUDIO_CENTS - PRO_CENTS)

    def test_twice_is_refused(self, shop: Shop) -> None:
        intent = shop.peer.payment_of(bill_of(shop, shop.subscribed().id))
        shop.peer.refund_from_dashboard(intent)
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.client.v1.refunds.create({"payment_intent": intent})
        assert refused.value.code == "charge_already_refunded"

    def test_that_was_never_paid_is_refused(self, shop: Shop) -> None:
        subscription = shop.subscribed().id
        shop.peer.card_fails(shop.customer)
        shop.peer.advance(timedelta(days=32))
        with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
            shop.client.v1.refunds.create({"payment_intent": shop.peer.payment_of(bill_of(shop, subscription))})


class TestABillThatIsDisputed:
    @pytest.mark.parametrize("won", [True, False])
    def test_tells_of_its_dispute_from_the_first_to_the_last(self, shop: Shop, won: bool) -> None:
        subscription = shop.subscribed()
        intent = shop.peer.payment_of(bill_of(shop, subscription.id))
        made = shop.peer.dispute(intent)
        shop.peer.close_dispute(made["id"], won=won)
        told = {event["type"]: event["data"]["object"] for event in shop.peer.events if "dispute" in event["type"]}
        for name, status in (("created", "needs_response"), ("closed", "won" if won else "lost")):
            about = told[f"charge.dispute.{name}"]
            assert (about["object"], about["id"], about["status"]) == ("dispute", made["id"], status)
            assert (about["payment_intent"], about["amount"]) == (intent, PRO_CENTS)
        (listed,) = shop.client.v1.disputes.list({"payment_intent": intent}).data
        assert listed.status == ("won" if won else "lost")
        charge = shop.client.v1.charges.retrieve(made["charge"])
        assert (charge.disputed, charge.amount_refunded) == (True, 0)
        assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"

    def test_is_not_given_back_as_well(self, shop: Shop) -> None:
        intent = shop.peer.payment_of(bill_of(shop, shop.subscribed().id))
        shop.peer.dispute(intent)
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.client.v1.refunds.create({"payment_intent": intent})
        assert refused.value.code == "charge_disputed"

    def test_is_another_matter_than_a_renders(self, shop: Shop) -> None:
        bill = shop.peer.payment_of(bill_of(shop, shop.subscribed().id))
        render = shop.paid()
        shop.peer.dispute(render)
        assert not shop.client.v1.disputes.list({"payment_intent": bill}).data
        assert shop.client.v1.disputes.list({"payment_intent": render}).data[0].amount == RENDER_CENTS
