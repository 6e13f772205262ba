"""A payment service on this machine, for development: nothing is paid, everything else is as it is with Stripe.

Its books are a small SQLite file beside our database. What customers do on its pages (/dev/checkout, /dev/portal)
changes the books and sends signed events to our webhook: each of them twice and out of order, on purpose.
"""

import calendar
import contextlib
import json
import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx

from oriel.billing.gateway import Checkout, CheckoutFacts, Event, Invoice, OpenCheckout, SubscriptionFacts
from oriel.billing.plans import CREDIT, PLANS
from oriel.billing.signatures import read_signed, signed
from oriel.errors import CardDeclined, NotFound, PaymentsUnavailable, WrongState
from oriel.infra.clock import now

_log = logging.getLogger("oriel.payments")

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (id TEXT PRIMARY KEY, kind TEXT NOT NULL, made INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY, id TEXT, kind TEXT, at REAL, body TEXT);
"""
_PATIENCE_S = 5.0
_RETRIES = 8
_RETRIED_FOR = timedelta(days=14)
_NOT_OPEN = {"complete": "This page is paid already.", "expired": "This page has expired."}

Body = dict[str, Any]
Deliver = Callable[[bytes, str], object]


@dataclass(frozen=True)
class Overview:
    """A customer's portal: the card, the subscriptions and bills, the latest first."""

    customer_id: str
    email: str
    card_fails: bool
    subscriptions: list[SubscriptionFacts]
    bills: list[Invoice]


class OfflineGateway:
    """The development gateway; `deliver` hands an event's bytes and signature to our webhook."""

    name = "offline"

    def __init__(self, folder: Path, base_url: str, secret: str, deliver: Deliver | None = None) -> None:
        self._path = folder / "offline-payments.sqlite3"
        self._base_url = base_url
        self._secret = secret
        self._deliver = deliver or self._post

    # --- the gateway

    def customer(self, user_id: str, email: str, name: str) -> str:
        """Make a customer."""
        with self._books() as books:
            return books.add("cus", f"cus_{user_id}", {"email": email, "name": name, "card_fails": False})

    def open_checkout(self, checkout: Checkout) -> OpenCheckout:
        """Open a page of ours."""
        plan = CREDIT if checkout.product == "render" else PLANS[checkout.product]
        body = {
            "payment_id": checkout.payment_id,
            "customer": checkout.customer_id,
            "product": checkout.product,
            "amount": plan.price_cents,
            "success_url": checkout.success_url,
            "cancel_url": checkout.cancel_url,
            "expires_at": checkout.expires_at.timestamp(),
            "state": "open",
        }
        with self._books() as books:
            books.find("cus", checkout.customer_id)
            session_id = books.add("cs", f"cs_offline_{checkout.payment_id}", body)
        return OpenCheckout(session_id, f"{self._base_url}/dev/checkout?session={session_id}")

    def checkout(self, session_id: str) -> CheckoutFacts:
        """Return what became of a page."""
        with self._books() as books:
            page = self._page(books, session_id)
            paid = page.get("paid_as") or page.get("subscription")
            money = books.find("pi", page["paid_as"]) if page.get("paid_as") else {}
        return CheckoutFacts(
            session_id=session_id,
            payment_id=page["payment_id"],
            state=page["state"],
            paid=page["state"] == "complete" and bool(paid),
            failed=False,
            amount=page["amount"],
            currency="usd",
            paid_as=page.get("paid_as"),
            subscription_id=page.get("subscription"),
            invoice_id=page.get("invoice"),
            receipt_url=f"{self._base_url}/dev/checkout?session={session_id}" if paid else None,
            refunded=money.get("refunded", 0),
            disputed=money.get("dispute") == "open",
            dispute_lost=money.get("dispute") == "lost",
        )

    def checkout_that_paid(self, paid_as: str) -> str | None:
        """Look for the page of a payment."""
        with self._books() as books:
            return next((page["id"] for page in books.all("cs") if page.get("paid_as") == paid_as), None)

    def expire_checkout(self, session_id: str) -> None:
        """Close a page."""
        with contextlib.suppress(WrongState):
            self.abandon(session_id)

    def refund(self, paid_as: str) -> None:
        """Give all of a payment back."""
        with self._books() as books:
            money = books.find("pi", paid_as)
            if money["refunded"] == money["amount"]:
                return
            if money.get("dispute") in ("open", "lost"):
                raise PaymentsUnavailable("The bank has taken this money back already.")
            books.change("pi", paid_as, refunded=money["amount"])
            books.tell("charge.refunded", {"id": f"ch_{paid_as}", "object": "charge", "payment_intent": paid_as})

    def subscription(self, subscription_id: str) -> SubscriptionFacts:
        """Return how a subscription stands."""
        with self._books() as books:
            return self._facts(self._renewed(books, subscription_id))

    def subscriptions_of(self, customer_id: str) -> Sequence[SubscriptionFacts]:
        """Return those of a customer that are not over."""
        with self._books() as books:
            theirs = [found["id"] for found in books.all("sub") if found["customer"] == customer_id]
            facts = [self._facts(self._renewed(books, subscription_id)) for subscription_id in theirs]
        return [fact for fact in facts if fact.state != "over"]

    def upgrade(self, subscription_id: str, plan: str) -> None:
        """Change the price and bill the difference for the rest of the period."""
        with self._books() as books:
            found = self._going_on(books, subscription_id)
            if books.find("cus", found["customer"])["card_fails"]:
                raise CardDeclined("Your card was declined.")
            left = max(0.0, found["period_end"] - now().timestamp()) / (found["period_end"] - found["period_start"])
            difference = PLANS[plan].price_cents - PLANS[found["plan"]].price_cents
            books.change("sub", subscription_id, plan=plan, kept_plan=None, kept_until=None)
            self._bill(books, subscription_id, round(difference * left), pays=True, is_change=True)
            books.tell("customer.subscription.updated", _about(subscription_id))

    def change_at_period_end(self, subscription_id: str, plan: str, *, kept_plan: str | None) -> None:
        """Change the price, which is asked for with the next period."""
        with self._books() as books:
            found = self._going_on(books, subscription_id)
            until = found["period_end"] if kept_plan else None
            books.change("sub", subscription_id, plan=plan, kept_plan=kept_plan, kept_until=until)
            books.tell("customer.subscription.updated", _about(subscription_id))

    def cancel_at_period_end(self, subscription_id: str, *, cancel: bool) -> None:
        """Set or take back the end."""
        with self._books() as books:
            self._going_on(books, subscription_id)
            books.change("sub", subscription_id, ends=cancel)
            books.tell("customer.subscription.updated", _about(subscription_id))

    def end_subscription(self, subscription_id: str) -> None:
        """End it now; nothing was taken for it, so nothing is given back."""
        with self._books() as books:
            self._end(books, subscription_id)

    def portal(self, customer_id: str, return_url: str) -> str:
        """Return the address of our page for it."""
        with self._books() as books:
            books.find("cus", customer_id)
        return self._portal(customer_id)

    def invoice(self, invoice_id: str) -> Invoice:
        """Return a bill."""
        with self._books() as books:
            return self._invoice(books.find("in", invoice_id))

    def invoices(self, customer_id: str) -> Sequence[Invoice]:
        """Return a customer's bills, the latest first."""
        with self._books() as books:
            return [self._invoice(found) for found in reversed(books.all("in")) if found["customer"] == customer_id]

    def read_event(self, body: bytes, signature: str) -> Event:
        """Check the signature."""
        return read_signed(body, signature, self._secret)

    def events_since(self, moment: datetime) -> Sequence[Event]:
        """Return what has happened since."""
        with self._books() as books:
            return [
                Event(row["id"], row["kind"], _time(row["at"]), {"data": {"object": json.loads(row["body"])}})
                for row in books.events_since(moment.timestamp())
            ]

    # --- what a customer does on its pages

    def page(self, session_id: str) -> Body:
        """Return a page as it is to be shown, with its customer's mail address; NotFound for none."""
        with self._books() as books:
            page = self._page(books, session_id)
            return {**page, "email": books.find("cus", page["customer"])["email"]}

    def pay(self, session_id: str) -> Body:
        """Pay and return the page; WrongState where it is not open, CardDeclined where the card is to fail."""
        with self._open_page(session_id) as (books, page):
            if books.find("cus", page["customer"])["card_fails"]:
                raise CardDeclined("Your card was declined.")
            if page["product"] == "render":
                paid_as = books.add("pi", f"pi_{session_id}", {"amount": page["amount"], "refunded": 0})
                books.change("cs", session_id, state="complete", paid_as=paid_as)
                books.tell("payment_intent.succeeded", {"id": paid_as, "object": "payment_intent"})
            else:
                self._subscribe(books, page)
            books.tell("checkout.session.completed", _session(session_id))
            return books.find("cs", session_id)

    def decline(self, session_id: str) -> None:
        """Try a card that is declined, which leaves the page open; WrongState where it is not."""
        with self._open_page(session_id) as (books, _):
            about = {"id": f"pi_{session_id}", "object": "payment_intent"}
            books.tell("payment_intent.payment_failed", about)

    def abandon(self, session_id: str) -> None:
        """Let the page expire; WrongState for one that is not open."""
        with self._open_page(session_id) as (books, _):
            books.change("cs", session_id, state="expired")
            books.tell("checkout.session.expired", _session(session_id))

    def overview(self, customer_id: str) -> Overview:
        """Return a customer with all that there is, for the page; NotFound for none."""
        with self._books() as books:
            customer = books.find("cus", customer_id)
            theirs = [found["id"] for found in books.all("sub") if found["customer"] == customer_id]
            return Overview(
                customer_id=customer_id,
                email=customer["email"],
                card_fails=customer["card_fails"],
                subscriptions=[self._facts(self._renewed(books, found)) for found in reversed(theirs)],
                bills=[self._invoice(bill) for bill in reversed(books.all("in")) if bill["customer"] == customer_id],
            )

    def let_card_fail(self, customer_id: str, *, fails: bool) -> None:
        """Have the next payments of a customer declined, or not any more; then a bill that waits is paid."""
        with self._books() as books:
            books.change("cus", customer_id, card_fails=fails)
            theirs = [found["id"] for found in books.all("sub") if found["customer"] == customer_id]
            for subscription_id in theirs:
                if self._renewed(books, subscription_id)["state"] == "past_due" and not fails:
                    self._pay_late(books, subscription_id)

    def renew(self, subscription_id: str) -> None:
        """Let the present period end now; WrongState for a subscription that is over."""
        with self._books() as books:
            found = self._going_on(books, subscription_id)
            ends = now().timestamp()
            # What was paid for ends with the period, wherever its end is moved.
            kept_until = ends if found["kept_until"] == found["period_end"] else found["kept_until"]
            books.change("sub", subscription_id, period_end=ends, kept_until=kept_until)
            self._renewed(books, subscription_id)

    def dispute(self, paid_as: str, state: Literal["open", "won", "lost"]) -> None:
        """Let a bank ask for a payment back, or decide about it."""
        kind = "charge.dispute.created" if state == "open" else "charge.dispute.closed"
        with self._books() as books:
            books.change("pi", paid_as, dispute=state)
            books.tell(kind, {"id": f"dp_{paid_as}", "object": "dispute", "payment_intent": paid_as})

    # --- the books

    @contextlib.contextmanager
    def _books(self) -> Iterator["_Books"]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path, timeout=_PATIENCE_S, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.executescript(_TABLES)
            connection.execute("BEGIN IMMEDIATE")
            books = _Books(connection)
            try:
                yield books
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        if books.have_news:
            self._send()

    def _page(self, books: "_Books", session_id: str) -> Body:
        page = books.find("cs", session_id)
        if page["state"] == "open" and page["expires_at"] <= now().timestamp():
            books.change("cs", session_id, state="expired")
            books.tell("checkout.session.expired", _session(session_id))
            page = books.find("cs", session_id)
        return page

    @contextlib.contextmanager
    def _open_page(self, session_id: str) -> Iterator[tuple["_Books", Body]]:
        # That its time is over stays written down, though all else is refused and undone then.
        self.page(session_id)
        with self._books() as books:
            page = self._page(books, session_id)
            if page["state"] != "open":
                raise WrongState(_NOT_OPEN[page["state"]])
            yield books, page

    def _subscribe(self, books: "_Books", page: Body) -> None:
        began = now()
        body = {
            "customer": page["customer"],
            "plan": page["product"],
            "state": "live",
            "anchor_day": began.day,
            "period_start": began.timestamp(),
            "period_end": _a_month_after(began, began.day).timestamp(),
            "ends": False,
            "kept_plan": None,
            "kept_until": None,
        }
        subscription_id = books.add("sub", f"sub_{page['id']}", body)
        books.tell("customer.subscription.created", _about(subscription_id))
        invoice_id = self._bill(books, subscription_id, page["amount"], pays=True, is_first=True)
        books.change("cs", page["id"], state="complete", subscription=subscription_id, invoice=invoice_id)

    def _renewed(self, books: "_Books", subscription_id: str) -> Body:
        """Return a subscription after what its periods' ends have brought."""
        found = books.find("sub", subscription_id)
        while found["state"] in ("live", "past_due") and found["period_end"] <= now().timestamp():
            if found["ends"]:
                self._end(books, subscription_id)
                return books.find("sub", subscription_id)
            began = _time(found["period_end"])
            ends = _a_month_after(began, found["anchor_day"]).timestamp()
            books.change("sub", subscription_id, period_start=began.timestamp(), period_end=ends)
            fails = books.find("cus", found["customer"])["card_fails"]
            self._bill(books, subscription_id, PLANS[found["plan"]].price_cents, pays=not fails)
            books.tell("customer.subscription.updated", _about(subscription_id))
            found = books.find("sub", subscription_id)
        if found["state"] == "past_due" and _time(found["period_start"]) + _RETRIED_FOR <= now():
            self._end(books, subscription_id)
            found = books.find("sub", subscription_id)
        return found

    def _bill(
        self,
        books: "_Books",
        subscription_id: str,
        amount: int,
        *,
        pays: bool,
        is_first: bool = False,
        is_change: bool = False,
    ) -> str:
        found = books.find("sub", subscription_id)
        body = {
            "customer": found["customer"],
            "subscription": subscription_id,
            "amount": amount,
            "state": "paid" if pays else "open",
            "plan": found["plan"],
            "is_first": is_first,
            "is_change": is_change,
            "at": now().timestamp(),
        }
        invoice_id = books.add("in", f"in_{secrets.token_hex(10)}", body)
        books.change("sub", subscription_id, state="live" if pays else "past_due")
        books.tell("invoice.paid" if pays else "invoice.payment_failed", {"id": invoice_id, "object": "invoice"})
        return invoice_id

    def _going_on(self, books: "_Books", subscription_id: str) -> Body:
        found = self._renewed(books, subscription_id)
        if found["state"] == "over":
            raise WrongState("This subscription is over.")
        return found

    def _pay_late(self, books: "_Books", subscription_id: str) -> None:
        for bill in books.all("in"):
            if bill["subscription"] == subscription_id and bill["state"] == "open":
                books.change("in", bill["id"], state="paid")
                books.tell("invoice.paid", {"id": bill["id"], "object": "invoice"})
        books.change("sub", subscription_id, state="live")
        books.tell("customer.subscription.updated", _about(subscription_id))

    def _end(self, books: "_Books", subscription_id: str) -> None:
        if books.find("sub", subscription_id)["state"] != "over":
            books.change("sub", subscription_id, state="over")
            books.tell("customer.subscription.deleted", _about(subscription_id))

    def _facts(self, found: Body) -> SubscriptionFacts:
        return SubscriptionFacts(
            subscription_id=found["id"],
            customer_id=found["customer"],
            plan=found["plan"],
            state=found["state"],
            period_start=_time(found["period_start"]),
            period_end=_time(found["period_end"]),
            cancel_at_period_end=found["ends"],
            asked_at=now(),
            kept_plan=found["kept_plan"],
            kept_until=_time(found["kept_until"]) if found["kept_until"] else None,
        )

    def _invoice(self, found: Body) -> Invoice:
        address = f"{self._portal(found['customer'])}#{found['id']}"
        waits = found["state"] == "open"
        return Invoice(
            id=found["id"],
            number=f"OFFLINE-{found['id'][-6:].upper()}",
            subscription_id=found["subscription"],
            customer_id=found["customer"],
            amount=found["amount"],
            currency="usd",
            state=found["state"],
            plan=found["plan"],
            is_first=found["is_first"],
            is_change=found["is_change"],
            tries=1,
            created_at=_time(found["at"]),
            next_try_at=_time(found["at"]) + _RETRIED_FOR / _RETRIES if waits else None,
            page_url=address,
            pdf_url=address,
        )

    def _portal(self, customer_id: str) -> str:
        return f"{self._base_url}/dev/portal?customer={customer_id}"

    # --- events

    def _send(self) -> None:
        """Send what has not been sent: each event twice, in no order that anybody could rely on."""
        with self._books() as books:
            events = books.unsent()
        letters = [
            signed({**json.loads(row["body"]), **_envelope(row)}, self._secret, datetime.now(UTC))
            for row in [*events, *events]
        ]
        secrets.SystemRandom().shuffle(letters)
        for body, signature in letters:
            self._deliver(body, signature)

    def _post(self, body: bytes, signature: str) -> None:
        threading.Thread(target=self._posted, args=(body, signature), daemon=True).start()

    def _posted(self, body: bytes, signature: str) -> None:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        try:
            httpx.post(f"{self._base_url}/api/payments/webhook", content=body, headers=headers, timeout=_PATIENCE_S)
        except httpx.HTTPError as error:
            # As with Stripe: what was lost is found by the reconciliation.
            _log.warning("An event of the offline payments was not taken: %s", error)


class _Books:
    """The rows, within a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.have_news = False

    def add(self, kind: str, object_id: str, body: Body) -> str:
        """Add an object where there is none under this id; return the id."""
        row = (object_id, kind, json.dumps(body))
        self._connection.execute(
            "INSERT OR IGNORE INTO objects VALUES (?, ?, (SELECT COALESCE(MAX(made), 0) + 1 FROM objects), ?)", row
        )
        return object_id

    def find(self, kind: str, object_id: str) -> Body:
        """Return an object; raise NotFound, also where it is of another kind."""
        query = "SELECT body FROM objects WHERE kind = ? AND id = ?"
        row = self._connection.execute(query, (kind, object_id)).fetchone()
        if row is None:
            raise NotFound("The payment service knows nothing of this.")
        return {"id": object_id, **json.loads(row["body"])}

    def all(self, kind: str) -> list[Body]:
        """Return all objects of a kind, the oldest first."""
        rows = self._connection.execute("SELECT id, body FROM objects WHERE kind = ? ORDER BY made", (kind,))
        return [{"id": row["id"], **json.loads(row["body"])} for row in rows]

    def change(self, kind: str, object_id: str, **values: object) -> None:
        """Change some values of an object."""
        body = {**self.find(kind, object_id), **values}
        del body["id"]
        self._connection.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), object_id))

    def tell(self, kind: str, about: Body) -> None:
        """Write an event down, to be sent after the commit."""
        event = (f"evt_{secrets.token_hex(12)}", kind, now().timestamp(), json.dumps(about))
        self._connection.execute("INSERT INTO events (id, kind, at, body) VALUES (?, ?, ?, ?)", event)
        self.have_news = True

    def events_since(self, seconds: float) -> list[sqlite3.Row]:
        """Return the events since a moment."""
        return self._connection.execute("SELECT * FROM events WHERE at >= ? ORDER BY number", (seconds,)).fetchall()

    def unsent(self) -> list[sqlite3.Row]:
        """Return the events that were not sent, and count them as sent."""
        sent = self._connection.execute("SELECT body FROM objects WHERE id = 'sent'").fetchone()
        last = json.loads(sent["body"])["number"] if sent else 0
        rows = self._connection.execute("SELECT * FROM events WHERE number > ? ORDER BY number", (last,)).fetchall()
        if rows:
            body = json.dumps({"number": rows[-1]["number"]})
            self._connection.execute("INSERT OR REPLACE INTO objects VALUES ('sent', 'sent', 0, ?)", (body,))
        return rows


def _envelope(row: sqlite3.Row) -> Body:
    about = json.loads(row["body"])
    return {
        "id": row["id"],
        "object": "event",
        "type": row["kind"],
        "created": int(row["at"]),
        "data": {"object": about},
    }


def _session(session_id: str) -> Body:
    return {"id": session_id, "object": "checkout.session"}


def _about(subscription_id: str) -> Body:
    return {"id": subscription_id, "object": "subscription"}


def _a_month_after(began: datetime, anchor_day: int) -> datetime:
    """Return the same day of the next month, or its last one: from the 31st of January to the 28th of February."""
    year, month = (began.year + 1, 1) if began.month == 12 else (began.year, began.month + 1)
    day = min(anchor_day, calendar.monthrange(year, month)[1])
    return began.replace(year=year, month=month, day=day)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
