"""What the Stripe peer answers has the names and types that Stripe's client declares and Stripe's samples show."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
import stripe
from tests.contracts.payments.shapes import CLASSES, complaints, strangers, unknown_names
from tests.contracts.payments.shop import Shop, open_shop
from tests.peers.stripe import Obj, stripe_peer
from tests.peers.stripe.parameters import fields_of

# Younger than the samples that are published, or different in kind from the one sample of its type.
YOUNGER = {
    "customer": {"customer_account"},
    "checkout.session": {"allowed_payment_method_types"},
    "payment_method": {"us_bank_account"},
}
SAMPLES = os.environ.get("STRIPE_FIXTURES")


@pytest.fixture(scope="module")
def objects() -> Iterator[list[Obj]]:
    """Everything that the peer can make, in many states."""
    with stripe_peer() as peer:
        shop = open_shop(peer, stripe.StripeClient(peer.key, base_addresses={"api": peer.url}))
        _live(shop)
        yield list(peer.account.objects.values())


def _live(shop: Shop) -> None:
    peer, v1 = shop.peer, shop.client.v1
    v1.webhook_endpoints.create({"url": "https://oriel.example.com/hooks", "enabled_events": ["*"]})
    portal = v1.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": True}}})
    v1.billing_portal.sessions.create({"customer": shop.customer, "configuration": portal.id})
    shop.checkout()
    peer.decline(shop.checkout().id)
    peer.abandon(shop.checkout().id)
    peer.pay(shop.checkout(customer=shop.customer, invoice_creation={"enabled": True}, customer_update={}).id)
    later = shop.checkout(customer_creation="always").id
    peer.pay_later(later)
    peer.settle(later, succeeds=False)
    v1.refunds.create({"payment_intent": shop.paid(), "amount": 10, "reason": "duplicate"})
    peer.close_dispute(peer.dispute(shop.paid())["id"], won=True)
    subscription = shop.subscribed()
    peer.advance(timedelta(days=10))
    shop.move(subscription, shop.studio, proration_behavior="always_invoice")
    peer.advance(timedelta(days=25))
    peer.card_fails(shop.customer)
    peer.advance(timedelta(days=60))
    peer.card_fails(shop.customer, fails=False)
    peer.portal_cancel(shop.subscribed(subscription_data={"billing_mode": {"type": "classic"}}).id)
    peer.portal_cancel(shop.subscribed().id)
    _by_bank_and_by_call(shop)


def _by_bank_and_by_call(shop: Shop) -> None:
    peer, v1 = shop.peer, shop.client.v1
    debited = shop.checkout("subscription", customer=shop.customer).id
    peer.pay_later(debited)
    later = shop.checkout(customer=shop.customer).id
    peer.pay_later(later)
    v1.refunds.create({"payment_intent": str(peer.settle(later, succeeds=True)["payment_intent"])})
    peer.settle(debited, succeeds=False)
    shop.subscribed(subscription_data={"trial_period_days": 3})
    card = v1.payment_methods.attach("pm_card_visa", {"customer": shop.customer}).id
    v1.customers.update(shop.customer, {"invoice_settings": {"default_payment_method": card}})
    items: list[stripe.params.SubscriptionCreateParamsItem] = [{"price": shop.pro}]
    v1.subscriptions.create({"customer": shop.customer, "items": items})
    v1.subscriptions.create({"customer": shop.customer, "items": items, "payment_behavior": "default_incomplete"})
    v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": "pm_card_visa"})
    peer.advance(timedelta(days=4))
    peer.delete_customer(shop.customer)


def test_every_kind_of_object_is_among_them(objects: list[Obj]) -> None:
    inside = {"item", "line_item", "plan", "subscription_item"}
    assert {one["object"] for one in objects} == set(CLASSES) - inside


def test_every_object_is_as_the_client_declares_it(objects: list[Obj]) -> None:
    assert {complaint for one in objects for complaint in complaints(one)} == set()


def test_every_events_object_is_as_the_client_declares_it(objects: list[Obj]) -> None:
    told = [one["data"]["object"] for one in objects if one["object"] == "event"]
    assert len(told) > 100
    assert {complaint for one in told for complaint in complaints(one)} == set()


def test_every_event_is_one_that_stripe_has(objects: list[Obj]) -> None:
    (names,) = get_args(fields_of(stripe.params.WebhookEndpointCreateParams)["enabled_events"])
    assert {one["type"] for one in objects if one["object"] == "event"} <= set(get_args(names))


@pytest.mark.skipif(not SAMPLES, reason="STRIPE_FIXTURES names no file with Stripe's samples (fixtures3.json)")
def test_every_object_is_as_stripes_sample_of_it(objects: list[Obj]) -> None:
    samples = json.loads(Path(SAMPLES or "").read_text())["resources"]
    compared = [one for one in objects if one["object"] in samples and not one.get("deleted")]
    for one in compared:
        sample = samples[one["object"]]
        if one["object"] == "event":
            continue
        assert unknown_names(one, sample) <= YOUNGER.get(one["object"], set()), one["object"]
        assert not strangers(one, sample, one["object"])
    assert len({one["object"] for one in compared}) >= 15
