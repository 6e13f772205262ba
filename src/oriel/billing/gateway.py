"""The interface to a payment service: Stripe's, or the offline one of development.

Only the object's id is taken from an event; its state is always fetched again, so events may come twice, late and in
any order. Write such facts only if no newer answer was written (see `optimistic_write`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from flask import Flask, current_app

from oriel.billing.plans import PLANS
from oriel.errors import PaymentsUnavailable

_KEY = "oriel.payments"


class CustomerGone(Exception):  # noqa: N818  (named for its situation, as those of oriel.errors)
    """The customer was deleted at the payment service and must be created again."""


@dataclass(frozen=True)
class Checkout:
    """A payment page to open; opening it twice with the same `payment_id` gives the same page."""

    payment_id: str
    customer_id: str
    # A plan's name, or "render" for a single render.
    product: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    # The free days of a subscription.
    trial_days: int = 0


@dataclass(frozen=True)
class OpenCheckout:
    """An open payment page."""

    session_id: str
    url: str


@dataclass(frozen=True)
class GivenBack:
    """A payment's refunds, in the currency's smallest unit, and its dispute."""

    refunded: int = 0
    disputed: bool = False
    dispute_lost: bool = False


@dataclass(frozen=True)
class CheckoutFacts:
    """The state of a payment page; amounts in the currency's smallest unit."""

    session_id: str
    state: Literal["open", "complete", "expired"]
    paid: bool
    # The bank declined after the page was complete.
    failed: bool
    amount: int
    currency: str
    # Why the bank declined the latest card, as a sentence for the customer; the page may still be open.
    declined: str | None = None
    paid_as: str | None = None
    subscription_id: str | None = None
    invoice_id: str | None = None
    receipt_url: str | None = None
    # Only of a single render; `given_back` has a subscription's invoices.
    back: GivenBack = GivenBack()


@dataclass(frozen=True)
class SubscriptionFacts:
    """A subscription's current state; `plan` belongs to its price.

    A downgrade changes the price at once; `kept_plan` then holds until `kept_until`, the period's end.
    """

    subscription_id: str
    customer_id: str
    plan: str | None
    # The plan holds while "live" and "past_due"; a "not_yet" subscription was never paid.
    state: Literal["live", "past_due", "over", "not_yet"]
    period_start: datetime
    period_end: datetime
    # When it ends for good: with the period, before, or some periods later; None where it goes on.
    ends_at: datetime | None = None
    # When the free trial ends; null without a trial, or after it.
    trial_until: datetime | None = None
    # The payment whose page started it.
    payment_id: str | None = None
    kept_plan: str | None = None
    kept_until: datetime | None = None

    @property
    def present_plan(self) -> str | None:
        """The current plan: a paid plan holds until its period's end."""
        return self.kept_plan if self._is_kept else self.plan

    @property
    def pending_plan(self) -> str | None:
        """The plan of the next period, if it differs."""
        return self.plan if self._is_kept else None

    @property
    def _is_kept(self) -> bool:
        return self.kept_plan in PLANS and self.kept_until is not None and self.period_start < self.kept_until


@dataclass(frozen=True)
class Quote:
    """The cost of a plan change; amounts in the currency's smallest unit."""

    amount_now: int
    # The unused part of the paid period, already deducted from `amount_now`.
    credit: int
    next_amount: int
    next_at: datetime
    currency: str


@dataclass(frozen=True)
class Invoice:
    """A subscription's invoice; amount in the currency's smallest unit."""

    id: str
    number: str | None
    subscription_id: str | None
    customer_id: str
    amount: int
    currency: str
    state: Literal["draft", "open", "paid", "uncollectible", "void"]
    # The billed plan; the subscription may have another one by now.
    plan: str | None
    is_first: bool
    # Whether an upgrade caused it.
    is_change: bool
    tries: int
    created_at: datetime
    next_try_at: datetime | None
    page_url: str | None
    pdf_url: str | None


@dataclass(frozen=True)
class Event:
    """A change of an object at the payment service."""

    id: str
    kind: str
    created_at: datetime
    body: dict[str, object]


class PaymentGateway(Protocol):
    """A payment service. Every call may raise PaymentsUnavailable; those that move money may be repeated."""

    def check(self) -> None:
        """Return if the service answers and accepts our key."""

    def customer(self, user_id: str, email: str, name: str, *, instead_of: str | None = None) -> str:
        """Create a customer, if need be in place of a deleted one (`instead_of`), and return its id."""

    def forget_customer(self, customer_id: str) -> None:
        """End a customer's subscriptions at once and delete name and address; invoices stay; twice changes nothing."""

    def open_checkout(self, checkout: Checkout) -> OpenCheckout:
        """Open a page, the same one for the same payment; raise CustomerGone."""

    def checkout(self, session_id: str) -> CheckoutFacts:
        """Return a page's state."""

    def checkout_that_paid(self, paid_as: str) -> str | None:
        """Return the page of a payment, also of a declined one; None for a payment without a page."""

    def bill_paid_as(self, paid_as: str) -> str | None:
        """Return the id of the invoice that a payment paid; None if it paid something else."""

    def given_back(self, invoice_id: str) -> GivenBack:
        """Return an invoice's refunds and disputes."""

    def expire_checkout(self, session_id: str) -> None:
        """Close a page; a complete or expired one stays as it is."""

    def refund(self, paid_as: str) -> None:
        """Refund all of a payment; a second call does nothing."""

    def subscription(self, subscription_id: str) -> SubscriptionFacts:
        """Return a subscription's current state."""

    def subscriptions_of(self, customer_id: str) -> Sequence[SubscriptionFacts]:
        """Return a customer's subscriptions that are not over."""

    def all_subscriptions(self) -> Sequence[SubscriptionFacts]:
        """Return all customers' subscriptions that are not over, in a few calls; also those of other products."""

    def quote_upgrade(self, subscription_id: str, plan: str, at: datetime) -> Quote:
        """Return what `upgrade` would charge with the same arguments; nothing changes."""

    def quote_change_at_period_end(self, subscription_id: str, plan: str) -> Quote:
        """Return what `change_at_period_end` would charge; nothing changes."""

    def upgrade(self, subscription_id: str, plan: str, at: datetime) -> None:
        """Change to a higher price and start a new period, which is billed at once; raise CardDeclined.

        The unused part of the old period at the time `at` is deducted. A trial continues, and nothing is billed.
        """

    def change_at_period_end(self, subscription_id: str, plan: str, *, kept_plan: str | None) -> None:
        """Change the price from the next period on; `kept_plan` holds until then (None: the plan stays)."""

    def cancel_at_period_end(self, subscription_id: str, *, cancel: bool) -> None:
        """Cancel a subscription at the end of its period, or resume it."""

    def end_subscription(self, subscription_id: str) -> None:
        """End a subscription at once and refund its latest invoice; a second call does nothing."""

    def portal(self, customer_id: str, return_url: str) -> str:
        """Return the URL of the customer's page for cards and invoices; raise CustomerGone."""

    def invoice(self, invoice_id: str) -> Invoice:
        """Return an invoice."""

    def invoices(self, customer_id: str) -> Sequence[Invoice]:
        """Return a customer's invoices, the latest first."""

    def read_event(self, body: bytes, signature: str) -> Event:
        """Return a received event; raise InvalidSignature if its signature is wrong or older than 5 minutes."""

    def events_since(self, moment: datetime) -> Sequence[Event]:
        """Return the events since this time, the oldest first."""


def init_payments(app: Flask, gateway: PaymentGateway | None) -> None:
    """Set the application's payment service; without one, paid plans are off."""
    app.extensions[_KEY] = gateway


def takes_payments() -> bool:
    """Return whether there is a payment service."""
    return current_app.extensions.get(_KEY) is not None


def payments() -> PaymentGateway:
    """Return the payment service; raise PaymentsUnavailable without one."""
    gateway: PaymentGateway | None = current_app.extensions.get(_KEY)
    if gateway is None:
        raise PaymentsUnavailable("This server takes no payments. Everything on the Free plan works.")
    return gateway
