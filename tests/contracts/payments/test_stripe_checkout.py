"""Checkout on the Stripe peer, in both modes, with stripe-python in front."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from tests.contracts.payments.shop import PRO_CENTS, RENDER_CENTS, SUCCESS, Shop, item_of
from tests.peers.stripe import EMAIL, NotOpen


class TestAOneOffPayment:
    def test_is_open_and_unpaid_until_the_customer_pays(self, shop: Shop) -> None:
        session = shop.checkout(metadata={"render": "17"}, client_reference_id="17")
        assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", RENDER_CENTS)
        assert session.url
        assert session.payment_intent is None
        assert session.metadata
        assert session.metadata.to_dict() == {"render": "17"}

    def test_is_complete_with_a_charge_and_a_receipt_once_paid(self, shop: Shop) -> None:
        session = shop.checkout(payment_intent_data={"metadata": {"render": "17"}})
        shop.peer.pay(session.id)
        found = shop.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
        assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
        intent = found.payment_intent
        assert isinstance(intent, stripe.PaymentIntent)
        assert (intent.status, intent.amount_received) == ("succeeded", RENDER_CENTS)
        assert intent.metadata.to_dict() == {"render": "17"}
        charge = intent.latest_charge
        assert isinstance(charge, stripe.Charge)
        assert charge.receipt_url
        assert charge.paid

    def test_of_a_guest_makes_no_customer(self, shop: Shop) -> None:
        paid = shop.peer.pay(shop.checkout().id)
        assert paid["customer"] is None
        assert paid["customer_details"]["email"] == EMAIL

    def test_may_make_a_customer(self, shop: Shop) -> None:
        paid = shop.peer.pay(shop.checkout(customer_creation="always", customer_email="bo@example.com").id)
        assert shop.client.v1.customers.retrieve(paid["customer"]).email == "bo@example.com"

    def test_may_make_an_invoice(self, shop: Shop) -> None:
        paid = shop.peer.pay(shop.checkout(customer=shop.customer, invoice_creation={"enabled": True}).id)
        invoice = shop.client.v1.invoices.retrieve(paid["invoice"], {"expand": ["payments"]})
        assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", RENDER_CENTS, "manual")
        assert invoice.payments
        assert invoice.payments.data[0].payment.payment_intent == paid["payment_intent"]

    def test_sends_the_events_that_stripe_sends(self, shop: Shop) -> None:
        session = shop.checkout()
        before = len(shop.peer.events)
        shop.peer.pay(session.id)
        assert [event["type"] for event in shop.peer.events[before:]] == [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]

    def test_cannot_be_paid_twice(self, shop: Shop) -> None:
        session = shop.checkout()
        shop.peer.pay(session.id)
        with pytest.raises(NotOpen):
            shop.peer.pay(session.id)

    def test_sends_the_customer_back_with_the_session(self, shop: Shop) -> None:
        session = shop.checkout()
        address = shop.peer.success_address(session.id)
        assert address == SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id)

    def test_shows_its_lines(self, shop: Shop) -> None:
        session = shop.checkout(expand=["line_items"])
        assert session.line_items
        assert session.line_items.data[0].amount_total == RENDER_CENTS
        listed = shop.client.v1.checkout.sessions.line_items.list(session.id)
        assert listed.data == session.line_items.data

    def test_may_bring_its_own_price(self, shop: Shop) -> None:
        data = {"currency": "usd", "unit_amount": 450, "product_data": {"name": "One render, half price"}}
        assert shop.checkout(line_items=[{"price_data": data, "quantity": 2}]).amount_total == RENDER_CENTS


class TestACardThatIsDeclined:
    def test_leaves_the_session_open_for_another(self, shop: Shop) -> None:
        session = shop.checkout()
        declined = shop.peer.decline(session.id)
        assert (declined["status"], declined["payment_status"]) == ("open", "unpaid")
        assert "payment_intent.payment_failed" in {event["type"] for event in shop.peer.events}
        paid = shop.peer.pay(session.id)
        assert paid["payment_status"] == "paid"
        assert paid["payment_intent"] == declined["payment_intent"]

    def test_begins_no_subscription(self, shop: Shop) -> None:
        session = shop.checkout("subscription", customer=shop.customer)
        declined = shop.peer.decline(session.id)
        assert (declined["subscription"], declined["payment_intent"]) == (None, None)
        assert not shop.peer.everything("subscription")


class TestASessionThatEnds:
    def test_by_itself_after_a_day(self, shop: Shop) -> None:
        session = shop.checkout()
        shop.peer.advance(timedelta(hours=23, minutes=59))
        assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "open"
        shop.peer.advance(timedelta(minutes=1))
        assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "expired"
        assert shop.peer.events[-1]["type"] == "checkout.session.expired"

    def test_when_the_product_ends_it(self, shop: Shop) -> None:
        session = shop.checkout()
        ended = shop.client.v1.checkout.sessions.expire(session.id)
        assert (ended.status, ended.url) == ("expired", None)
        with pytest.raises(NotOpen):
            shop.peer.pay(session.id)

    def test_when_the_customer_leaves_it(self, shop: Shop) -> None:
        assert shop.peer.abandon(shop.checkout().id)["status"] == "expired"

    def test_cannot_be_ended_once_it_is_paid(self, shop: Shop) -> None:
        session = shop.checkout()
        shop.peer.pay(session.id)
        with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
            shop.client.v1.checkout.sessions.expire(session.id)


class TestAPaymentThatTakesDays:
    def test_completes_unpaid_and_is_paid_later(self, shop: Shop) -> None:
        session = shop.checkout()
        first = shop.peer.pay_later(session.id)
        assert (first["status"], first["payment_status"]) == ("complete", "unpaid")
        then = shop.peer.settle(session.id, succeeds=True)
        assert then["payment_status"] == "paid"
        sent = {event["type"]: event["data"]["object"] for event in shop.peer.events}
        assert sent["checkout.session.completed"]["payment_status"] == "unpaid"
        assert sent["checkout.session.async_payment_succeeded"]["payment_status"] == "paid"
        with pytest.raises(NotOpen):
            shop.peer.settle(session.id, succeeds=False)

    def test_may_fail_in_the_end(self, shop: Shop) -> None:
        session = shop.checkout()
        shop.peer.pay_later(session.id)
        then = shop.peer.settle(session.id, succeeds=False)
        assert (then["status"], then["payment_status"]) == ("complete", "unpaid")
        assert shop.peer.events[-1]["type"] == "checkout.session.async_payment_failed"
        assert shop.client.v1.payment_intents.retrieve(then["payment_intent"]).status == "requires_payment_method"


class TestASubscription:
    def test_begins_with_its_first_invoice_paid(self, shop: Shop) -> None:
        subscription = shop.subscribed(subscription_data={"metadata": {"user": "9"}})
        assert (subscription.status, subscription.customer) == ("active", shop.customer)
        assert subscription.metadata.to_dict() == {"user": "9"}
        (invoice,) = shop.invoices(subscription.id)
        assert (invoice.status, invoice.amount_paid) == ("paid", PRO_CENTS)
        assert invoice.billing_reason == "subscription_create"
        assert invoice.number
        assert invoice.hosted_invoice_url
        assert invoice.invoice_pdf
        assert invoice.parent
        assert invoice.parent.subscription_details
        assert invoice.parent.subscription_details.subscription == subscription.id
        assert invoice.parent.subscription_details.metadata
        assert invoice.parent.subscription_details.metadata.to_dict() == {"user": "9"}

    def test_has_its_period_on_the_item(self, shop: Shop) -> None:
        subscription = shop.subscribed()
        assert "current_period_end" not in subscription
        item = item_of(subscription)
        assert item.current_period_start == subscription.billing_cycle_anchor
        (line,) = shop.invoices(subscription.id)[0].lines.data
        assert (line.period.start, line.period.end) == (item.current_period_start, item.current_period_end)

    def test_makes_the_customer_where_there_is_none(self, shop: Shop) -> None:
        paid = shop.peer.pay(shop.checkout("subscription").id, email="bo@example.com")
        assert shop.client.v1.customers.retrieve(paid["customer"]).email == "bo@example.com"

    def test_sends_the_events_that_stripe_sends(self, shop: Shop) -> None:
        session = shop.checkout("subscription", customer=shop.customer)
        before = len(shop.peer.events)
        shop.peer.pay(session.id)
        assert [event["type"] for event in shop.peer.events[before:]] == [
            "invoice.created",
            "customer.subscription.created",
            "payment_intent.created",
            "invoice.finalized",
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
            "checkout.session.completed",
        ]

    def test_may_be_told_of_before_it_is_paid(self, shop: Shop) -> None:
        session = shop.checkout("subscription", customer=shop.customer)
        shop.peer.pay(session.id, incomplete_first=True)
        told = [event for event in shop.peer.events if event["type"].startswith("customer.subscription")]
        assert [event["data"]["object"]["status"] for event in told] == ["incomplete", "active"]
        assert told[1]["data"]["previous_attributes"] == {"status": "incomplete"}

    def test_is_found_by_its_session_and_the_other_way(self, shop: Shop) -> None:
        subscription = shop.subscribed()
        (session,) = shop.client.v1.checkout.sessions.list({"subscription": subscription.id}).data
        assert session.subscription == subscription.id
        assert session.payment_intent is None


class TestWhatCheckoutRefuses:
    @pytest.mark.parametrize(
        ("asked", "param"),
        [
            ({"mode": "donation"}, "mode"),
            ({"line_items": [{"price": "price_unknown", "quantity": 1}]}, "line_items[0][price]"),
            ({"line_items": [{"price": "price_unknown"}]}, "line_items[0]"),
            ({"line_items": []}, "line_items"),
            ({"customer": "cus_unknown"}, "customer"),
            ({"customer": "cus_unknown", "customer_email": "a@example.com"}, "customer"),
            ({"success_url": "paid.html"}, "success_url"),
            ({"subscription_data": {"metadata": {"a": "b"}}}, "subscription_data"),
            ({"expires_at": 1}, "expires_at"),
            ({"line_item": "x"}, "line_item"),
            ({"payment_intent_data": {"metdata": {"a": "b"}}}, "payment_intent_data[metdata]"),
        ],
    )
    def test_names_the_parameter(self, shop: Shop, asked: dict[str, Any], param: str) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.checkout(**asked)
        assert refused.value.param == param
        assert not shop.peer.everything("checkout.session")

    def test_a_price_of_the_other_mode(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="recurring price"):
            shop.checkout(line_items=[{"price": shop.pro, "quantity": 1}])
        with pytest.raises(stripe.InvalidRequestError, match="at least one recurring"):
            shop.checkout("subscription", line_items=[{"price": shop.render, "quantity": 1}])

    def test_a_price_that_is_no_longer_sold(self, shop: Shop) -> None:
        shop.client.v1.prices.update(shop.render, {"active": False})
        with pytest.raises(stripe.InvalidRequestError, match="inactive"):
            shop.checkout()

    def test_less_than_stripe_takes(self, shop: Shop) -> None:
        data = {"currency": "usd", "unit_amount": 49, "product_data": {"name": "A thumbnail"}}
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.checkout(line_items=[{"price_data": data, "quantity": 1}])
        assert refused.value.code == "amount_too_small"

    def test_what_stripe_can_do_and_the_peer_cannot(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.checkout(discounts=[{"coupon": "half"}])
        assert refused.value.code == "peer_does_not_model_this"
