"""Hands webhooks over when a test says so: in any order, more than once, late, never, or wrongly signed."""

import json
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import httpx
from tests.peers.stripe.account import wants
from tests.peers.stripe.peer import StripePeer
from tests.peers.stripe.wire import Obj

import stripe

Taker = Callable[[bytes, str], int]
_MOST_REPEATS = 2
_PATIENCE_S = 120.0


@dataclass
class Delivery:
    """An event on its way to one endpoint."""

    event: Obj
    endpoint: str
    attempts: int = 0
    answered: int | None = None

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.event["type"])

    @property
    def taken(self) -> bool:
        """Whether the endpoint has answered 2xx."""
        return self.answered is not None and 200 <= self.answered < 300


class Deliveries:
    """The events of a peer on their way, from the moment this is made.

    They go over HTTP to the endpoints that are registered, or, with `taker`, to that one function `(body, signature) ->
    status`, as an endpoint of its own whose secret is `secret`. What is not answered 2xx stays `pending`.
    """

    def __init__(self, peer: StripePeer, taker: Taker | None = None, *, now: Callable[[], float] = time.time) -> None:
        self.peer = peer
        self.pending: list[Delivery] = []
        self.held: list[Delivery] = []
        self.done: list[Delivery] = []
        self._now = now
        self._takers: dict[str, Taker] = {}
        self.secret = ""
        if taker:
            endpoint, self.secret = peer.endpoint("https://oriel.invalid/webhooks")
            self._takers[endpoint] = taker
            peer.account.taken_by_hand.add(endpoint)
        peer.account.listeners.append(self._queue)

    def _queue(self, event: Obj) -> None:
        for endpoint in self.peer.account.all("webhook_endpoint"):
            if wants(endpoint, event["type"]) and self._serves(endpoint["id"]):
                self.pending.append(Delivery(event, endpoint["id"]))

    def _serves(self, endpoint: str) -> bool:
        by_hand = endpoint in self.peer.account.taken_by_hand
        return endpoint in self._takers if by_hand else not self._takers

    def secret_of(self, endpoint: str) -> str:
        """Give what an endpoint's events are signed with."""
        return str(self.peer.account.asked[endpoint]["secret"])

    def roll_secret(self, endpoint: str | None = None) -> str:
        """Give an endpoint a new secret, and return the old one."""
        name = endpoint or next(iter(self._takers))
        old = self.secret_of(name)
        fresh = self.peer.account.new_id("whsec", 32)
        self.peer.account.asked[name] = {"secret": fresh}
        self.secret = fresh
        return old

    def signed(self, delivery: Delivery, *, secrets: Sequence[str] = (), age_s: float = 0.0) -> tuple[bytes, str]:
        """Give a delivery's body and `Stripe-Signature`, signed with the endpoint's secret or with those given."""
        body = json.dumps(delivery.event, indent=2)
        return body.encode(), sign(body, secrets or (self.secret_of(delivery.endpoint),), self._now() - age_s)

    # Handing over. Each gives the deliveries in the order in which they were tried.

    def in_order(self, *, secrets: Sequence[str] = (), age_s: float = 0.0) -> list[Delivery]:
        """Hand over everything that is pending, the oldest first."""
        return self._hand_over(list(self.pending), secrets, age_s)

    def in_this_order(self, order: Sequence[int]) -> list[Delivery]:
        """Hand over the pending ones at these places, which may repeat; others stay."""
        return self._hand_over([self.pending[place] for place in order])

    def shuffled(self, seed: int) -> list[Delivery]:
        """Hand over everything that is pending, in an order drawn by the seed."""
        return self._hand_over(random.Random(seed).sample(self.pending, len(self.pending)))

    def duplicated(self, seed: int, *, shuffle: bool = False) -> list[Delivery]:
        """Hand over everything that is pending, some of it once or twice more later, as the seed draws it."""
        draw = random.Random(seed)
        run = draw.sample(self.pending, len(self.pending)) if shuffle else list(self.pending)
        for delivery in list(run):
            for _ in range(draw.randint(0, _MOST_REPEATS)):
                first = next(place for place, one in enumerate(run) if one is delivery)
                run.insert(draw.randint(first + 1, len(run)), delivery)
        return self._hand_over(run)

    def again(self, *types: str) -> list[Delivery]:
        """Hand over once more what was taken before: all of it, or these types."""
        return self._hand_over([one for one in self.done if not types or one.type in types])

    def until_taken(self, rounds: int = 5) -> list[Delivery]:
        """Hand over, and try again what was not taken, for so many rounds.

        Raises:
            AssertionError: Something was never taken.
        """
        tried: list[Delivery] = []
        for _ in range(rounds):
            if not self.pending:
                break
            tried += self.in_order()
        assert not self.pending, [(one.type, one.answered) for one in self.pending]
        return tried

    def one(self, type_: str) -> Delivery:
        """Give the only pending delivery of a type, without handing it over."""
        (found,) = [one for one in self.pending if one.type == type_]
        return found

    def hand_over(self, delivery: Delivery, *, secrets: Sequence[str] = (), age_s: float = 0.0) -> int:
        """Hand over one, pending or not, and give the answer: 0 for none."""
        self._hand_over([delivery], secrets, age_s)
        return delivery.answered or 0

    # Late, or never.

    def delay(self, *types: str) -> list[Delivery]:
        """Hold back what is pending: all of it, or these types."""
        late = self._take_out(types)
        self.held += late
        return late

    def let_go(self) -> None:
        """Put what was held back at the end of what is pending."""
        self.pending += self.held
        self.held = []

    def drop(self, *types: str) -> list[Delivery]:
        """Lose what is pending for good: all of it, or these types."""
        return self._take_out(types)

    def _take_out(self, types: tuple[str, ...]) -> list[Delivery]:
        out = [one for one in self.pending if not types or one.type in types]
        self.pending = [one for one in self.pending if not any(one is gone for gone in out)]
        return out

    def _hand_over(self, run: Iterable[Delivery], secrets: Sequence[str] = (), age_s: float = 0.0) -> list[Delivery]:
        tried = []
        for delivery in run:
            delivery.attempts += 1
            delivery.answered = self._send(delivery, *self.signed(delivery, secrets=secrets, age_s=age_s))
            tried.append(delivery)
            if delivery.taken:
                self._finish(delivery)
        return tried

    def _finish(self, delivery: Delivery) -> None:
        waiting = len(self.pending)
        self.pending = [one for one in self.pending if one is not delivery]
        if len(self.pending) < waiting:
            self.done.append(delivery)
            delivery.event["pending_webhooks"] = max(delivery.event["pending_webhooks"] - 1, 0)

    def _send(self, delivery: Delivery, body: bytes, signature: str) -> int:
        if delivery.endpoint in self._takers:
            return self._takers[delivery.endpoint](body, signature)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        address = self.peer.account.objects[delivery.endpoint]["url"]
        try:
            return httpx.post(address, content=body, headers=headers, timeout=_PATIENCE_S, trust_env=False).status_code
        except httpx.TransportError:
            return 0


def sign(body: str, secrets: Sequence[str], at: float) -> str:
    """Give a `Stripe-Signature` header; with several secrets, as while one is being rolled, several signatures."""
    headers = [stripe.WebhookSignature.generate_signature_header(body, secret, int(at)) for secret in secrets]
    first, *others = headers
    return ",".join([first, *(header.partition(",")[2] for header in others)])
