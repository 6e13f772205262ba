"""A Stripe peer, stripe-python in front of it, and a shop."""

from collections.abc import Iterator

import pytest
import stripe
from tests.contracts.payments.shop import Shop, open_shop
from tests.peers.stripe import StripePeer, stripe_peer


@pytest.fixture
def peer() -> Iterator[StripePeer]:
    """A running peer, empty."""
    with stripe_peer() as peer:
        yield peer


@pytest.fixture
def client(peer: StripePeer) -> stripe.StripeClient:
    """Stripe's own client, which tries everything once."""
    return stripe.StripeClient(peer.key, base_addresses={"api": peer.url}, max_network_retries=0)


@pytest.fixture
def shop(peer: StripePeer, client: stripe.StripeClient) -> Shop:
    """A product with prices, and a customer."""
    return open_shop(peer, client)
