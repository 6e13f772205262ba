"""Customers on the Stripe peer who are deleted there."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import stripe
from tests.contracts.payments.shop import SUCCESS, Shop
from tests.peers.stripe import NotOpen, StripePeer

Ask = Callable[[Shop], object]


def portal_of(shop: Shop) -> object:
    made = shop.client.v1.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": True}}})
    return shop.client.v1.billing_portal.sessions.create({"customer": shop.customer, "configuration": made.id})


FOR_A_CUSTOMER: dict[str, Ask] = {
    "a page for a render": lambda shop: shop.checkout(customer=shop.customer),
    "a page for a subscription": lambda shop: shop.checkout("subscription", customer=shop.customer),
    "the portal": portal_of,
    "a subscription": lambda shop: shop.client.v1.subscriptions.create(
        {"customer": shop.customer, "items": [{"price": shop.pro}]}
    ),
    "a payment": lambda shop: shop.client.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "customer": shop.customer}
    ),
    "a card": lambda shop: shop.client.v1.payment_methods.attach("pm_card_visa", {"customer": shop.customer}),
}


class TestACustomerWhoIsDeleted:
    def test_is_three_fields(self, shop: Shop) -> None:
        gone = shop.client.v1.customers.delete(shop.customer)
        assert gone.to_dict() == {"id": shop.customer, "object": "customer", "deleted": True}
        assert shop.client.v1.customers.retrieve(shop.customer).to_dict() == gone.to_dict()
        assert not shop.client.v1.customers.list().data

    def test_is_three_fields_in_other_objects_too(self, shop: Shop) -> None:
        session = shop.checkout(customer=shop.customer)
        shop.peer.delete_customer(shop.customer)
        found = shop.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
        assert found.to_dict()["customer"] == {"id": shop.customer, "object": "customer", "deleted": True}
        assert shop.client.v1.checkout.sessions.retrieve(session.id).customer == shop.customer

    def test_ends_the_subscriptions_and_says_so(self, shop: Shop) -> None:
        over = shop.subscribed().id
        shop.client.v1.subscriptions.cancel(over)
        paid, trying = shop.subscribed().id, shop.subscribed(subscription_data={"trial_period_days": 7}).id
        before = len(shop.peer.events)
        shop.peer.delete_customer(shop.customer)
        told = [(event["type"], event["data"]["object"]["id"]) for event in shop.peer.events[before:]]
        ended = "customer.subscription.deleted"
        assert sorted(told[:-1]) == sorted([(ended, paid), (ended, trying)])
        assert told[-1] == ("customer.deleted", shop.customer)
        for subscription in (paid, trying):
            assert shop.client.v1.subscriptions.retrieve(subscription).status == "canceled"

    def test_pays_nothing_any_more(self, shop: Shop) -> None:
        subscription = shop.subscribed().id
        shop.peer.card_fails(shop.customer)
        shop.peer.advance(timedelta(days=32))
        shop.peer.card_fails(shop.customer, fails=False)
        shop.client.v1.customers.delete(shop.customer)
        shop.peer.advance(timedelta(days=60))
        assert [bill.status for bill in shop.invoices(subscription)] == ["paid", "open"]

    def test_keeps_bills_and_payments(self, shop: Shop) -> None:
        subscription = shop.subscribed().id
        shop.client.v1.customers.delete(shop.customer)
        (bill,) = shop.client.v1.invoices.list({"customer": shop.customer}).data
        assert bill.status == "paid"
        shop.client.v1.refunds.create({"payment_intent": shop.peer.payment_of(str(bill.id))})
        assert shop.client.v1.subscriptions.retrieve(subscription).customer == shop.customer

    @pytest.mark.parametrize("ask", FOR_A_CUSTOMER.values(), ids=FOR_A_CUSTOMER)
    def test_is_missing_where_one_is_needed(self, shop: Shop, ask: Ask) -> None:
        shop.peer.delete_customer(shop.customer)
        with pytest.raises(stripe.InvalidRequestError) as refused:
            ask(shop)
        assert (refused.value.http_status, refused.value.code) == (400, "resource_missing")
        assert refused.value.param == "customer"
        assert refused.value.user_message == f"No such customer: '{shop.customer}'"

    def test_is_not_found_to_be_changed_or_deleted_again(self, shop: Shop) -> None:
        customers = shop.client.v1.customers
        customers.delete(shop.customer)
        asks: list[Callable[[], object]] = [
            lambda: customers.update(shop.customer, {"name": "Ada"}),
            lambda: customers.delete(shop.customer),
        ]
        for ask in asks:
            with pytest.raises(stripe.InvalidRequestError) as refused:
                ask()
            assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")

    def test_pays_no_page_that_is_open_still(self, shop: Shop) -> None:
        session = shop.checkout(customer=shop.customer)
        shop.peer.delete_customer(shop.customer)
        for pay in (shop.peer.pay, shop.peer.pay_later):
            with pytest.raises(NotOpen):
                pay(session.id)
        assert shop.peer.look(session.id)["status"] == "open"


class TestAKeyOfADeletedCustomer:
    def test_answers_for_a_day_as_if_the_customer_were_there(
        self, peer: StripePeer, client: stripe.StripeClient
    ) -> None:
        def make() -> stripe.Customer:
            return client.v1.customers.create({"email": "ada@example.com"}, {"idempotency_key": "ada"})

        first = make()
        peer.delete_customer(first.id)
        peer.advance(timedelta(hours=23))
        again = make()
        assert again.to_dict() == first.to_dict()
        assert "deleted" not in again
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            client.v1.checkout.sessions.create(
                {"mode": "payment", "customer": again.id, "line_items": [], "success_url": SUCCESS}
            )
        peer.advance(timedelta(hours=1, seconds=1))
        assert make().id != first.id
