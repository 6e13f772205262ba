"""Webhooks of the Stripe peer on their way: in order or not, twice, late, never, and signed in every way."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe
from tests.contracts.payments.shop import Shop
from tests.peers.stripe import Deliveries, sign


class Inbox:
    """Takes webhooks as the service does: verified, then kept."""

    def __init__(self) -> None:
        self.secret = ""
        self.got: list[str] = []
        self.answers: list[int] = []

    def take(self, body: bytes, signature: str) -> int:
        """Keep a good one, unless the next answer is set."""
        try:
            event = stripe.Webhook.construct_event(body, signature, self.secret)
        except stripe.SignatureVerificationError:
            return 400
        if self.answers:
            return self.answers.pop(0)
        self.got.append(event.type)
        return 200


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def deliveries(shop: Shop, inbox: Inbox) -> Deliveries:
    """The events of one payment, on their way."""
    deliveries = Deliveries(shop.peer, inbox.take)
    inbox.secret = deliveries.secret
    shop.paid()
    return deliveries


IN_ORDER = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


class TestTheOrder:
    def test_is_that_of_the_events(self, deliveries: Deliveries, inbox: Inbox) -> None:
        assert all(one.taken for one in deliveries.in_order())
        assert inbox.got == IN_ORDER
        assert not deliveries.pending

    def test_may_be_given(self, deliveries: Deliveries, inbox: Inbox) -> None:
        deliveries.in_this_order([3, 0, 0])
        assert inbox.got == [IN_ORDER[3], IN_ORDER[0], IN_ORDER[0]]
        assert [one.type for one in deliveries.pending] == IN_ORDER[1:3]

    def test_may_be_drawn(self, deliveries: Deliveries, inbox: Inbox) -> None:
        expected = [one.type for one in deliveries.pending]
        deliveries.shuffled(seed=3)
        assert inbox.got != expected
        assert sorted(inbox.got) == sorted(expected)

    def test_may_hold_repeats_that_the_seed_draws_again(self, shop: Shop) -> None:
        runs = []
        for _ in range(2):
            inbox = Inbox()
            deliveries = Deliveries(shop.peer, inbox.take)
            inbox.secret = deliveries.secret
            shop.paid()
            deliveries.duplicated(seed=5, shuffle=True)
            runs.append(inbox.got)
        assert runs[0] == runs[1]
        assert len(runs[0]) > len(IN_ORDER)
        assert set(runs[0]) == set(IN_ORDER)


class TestWhatIsNotTaken:
    def test_is_tried_again(self, deliveries: Deliveries, inbox: Inbox) -> None:
        inbox.answers = [500, 302]
        deliveries.in_order()
        assert inbox.got == IN_ORDER[2:]
        assert [one.attempts for one in deliveries.pending] == [1, 1]
        deliveries.until_taken()
        assert inbox.got == IN_ORDER[2:] + IN_ORDER[:2]

    def test_for_ever_fails_the_test(self, deliveries: Deliveries, inbox: Inbox) -> None:
        inbox.answers = [500] * 40
        with pytest.raises(AssertionError, match="500"):
            deliveries.until_taken()

    def test_may_be_late(self, deliveries: Deliveries, inbox: Inbox) -> None:
        deliveries.delay("checkout.session.completed")
        deliveries.in_order()
        assert inbox.got == IN_ORDER[:3]
        deliveries.let_go()
        deliveries.in_order()
        assert inbox.got == IN_ORDER

    def test_may_be_lost(self, deliveries: Deliveries, inbox: Inbox) -> None:
        (lost,) = deliveries.drop("checkout.session.completed")
        deliveries.until_taken()
        assert inbox.got == IN_ORDER[:3]
        assert deliveries.hand_over(lost) == 200

    def test_may_come_once_more_though_it_was(self, deliveries: Deliveries, inbox: Inbox) -> None:
        deliveries.in_order()
        deliveries.again("charge.succeeded")
        assert inbox.got == [*IN_ORDER, "charge.succeeded"]


class TestTheSignature:
    def test_grows_old(self, deliveries: Deliveries, inbox: Inbox) -> None:
        assert {one.answered for one in deliveries.in_order(age_s=301)} == {400}
        assert {one.answered for one in deliveries.in_order(age_s=290)} == {200}

    def test_is_of_the_secret(self, deliveries: Deliveries, inbox: Inbox) -> None:
        assert {one.answered for one in deliveries.in_order(secrets=["whsec_of_someone_else"])} == {400}
        assert not inbox.got

    def test_of_an_old_secret_comes_beside_the_new_one_for_a_while(self, deliveries: Deliveries, inbox: Inbox) -> None:
        old = deliveries.roll_secret()
        assert {one.answered for one in deliveries.in_order()} == {400}
        both = [old, deliveries.secret]
        assert {one.answered for one in deliveries.in_order(secrets=both)} == {200}

    def test_covers_every_byte(self, deliveries: Deliveries, inbox: Inbox) -> None:
        body, signature = deliveries.signed(deliveries.one("checkout.session.completed"))
        assert inbox.take(body, signature) == 200
        assert inbox.take(body.replace(b"paid", b"Paid"), signature) == 400
        assert inbox.take(body + b" ", signature) == 400

    def test_has_the_form_that_stripe_documents(self) -> None:
        at = time.time()
        header = sign("{}", ["whsec_a", "whsec_b"], at)
        time_part, first, second = header.split(",")
        assert time_part == f"t={int(at)}"
        assert first.startswith("v1=")
        assert second.startswith("v1=")
        assert first != second


class TestEndpoints:
    def test_get_only_what_they_asked_for(self, shop: Shop) -> None:
        deliveries = Deliveries(shop.peer)
        shop.peer.endpoint("http://127.0.0.1:1/hooks", "checkout.session.completed")
        shop.paid()
        (only,) = deliveries.pending
        assert only.type == "checkout.session.completed"
        assert only.event["pending_webhooks"] == 1

    def test_that_nobody_answers_count_as_not_taken(self, shop: Shop) -> None:
        deliveries = Deliveries(shop.peer)
        shop.peer.endpoint("http://127.0.0.1:1/hooks", "checkout.session.completed")
        shop.paid()
        assert [one.answered for one in deliveries.in_order()] == [0]
        assert deliveries.pending

    def test_are_called_over_http(self, shop: Shop, listener: tuple[str, Inbox]) -> None:
        address, inbox = listener
        deliveries = Deliveries(shop.peer)
        made = shop.client.v1.webhook_endpoints.create({"url": address, "enabled_events": ["*"]})
        inbox.secret = str(made.secret)
        shop.paid()
        deliveries.until_taken()
        assert inbox.got == IN_ORDER


@pytest.fixture
def listener() -> Iterator[tuple[str, Inbox]]:
    """An inbox behind real HTTP."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(inbox.take(body, self.headers["Stripe-Signature"]))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/api/webhooks/stripe", inbox
        server.shutdown()
        thread.join()
