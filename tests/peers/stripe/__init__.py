"""Stripe, as far as the service needs it, for tests: the other side of the wire, written against Stripe's own types.

    with stripe_peer() as peer:
        client = stripe.StripeClient(peer.key, base_addresses={"api": peer.url})
        product = client.v1.products.create({"name": "Pro"})
        price = client.v1.prices.create(
            {"product": product.id, "currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
        )
        deliveries = Deliveries(peer, taker)  # (body: bytes, signature: str) -> status; or registered HTTP endpoints
        session = client.v1.checkout.sessions.create(
            {"mode": "subscription", "line_items": [{"price": price.id, "quantity": 1}], "success_url": "https://..."}
        )
        peer.pay(session.id)  # or decline, abandon; or, from a bank account, pay_later and settle
        deliveries.shuffled(seed=7)  # or in_order, duplicated, delay, drop, ...
        peer.advance(timedelta(days=32))  # renews, an hour after the period's end; a trial ends in the same way
        peer.refund_from_dashboard(peer.payment_of(invoice.id))  # or dispute and close_dispute, or delete_customer

Nothing here imports the product. Every parameter is checked against stripe-python's types, so an unknown one is refused
as Stripe refuses it. What Stripe can do and the peer cannot answers 400 with the code "peer_does_not_model_this".
"""

from tests.peers.stripe.account import API_VERSION
from tests.peers.stripe.deliveries import Deliveries, Delivery, sign
from tests.peers.stripe.peer import EMAIL, KEY, StripePeer, stripe_peer
from tests.peers.stripe.server import Call
from tests.peers.stripe.subscriptions import RETRY_AFTER_DAYS
from tests.peers.stripe.wire import NotOpen, Obj, Refused

__all__ = [
    "API_VERSION",
    "EMAIL",
    "KEY",
    "RETRY_AFTER_DAYS",
    "Call",
    "Deliveries",
    "Delivery",
    "NotOpen",
    "Obj",
    "Refused",
    "StripePeer",
    "sign",
    "stripe_peer",
]
