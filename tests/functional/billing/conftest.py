"""A till: the production gateway, with a Stripe of the tests behind it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import stripe
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.peers.stripe import Deliveries, StripePeer, stripe_peer
from werkzeug.test import TestResponse

from oriel.billing.gateway import SubscriptionFacts, init_payments
from oriel.billing.journal import process_due_events
from oriel.billing.stripe_account import prepare_account
from oriel.billing.stripe_gateway import StripeGateway
from oriel.infra.clock import clock, now

MakeCaller = Callable[..., Caller]


class Till:
    """Stripe, its events on their way to us, and what customers do on its pages."""

    def __init__(self, app: APIFlask, peer: StripePeer) -> None:
        self.app = app
        self.peer = peer
        self.deliveries = Deliveries(peer, self.webhook)

    def webhook(self, body: bytes, signature: str) -> int:
        """Hand an event to the service."""
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        return self.app.test_client().post("/api/payments/webhook", data=body, headers=headers).status_code

    def tell(self) -> None:
        """Deliver what has happened, and let the service deal with it."""
        self.deliveries.in_order()
        self.settle()

    def settle(self) -> None:
        """Let the service deal with all that has come."""
        with self.app.app_context():
            process_due_events()

    def buy(self, customer: Caller, **wanted: Any) -> str:  # noqa: ANN401
        """Pay for something: the page is opened, paid and told about. Returns the page's id."""
        session_id = self.open(customer, **wanted)
        self.peer.pay(session_id)
        self.tell()
        return session_id

    def open(self, customer: Caller, **wanted: Any) -> str:  # noqa: ANN401
        """Open a page and return its id."""
        opened = asked(customer, **wanted)
        assert opened.status_code == 201, opened.text
        return str((opened.json or {})["session_id"])


def meanwhile(till: Till, patch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen between the service's next question about a subscription, and what it does with it."""
    gateway = till.app.extensions["oriel.payments"]
    real = gateway.subscription
    asked: list[str] = []

    def slow(subscription_id: str) -> SubscriptionFacts:
        answer: SubscriptionFacts = real(subscription_id)
        if not asked:
            asked.append(subscription_id)
            happens()
        return answer

    patch.setattr(gateway, "subscription", slow)


def asked(customer: Caller, **wanted: Any) -> TestResponse:  # noqa: ANN401
    """Ask for a page."""
    return customer.post("/api/payments/create-session", json={"kind": "render", **wanted})


def changed(customer: Caller, plan: str) -> TestResponse:
    """Change the plan as a page does: look at the price, then agree to it. Returns the last answer."""
    preview = customer.post("/api/billing/change/preview", json={"plan": plan})
    if preview.status_code != 200:
        return preview
    return customer.post("/api/billing/change", json={"plan": plan, "token": (preview.json or {})["token"]})


@pytest.fixture
def in_app(app: APIFlask) -> Iterator[None]:
    """An application context, for calls that other domains make in their requests and jobs."""
    with app.app_context():
        yield


@pytest.fixture
def customer(caller: MakeCaller) -> Caller:
    """A new customer on Free."""
    return caller()


@pytest.fixture
def peer(request: pytest.FixtureRequest) -> Iterator[StripePeer]:
    """A Stripe; parametrised with a day, it and the service live on that day."""
    start: datetime | None = getattr(request, "param", None)
    if start:
        clock.shift(start - now())
    with stripe_peer(start=start) as peer:
        yield peer


@pytest.fixture
def till(app: APIFlask, peer: StripePeer) -> Iterator[Till]:
    """Payments by the production gateway."""
    client = stripe.StripeClient(peer.key, base_addresses={"api": peer.url})
    made = prepare_account(client, None).settings
    prices = {name.removeprefix("STRIPE_PRICE_").lower(): price for name, price in made.items()}
    before = app.extensions["oriel.payments"]
    till = Till(app, peer)
    init_payments(app, StripeGateway(peer.key, till.deliveries.secret, prices, base_url=peer.url))
    yield till
    app.extensions["oriel.payments"] = before
    clock.reset()
