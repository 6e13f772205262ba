"""An offline payment service for development: it charges nothing and otherwise behaves like Stripe.

Its books are a small SQLite file beside our database. What customers do on its pages (/dev/checkout, /dev/portal)
changes the books and sends signed events to our webhook: each of them twice and out of order, on purpose.
"""

import calendar
import contextlib
import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import httpx

from oriel.billing.gateway import (
    Checkout,
    CheckoutFacts,
    CustomerGone,
    Event,
    GivenBack,
    Invoice,
    OpenCheckout,
    Quote,
    SubscriptionFacts,
)
from oriel.billing.offline_books import Body, Books, Row, opened_books
from oriel.billing.plans import CREDIT, PLANS
from oriel.billing.signatures import read_signed, signed
from oriel.errors import CardDeclined, NotFound, PaymentsUnavailable, WrongState
from oriel.infra.clock import now

_log = logging.getLogger("oriel.payments")

_PATIENCE_S = 5.0
_RETRIES = 8
_RETRIED_FOR = timedelta(days=14)
_DECLINED = "Your card was declined."
_NOT_OPEN = {"complete": "This has already been paid.", "expired": "This payment page has expired."}

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

    def __init__(self, folder: Path, base_url: str, secret: str, deliver: Deliver | None = None) -> None:
        self._path = folder / "offline-payments.sqlite3"
        self._base_url = base_url
        self._secret = secret
        self._deliver = deliver or self._post

    # --- the gateway

    def check(self) -> None:
        """Open the books."""
        with self._books():
            pass

    def customer(self, user_id: str, email: str, name: str, *, instead_of: str | None = None) -> str:
        """Create a customer; a deleted one gets the same id again."""
        with self._books() as books:
            return books.add("cus", f"cus_{user_id}", {"email": email, "name": name, "card_fails": False})

    def forget_customer(self, customer_id: str) -> None:
        """End the subscriptions and forget who the customer was."""
        with self._books() as books:
            for subscription in books.all("sub"):
                if subscription["customer"] == customer_id:
                    self._end(books, subscription["id"])
            books.forget("cus", customer_id)

    def open_checkout(self, checkout: Checkout) -> OpenCheckout:
        """Open a payment page."""
        plan = CREDIT if checkout.product == "render" else PLANS[checkout.product]
        body = {
            "payment_id": checkout.payment_id,
            "customer": checkout.customer_id,
            "product": checkout.product,
            "trial_days": checkout.trial_days,
            "amount": 0 if checkout.trial_days else plan.price_cents,
            "success_url": checkout.success_url,
            "cancel_url": checkout.cancel_url,
            "expires_at": checkout.expires_at.timestamp(),
            "state": "open",
        }
        with self._books() as books:
            _known(books, checkout.customer_id)
            session_id = books.add("cs", f"cs_offline_{checkout.payment_id}", body)
        return OpenCheckout(session_id, f"{self._base_url}/dev/checkout?session={session_id}")

    def checkout(self, session_id: str) -> CheckoutFacts:
        """Return a page's state."""
        with self._books() as books:
            page = self._page(books, session_id)
            paid = page.get("paid_as") or page.get("subscription")
            money = books.find("pi", page["paid_as"]) if page.get("paid_as") else {}
        return CheckoutFacts(
            session_id=session_id,
            state=page["state"],
            paid=page["state"] == "complete" and bool(paid),
            failed=False,
            declined=None if paid else page.get("declined"),
            amount=page["amount"],
            currency="usd",
            paid_as=page.get("paid_as"),
            subscription_id=page.get("subscription"),
            invoice_id=page.get("invoice"),
            receipt_url=f"{self._base_url}/dev/checkout?session={session_id}" if paid else None,
            back=_back(money),
        )

    def checkout_that_paid(self, paid_as: str) -> str | None:
        """Search for the page of a payment, also of a declined one."""
        with self._books() as books:
            return next((page["id"] for page in books.all("cs") if _payment_on(page["id"]) == paid_as), None)

    def bill_paid_as(self, paid_as: str) -> str | None:
        """Search for the invoice of a payment."""
        with self._books() as books:
            invoice_id: str | None = books.find("pi", paid_as).get("invoice")
            return invoice_id

    def given_back(self, invoice_id: str) -> GivenBack:
        """Return an invoice's refunds and disputes."""
        with self._books() as books:
            bill = books.find("in", invoice_id)
            return _back(books.find("pi", bill["paid_as"])) if bill.get("paid_as") else GivenBack()

    def expire_checkout(self, session_id: str) -> None:
        """Close a page."""
        with contextlib.suppress(WrongState):
            self.abandon(session_id)

    def refund(self, paid_as: str) -> None:
        """Refund all of a payment."""
        with self._books() as books:
            if not self._give_back(books, paid_as):
                raise PaymentsUnavailable("The bank has already reversed this payment.")

    def subscription(self, subscription_id: str) -> SubscriptionFacts:
        """Return a subscription's current state."""
        with self._books() as books:
            return self._facts(self._renewed(books, subscription_id))

    def subscriptions_of(self, customer_id: str) -> Sequence[SubscriptionFacts]:
        """List a customer's subscriptions that are not over."""
        with self._books() as books:
            theirs = [each["id"] for each in books.all("sub") if each["customer"] == customer_id]
            facts = [self._facts(self._renewed(books, subscription_id)) for subscription_id in theirs]
        return [fact for fact in facts if fact.state != "over"]

    def all_subscriptions(self) -> Sequence[SubscriptionFacts]:
        """List all subscriptions that are not over."""
        with self._books() as books:
            facts = [self._facts(self._renewed(books, each["id"])) for each in books.all("sub")]
        return [fact for fact in facts if fact.state != "over"]

    def quote_upgrade(self, subscription_id: str, plan: str, at: datetime) -> Quote:
        """Return the price of a new period, less the unused part of the old one."""
        with self._books() as books:
            subscription = self._going_on(books, subscription_id)
            if _is_trial(subscription):
                return _quote_later(subscription, plan)
            began = now()
            ends, credit = _a_month_after(began, began.day), _left_of_period(subscription, at)
            price = PLANS[plan].price_cents
            return Quote(max(0, price - credit), credit, price, ends, "usd")

    def quote_change_at_period_end(self, subscription_id: str, plan: str) -> Quote:
        """Return the price of the next period."""
        with self._books() as books:
            return _quote_later(self._going_on(books, subscription_id), plan)

    def upgrade(self, subscription_id: str, plan: str, at: datetime) -> None:
        """Change the price and start a new period, which is billed at once."""
        with self._books() as books:
            subscription = self._going_on(books, subscription_id)
            if books.find("cus", subscription["customer"])["card_fails"] and not _is_trial(subscription):
                raise CardDeclined(_DECLINED)
            if not subscription["period_start"] <= at.timestamp():
                raise WrongState("A new period has already begun.")
            books.change("sub", subscription_id, plan=plan, kept_plan=None, kept_until=None)
            if not _is_trial(subscription):
                self._begin_period(books, subscription_id, now())
                amount = max(0, PLANS[plan].price_cents - _left_of_period(subscription, at))
                self._bill(books, subscription_id, amount, pays=True, is_change=True)
            books.tell("customer.subscription.updated", _about(subscription_id))

    def change_at_period_end(self, subscription_id: str, plan: str, *, kept_plan: str | None) -> None:
        """Change the price, which is charged with the next period."""
        with self._books() as books:
            subscription = self._going_on(books, subscription_id)
            until = subscription["period_end"] if kept_plan else None
            books.change("sub", subscription_id, plan=plan, kept_plan=kept_plan, kept_until=until)
            books.tell("customer.subscription.updated", _about(subscription_id))

    def cancel_at_period_end(self, subscription_id: str, *, cancel: bool) -> None:
        """Set or clear the end."""
        with self._books() as books:
            self._going_on(books, subscription_id)
            books.change("sub", subscription_id, ends=cancel)
            books.tell("customer.subscription.updated", _about(subscription_id))

    def end_subscription(self, subscription_id: str) -> None:
        """End a subscription now and refund its latest invoice."""
        with self._books() as books:
            bills = [bill for bill in books.all("in") if bill["subscription"] == subscription_id]
            if bills and bills[-1].get("paid_as"):
                self._give_back(books, bills[-1]["paid_as"])
            self._end(books, subscription_id)

    def portal(self, customer_id: str, return_url: str) -> str:
        """Return the URL of our portal page."""
        with self._books() as books:
            _known(books, customer_id)
        return self._portal(customer_id)

    def invoice(self, invoice_id: str) -> Invoice:
        """Return an invoice."""
        with self._books() as books:
            return self._invoice(books.find("in", invoice_id))

    def invoices(self, customer_id: str) -> Sequence[Invoice]:
        """Return a customer's invoices, the latest first."""
        with self._books() as books:
            return [self._invoice(each) for each in reversed(books.all("in")) if each["customer"] == customer_id]

    def read_event(self, body: bytes, signature: str) -> Event:
        """Check the signature."""
        return read_signed(body, signature, self._secret)

    def events_since(self, moment: datetime) -> Sequence[Event]:
        """Return the events since this time."""
        with self._books() as books:
            return [
                Event(row["id"], row["kind"], _time(row["at"]), {"data": {"object": json.loads(row["body"])}})
                for row in books.events_since(moment.timestamp())
            ]

    # --- the customer's actions on its pages

    def page(self, session_id: str) -> Body:
        """Return a page with its customer's email address and the cents of it that were refunded; raise NotFound."""
        with self._books() as books:
            page = self._page(books, session_id)
            bill = books.find("in", page["invoice"]) if page.get("invoice") else {}
            paid_as = page.get("paid_as") or bill.get("paid_as")
            refunded = books.find("pi", paid_as)["refunded"] if paid_as else 0
            return {**page, "email": books.find("cus", page["customer"])["email"], "refunded": refunded}

    def pay(self, session_id: str) -> Body:
        """Pay and return the page; raise WrongState if it is not open, CardDeclined if the card is set to fail."""
        with self._open_page(session_id) as (books, page):
            is_declined = books.find("cus", page["customer"])["card_fails"]
        if is_declined:
            self.decline(session_id)
            raise CardDeclined(_DECLINED)
        with self._open_page(session_id) as (books, page):
            if page["product"] == "render":
                paid_as = books.add("pi", _payment_on(session_id), {"amount": page["amount"], "refunded": 0})
                books.change("cs", session_id, state="complete", paid_as=paid_as)
                books.tell("payment_intent.succeeded", {"id": paid_as, "object": "payment_intent"})
            else:
                self._subscribe(books, page)
            books.tell("checkout.session.completed", _session(session_id))
            return books.find("cs", session_id)

    def decline(self, session_id: str) -> None:
        """Decline a card, which leaves the page open; raise WrongState if it is not open."""
        with self._open_page(session_id) as (books, _):
            books.change("cs", session_id, declined=_DECLINED)
            about = {"id": _payment_on(session_id), "object": "payment_intent"}
            books.tell("payment_intent.payment_failed", about)

    def abandon(self, session_id: str) -> None:
        """Let the page expire; raise WrongState if it is not open."""
        with self._open_page(session_id) as (books, _):
            books.change("cs", session_id, state="expired")
            books.tell("checkout.session.expired", _session(session_id))

    def overview(self, customer_id: str) -> Overview:
        """Return a customer's portal; raise NotFound."""
        with self._books() as books:
            customer = books.find("cus", customer_id)
            theirs = [each["id"] for each in books.all("sub") if each["customer"] == customer_id]
            return Overview(
                customer_id=customer_id,
                email=customer["email"],
                card_fails=customer["card_fails"],
                subscriptions=[self._facts(self._renewed(books, each)) for each in reversed(theirs)],
                bills=[self._invoice(bill) for bill in reversed(books.all("in")) if bill["customer"] == customer_id],
            )

    def let_card_fail(self, customer_id: str, *, fails: bool) -> None:
        """Decline a customer's payments from now on, or accept them again and collect an open invoice."""
        with self._books() as books:
            books.change("cus", customer_id, card_fails=fails)
            theirs = [each["id"] for each in books.all("sub") if each["customer"] == customer_id]
            for subscription_id in theirs:
                if self._renewed(books, subscription_id)["state"] == "past_due" and not fails:
                    self._pay_late(books, subscription_id)

    def renew(self, subscription_id: str) -> None:
        """End the current period now; raise WrongState for a subscription that is over."""
        with self._books() as books:
            subscription = self._going_on(books, subscription_id)
            ends = now().timestamp()
            # The kept plan ends with the period, so it moves with the period's end.
            kept_until = (
                ends if subscription["kept_until"] == subscription["period_end"] else subscription["kept_until"]
            )
            books.change("sub", subscription_id, period_end=ends, kept_until=kept_until)
            if _is_trial(subscription):
                books.change("sub", subscription_id, trial_until=ends, anchor_day=now().day)
            self._renewed(books, subscription_id)

    def let_last_try_fail(self, subscription_id: str) -> None:
        """End an unpaid subscription, as Stripe does after its last attempt; raise WrongState if it is paid."""
        with self._books() as books:
            if self._going_on(books, subscription_id)["state"] != "past_due":
                raise WrongState("This subscription has no open invoice.")
            self._end(books, subscription_id)

    def dispute(self, paid_as: str, state: Literal["open", "won", "lost"]) -> None:
        """Open a dispute about a payment, or decide it."""
        kind = "charge.dispute.created" if state == "open" else "charge.dispute.closed"
        with self._books() as books:
            books.change("pi", paid_as, dispute=state)
            books.tell(kind, {"id": f"dp_{paid_as}", "object": "dispute", "payment_intent": paid_as})

    # --- the books

    @contextlib.contextmanager
    def _books(self) -> Iterator[Books]:
        with opened_books(self._path) as books:
            yield books
        if books.have_news:
            self._send()

    def _page(self, books: Books, session_id: str) -> Body:
        page = books.find("cs", session_id)
        if page["state"] == "open" and page["expires_at"] <= now().timestamp():
            books.change("cs", session_id, state="expired")
            books.tell("checkout.session.expired", _session(session_id))
            page = books.find("cs", session_id)
        return page

    @contextlib.contextmanager
    def _open_page(self, session_id: str) -> Iterator[tuple[Books, Body]]:
        # In a transaction of its own, so that an expiry is saved although the refusal below rolls back.
        self.page(session_id)
        with self._books() as books:
            page = self._page(books, session_id)
            if page["state"] != "open":
                raise WrongState(_NOT_OPEN[page["state"]])
            yield books, page

    def _subscribe(self, books: Books, page: Body) -> None:
        began, trial_days = now(), page.get("trial_days", 0)
        ends = began + timedelta(days=trial_days) if trial_days else _a_month_after(began, began.day)
        body = {
            "customer": page["customer"],
            "payment_id": page["payment_id"],
            "plan": page["product"],
            "state": "live",
            "anchor_day": ends.day if trial_days else began.day,
            "period_start": began.timestamp(),
            "period_end": ends.timestamp(),
            "ends": False,
            "kept_plan": None,
            "kept_until": None,
            "trial_until": ends.timestamp() if trial_days else None,
        }
        subscription_id = books.add("sub", f"sub_{page['id']}", body)
        books.tell("customer.subscription.created", _about(subscription_id))
        invoice_id = self._bill(books, subscription_id, page["amount"], pays=True, is_first=True)
        books.change("cs", page["id"], state="complete", subscription=subscription_id, invoice=invoice_id)

    def _renewed(self, books: Books, subscription_id: str) -> Body:
        """Return a subscription after the renewals that are due."""
        subscription = books.find("sub", subscription_id)
        while subscription["state"] in ("live", "past_due") and subscription["period_end"] <= now().timestamp():
            if subscription["ends"]:
                self._end(books, subscription_id)
                return books.find("sub", subscription_id)
            began = _time(subscription["period_end"])
            ends = _a_month_after(began, subscription["anchor_day"]).timestamp()
            books.change("sub", subscription_id, period_start=began.timestamp(), period_end=ends)
            fails = books.find("cus", subscription["customer"])["card_fails"]
            self._bill(books, subscription_id, PLANS[subscription["plan"]].price_cents, pays=not fails)
            books.tell("customer.subscription.updated", _about(subscription_id))
            subscription = books.find("sub", subscription_id)
        if subscription["state"] == "past_due" and _time(subscription["period_start"]) + _RETRIED_FOR <= now():
            self._end(books, subscription_id)
            subscription = books.find("sub", subscription_id)
        return subscription

    def _begin_period(self, books: Books, subscription_id: str, began: datetime) -> None:
        period = {"period_start": began.timestamp(), "period_end": _a_month_after(began, began.day).timestamp()}
        books.change("sub", subscription_id, anchor_day=began.day, **period)

    def _bill(
        self,
        books: Books,
        subscription_id: str,
        amount: int,
        *,
        pays: bool,
        is_first: bool = False,
        is_change: bool = False,
    ) -> str:
        subscription = books.find("sub", subscription_id)
        body = {
            "customer": subscription["customer"],
            "subscription": subscription_id,
            "amount": amount,
            "state": "open",
            "plan": subscription["plan"],
            "is_first": is_first,
            "is_change": is_change,
            "at": now().timestamp(),
        }
        invoice_id = books.add("in", f"in_{secrets.token_hex(10)}", body)
        books.change("sub", subscription_id, state="live" if pays else "past_due")
        if pays:
            self._pay_bill(books, invoice_id)
        else:
            books.tell("invoice.payment_failed", {"id": invoice_id, "object": "invoice"})
        return invoice_id

    def _pay_bill(self, books: Books, invoice_id: str) -> None:
        amount, paid_as = books.find("in", invoice_id)["amount"], None
        if amount:
            money = {"amount": amount, "refunded": 0, "invoice": invoice_id}
            paid_as = books.add("pi", f"pi_{invoice_id}", money)
        books.change("in", invoice_id, state="paid", paid_as=paid_as)
        books.tell("invoice.paid", {"id": invoice_id, "object": "invoice"})

    def _give_back(self, books: Books, paid_as: str) -> bool:
        """Refund what is left of a payment; return False while it is disputed or after a lost dispute."""
        money = books.find("pi", paid_as)
        if money["refunded"] == money["amount"]:
            return True
        if money.get("dispute") in ("open", "lost"):
            return False
        books.change("pi", paid_as, refunded=money["amount"])
        books.tell("charge.refunded", {"id": f"ch_{paid_as}", "object": "charge", "payment_intent": paid_as})
        return True

    def _going_on(self, books: Books, subscription_id: str) -> Body:
        subscription = self._renewed(books, subscription_id)
        if subscription["state"] == "over":
            raise WrongState("This subscription has ended.")
        return subscription

    def _pay_late(self, books: Books, subscription_id: str) -> None:
        for bill in books.all("in"):
            if bill["subscription"] == subscription_id and bill["state"] == "open":
                self._pay_bill(books, bill["id"])
        books.change("sub", subscription_id, state="live")
        books.tell("customer.subscription.updated", _about(subscription_id))

    def _end(self, books: Books, subscription_id: str) -> None:
        if books.find("sub", subscription_id)["state"] != "over":
            books.change("sub", subscription_id, state="over")
            books.tell("customer.subscription.deleted", _about(subscription_id))

    def _facts(self, subscription: Body) -> SubscriptionFacts:
        return SubscriptionFacts(
            subscription_id=subscription["id"],
            customer_id=subscription["customer"],
            plan=subscription["plan"],
            state=subscription["state"],
            period_start=_time(subscription["period_start"]),
            period_end=_time(subscription["period_end"]),
            ends_at=_time(subscription["period_end"]) if subscription["ends"] else None,
            trial_until=_time(subscription["period_end"]) if _is_trial(subscription) else None,
            payment_id=subscription.get("payment_id"),
            kept_plan=subscription["kept_plan"],
            kept_until=_time(subscription["kept_until"]) if subscription["kept_until"] else None,
        )

    def _invoice(self, bill: Body) -> Invoice:
        address = f"{self._portal(bill['customer'])}#{bill['id']}"
        waits = bill["state"] == "open"
        return Invoice(
            id=bill["id"],
            number=f"OFFLINE-{bill['id'][-6:].upper()}",
            subscription_id=bill["subscription"],
            customer_id=bill["customer"],
            amount=bill["amount"],
            currency="usd",
            state=bill["state"],
            plan=bill["plan"],
            is_first=bill["is_first"],
            is_change=bill["is_change"],
            tries=1,
            created_at=_time(bill["at"]),
            next_try_at=_time(bill["at"]) + _RETRIED_FOR / _RETRIES if waits else None,
            page_url=address,
            pdf_url=f"{self._base_url}/dev/invoice/{bill['id']}.pdf",
        )

    def _portal(self, customer_id: str) -> str:
        return f"{self._base_url}/dev/portal?customer={customer_id}"

    # --- events

    def _send(self) -> None:
        """Send the events that were not sent yet: each twice, in random order."""
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
        # Not a daemon thread: a command must not end before the event is sent.
        threading.Thread(target=self._posted, args=(body, signature)).start()

    def _posted(self, body: bytes, signature: str) -> None:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        try:
            httpx.post(f"{self._base_url}/api/payments/webhook", content=body, headers=headers, timeout=_PATIENCE_S)
        except httpx.HTTPError as error:
            # As with Stripe, the reconciliation finds lost events.
            _log.warning("An event of the offline payment service was rejected: %s", error)


def _payment_on(session_id: str) -> str:
    """Return the id of the payment on a page, whether or not it succeeds."""
    return f"pi_{session_id}"


def _is_trial(subscription: Body) -> bool:
    """Return whether a subscription is in its free trial."""
    return bool(subscription.get("trial_until")) and subscription["trial_until"] == subscription["period_end"]


def _left_of_period(subscription: Body, at: datetime) -> int:
    """Return the value of the unused part of the period at this time, in cents."""
    left = (subscription["period_end"] - at.timestamp()) / (subscription["period_end"] - subscription["period_start"])
    paid = PLANS[subscription["kept_plan"] or subscription["plan"]].price_cents
    return round(paid * min(1.0, max(0.0, float(left))))


def _quote_later(subscription: Body, plan: str) -> Quote:
    return Quote(0, 0, PLANS[plan].price_cents, _time(subscription["period_end"]), "usd")


def _known(books: Books, customer_id: str) -> None:
    try:
        books.find("cus", customer_id)
    except NotFound as error:
        # The file with the data was deleted.
        raise CustomerGone from error


def _back(money: Body) -> GivenBack:
    dispute = money.get("dispute")
    return GivenBack(money.get("refunded", 0), disputed=dispute == "open", dispute_lost=dispute == "lost")


def _envelope(row: Row) -> Body:
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
    """Return the same day of the next month, or its last day: 28 February after 31 January."""
    year, month = (began.year + 1, 1) if began.month == 12 else (began.year, began.month + 1)
    day = min(anchor_day, calendar.monthrange(year, month)[1])
    return began.replace(year=year, month=month, day=day)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
