"""The peer as tests hold it: an HTTP server in front, and hands on everything behind it."""

import contextlib
import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.peers.stripe import (
    checkout,
    customers,
    endpoints,
    invoices,
    money,
    scheduler,
    subscription_changes,
    subscriptions,
)
from tests.peers.stripe.account import Account
from tests.peers.stripe.clock import moment
from tests.peers.stripe.server import Call, Server
from tests.peers.stripe.wire import NotOpen, Obj

KEY = "sk_test_peer00000000000000000000"
EMAIL = "ada@example.com"


class StripePeer:
    """One Stripe account in test mode, its customers, their banks, and its own time.

    Time stands still until `advance`. A method that takes an identifier raises `Refused` for an unknown one, and
    `NotOpen` for what is over.
    """

    def __init__(self, *, start: datetime | None = None, key: str = KEY) -> None:
        self.key = key
        self.account = Account(moment(start or datetime.now(UTC)))
        self.server = Server(self.account, key)

    @property
    def url(self) -> str:
        """What to give to stripe-python as the base address of "api"."""
        return self.server.url

    @property
    def now(self) -> datetime:
        """The peer's own time."""
        return datetime.fromtimestamp(self.account.now, UTC)

    @property
    def calls(self) -> list[Call]:
        """Every call that arrived, the oldest first."""
        return list(self.server.calls)

    @property
    def events(self) -> list[Obj]:
        """Every event, the oldest first."""
        with self.account.lock:
            return copy.deepcopy(self.account.all("event"))[::-1]

    def look(self, name: str) -> Obj:
        """Give an object of any kind by its identifier."""
        with self.account.lock:
            return copy.deepcopy(self.account.objects[name])

    def everything(self, kind: str) -> list[Obj]:
        """Give all objects of a kind ("charge", "checkout.session", ...), the oldest first."""
        with self.account.lock:
            return copy.deepcopy(self.account.all(kind))[::-1]

    def endpoint(self, url: str, *events: str) -> tuple[str, str]:
        """Register where webhooks go, without a call: its identifier and its secret."""
        with self.account.lock:
            made = endpoints.create_endpoint(self.account, {"url": url, "enabled_events": list(events or ("*",))})
        return made["id"], made["secret"]

    # What the customer does.

    def pay(self, session_id: str, *, email: str = EMAIL, incomplete_first: bool = False) -> Obj:
        """Pay in Checkout; the session as it is then.

        `incomplete_first` has the subscription created before its payment, which Stripe did until 2025-03-31 and its
        guides still tell of: "created" says incomplete, then "updated" says active.
        """
        with self._session(session_id) as session:
            checkout.pay(self.account, session, email=email, incomplete_first=incomplete_first)
        return self.look(session_id)

    def pay_later(self, session_id: str, *, email: str = EMAIL) -> Obj:
        """Finish Checkout with the debit of a bank account, which takes days: complete, and unpaid until `settle`.

        A subscription is active meanwhile. Its later bills are debited too, and open until `settle_bill`.
        """
        with self._session(session_id) as session:
            checkout.pay_later(self.account, session, email=email)
        return self.look(session_id)

    def settle(self, session_id: str, *, succeeds: bool) -> Obj:
        """Have the bank decide about what was paid in Checkout."""
        with self._session(session_id) as session:
            checkout.settle(self.account, session, succeeds=succeeds)
        return self.look(session_id)

    def settle_bill(self, invoice_id: str, *, succeeds: bool) -> Obj:
        """Have the bank decide about a bill that is being debited: a renewal, or another try."""
        with self.account.lock:
            subscriptions.settle(self.account, self.account.get("invoice", invoice_id), succeeds=succeeds)
        return self.look(invoice_id)

    def decline(self, session_id: str, *, email: str = EMAIL) -> Obj:
        """Try a card that is declined: the session stays open."""
        with self._session(session_id) as session:
            checkout.decline(self.account, session, email=email)
        return self.look(session_id)

    def abandon(self, session_id: str) -> Obj:
        """Leave Checkout until the session is expired, without waiting for it."""
        with self._session(session_id) as session:
            if session["status"] != "open":
                raise NotOpen(session["status"])
            checkout.expire(self.account, session)
        return self.look(session_id)

    def success_address(self, session_id: str) -> str:
        """Say where Checkout sends the customer after paying."""
        return str(self.look(session_id)["success_url"]).replace("{CHECKOUT_SESSION_ID}", session_id)

    def card_fails(self, customer_id: str, fails: bool = True) -> None:
        """Have every later charge of a customer's card declined, or work again."""
        with self.account.lock:
            self.account.get("customer", customer_id)
            change = self.account.declined.add if fails else self.account.declined.discard
            change(customer_id)

    def pay_invoice(self, invoice_id: str) -> Obj:
        """Pay an open invoice on its page, with a card that works."""
        with self.account.lock:
            invoice = self.account.get("invoice", invoice_id)
            intent = invoices.intent_of(self.account, invoice)
            if invoice["status"] != "open" or (intent and intent["status"] == "processing"):
                raise NotOpen(intent["status"] if intent else invoice["status"])
            self.account.declined.discard(invoice["customer"])
            subscriptions.pay_by_hand(self.account, invoice)
        return self.look(invoice_id)

    def portal_cancel(self, subscription_id: str) -> Obj:
        """Cancel in the portal, at the period's end.

        In flexible mode, which is what subscriptions are unless asked otherwise, that sets `cancel_at` and leaves
        `cancel_at_period_end` false.
        """
        with self.account.lock:
            subscription_changes.cancel_from_portal(self.account, self.account.get("subscription", subscription_id))
        return self.look(subscription_id)

    def ends_on(self, subscription_id: str, at: datetime) -> Obj:
        """Have a subscription end on a day, as the dashboard does."""
        with self.account.lock:
            asked = {"cancel_at": int(at.timestamp())}
            subscription_changes.update_subscription(self.account, asked, subscription_id)
        return self.look(subscription_id)

    def portal_resume(self, subscription_id: str) -> Obj:
        """Take a cancellation back in the portal."""
        with self.account.lock:
            subscription_changes.resume_from_portal(self.account, self.account.get("subscription", subscription_id))
        return self.look(subscription_id)

    # What the bank and the operator do; of a subscription's bill, to `payment_of` the bill.

    def payment_of(self, invoice_id: str) -> str:
        """Name the payment intent of a bill."""
        with self.account.lock:
            intent = invoices.intent_of(self.account, self.account.get("invoice", invoice_id))
        assert intent, f"nothing was due for {invoice_id}"
        return str(intent["id"])

    def dispute(self, payment_intent: str) -> Obj:
        """Take the money back by the customer's bank."""
        with self.account.lock:
            made = money.open_dispute(self.account, self.account.get("payment_intent", payment_intent))
        return self.look(made["id"])

    def close_dispute(self, dispute_id: str, *, won: bool) -> Obj:
        """Have the bank decide."""
        with self.account.lock:
            money.settle_dispute(self.account, self.account.get("dispute", dispute_id), won=won)
        return self.look(dispute_id)

    def refund_from_dashboard(self, payment_intent: str, amount: int | None = None) -> Obj:
        """Refund by hand, all that is left or an amount."""
        wanted = {"payment_intent": payment_intent, **({} if amount is None else {"amount": amount})}
        with self.account.lock:
            made = money.create_refund(self.account, wanted)
        return self.look(made["id"])

    def fail_refund(self, refund_id: str) -> Obj:
        """Have the bank return a refund after all."""
        with self.account.lock:
            money.fail_refund(self.account, self.account.get("refund", refund_id))
        return self.look(refund_id)

    def delete_customer(self, customer_id: str) -> None:
        """Delete a customer by hand: subscriptions end at once."""
        with self.account.lock:
            customers.delete_customer(self.account, {}, customer_id)

    def cancel_from_dashboard(self, subscription_id: str) -> Obj:
        """End a subscription by hand, at once."""
        with self.account.lock:
            subscriptions.cancel_subscription(self.account, {}, subscription_id)
        return self.look(subscription_id)

    # Time.

    def advance(self, to: datetime | timedelta) -> None:
        """Let time pass: sessions expire, subscriptions renew or end, declined cards are tried again.

        A renewal's invoice is a draft for an hour, as with Stripe, and is paid or fails after it.
        """
        with self.account.lock:
            until = moment(self.now + to if isinstance(to, timedelta) else to)
            scheduler.advance(self.account, until)

    # The network.

    def go_down(self, *, refuse: bool = False) -> None:
        """Answer 503 to every call, or (`refuse`) refuse connections, until `come_back`."""
        if refuse:
            self.server.close(keep_port=True)
        else:
            self.server.troubles.down = True

    def come_back(self) -> None:
        """Answer again, at the same address."""
        self.server.troubles.down = False
        self.hang(0)
        if self.server.is_closed:
            self.server.listen()

    def hang(self, seconds: float) -> None:
        """Do every later call at once, but answer it only after so long; 0 ends it, also for those that wait."""
        self.server.troubles.hang_s = seconds
        if not seconds:
            self.server.troubles.let_go()

    def fail_after(self, call_count: int) -> None:
        """Let so many calls through; do the next one too, but lose its answer. Later ones come through."""
        self.server.troubles.calls_before_loss = call_count

    def be_busy(self, call_count: int) -> None:
        """Answer 429 to so many calls."""
        self.server.troubles.busy = call_count

    @contextlib.contextmanager
    def _session(self, name: str) -> Iterator[Obj]:
        with self.account.lock:
            yield self.account.get("checkout.session", name)


@contextlib.contextmanager
def stripe_peer(*, start: datetime | None = None, key: str = KEY) -> Iterator[StripePeer]:
    """Run a peer on a free port.

    Raises:
        ExceptionGroup: The peer itself has failed somewhere in between.
    """
    peer = StripePeer(start=start, key=key)
    peer.server.listen()
    try:
        yield peer
    finally:
        peer.server.close()
        peer.server.forget()
    if peer.server.bugs:
        raise ExceptionGroup("The peer failed", peer.server.bugs)
