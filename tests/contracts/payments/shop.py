"""A small shop on a Stripe peer, built through stripe-python."""

from dataclasses import dataclass
from typing import Any

import stripe
from tests.peers.stripe import StripePeer

SUCCESS = "https://oriel.example.com/paid?session_id={CHECKOUT_SESSION_ID}"
PRO_CENTS, STUDIO_CENTS, RENDER_CENTS = 2900, 9900, 900


@dataclass(frozen=True)
class Shop:
    """A product with its prices, and a customer."""

    peer: StripePeer
    client: stripe.StripeClient
    customer: str
    render: str
    pro: str
    studio: str
    yearly: str

    def checkout(self, mode: str = "payment", **more: Any) -> stripe.checkout.Session:  # noqa: ANN401
        """Open a session for a render, or for a subscription."""
        price = self.render if mode == "payment" else self.pro
        asked = {"mode": mode, "line_items": [{"price": price, "quantity": 1}], "success_url": SUCCESS, **more}
        return self.client.v1.checkout.sessions.create(asked)  # type: ignore[arg-type]

    def paid(self, **more: Any) -> str:  # noqa: ANN401
        """Have a render paid, and give the payment intent."""
        session = self.checkout(**more)
        return str(self.peer.pay(session.id)["payment_intent"])

    def subscribed(self, **more: Any) -> stripe.Subscription:  # noqa: ANN401
        """Have the customer subscribed to Pro."""
        session = self.checkout("subscription", customer=self.customer, **more)
        return self.client.v1.subscriptions.retrieve(str(self.peer.pay(session.id)["subscription"]))

    def move(self, subscription: stripe.Subscription, price: str, **more: Any) -> stripe.Subscription:  # noqa: ANN401
        """Change a subscription's price."""
        asked = {"items": [{"id": item_of(subscription).id, "price": price}], **more}
        return self.client.v1.subscriptions.update(subscription.id, asked)  # type: ignore[arg-type]

    def invoices(self, subscription: str) -> list[stripe.Invoice]:
        """Give a subscription's invoices, the oldest first."""
        return self.client.v1.invoices.list({"subscription": subscription, "limit": 100}).data[::-1]


def open_shop(peer: StripePeer, client: stripe.StripeClient) -> Shop:
    """Make the product, its prices and a customer."""
    product = client.v1.products.create({"name": "Oriel Pro"}).id

    def recurring(cents: int, interval: Any = "month") -> str:  # noqa: ANN401
        every = {"interval": interval}
        return client.v1.prices.create(
            {"product": product, "currency": "usd", "unit_amount": cents, "recurring": every}  # type: ignore[typeddict-item]
        ).id

    return Shop(
        peer=peer,
        client=client,
        customer=client.v1.customers.create({"email": "ada@example.com", "name": "Ada"}).id,
        render=client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": RENDER_CENTS}).id,
        pro=recurring(PRO_CENTS),
        studio=recurring(STUDIO_CENTS),
        yearly=recurring(PRO_CENTS * 10, "year"),
    )


def item_of(subscription: stripe.Subscription) -> stripe.SubscriptionItem:
    """Give a subscription's only item."""
    (item,) = subscription.items.data
    return item
