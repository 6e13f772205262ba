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
    """The payment service has forgotten a customer, whom somebody has deleted there: they are to be made anew."""


@dataclass(frozen=True)
class Checkout:
    """The page on which a customer pays, as it is to be opened. `payment_id` makes opening it twice the same page."""

    payment_id: str
    customer_id: str
    # A plan's name, or "render" for a single one.
    product: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    # Of a subscription: so long nothing is charged.
    trial_days: int = 0


@dataclass(frozen=True)
class OpenCheckout:
    """A page that was opened."""

    session_id: str
    url: str


@dataclass(frozen=True)
class GivenBack:
    """What has gone back of a payment, in the smallest unit, and whether the customer's bank wants it back."""

    refunded: int = 0
    disputed: bool = False
    dispute_lost: bool = False


@dataclass(frozen=True)
class CheckoutFacts:
    """What became of such a page; amounts in the currency's smallest unit."""

    session_id: str
    state: Literal["open", "complete", "expired"]
    paid: bool
    # The bank has said no after the page was complete.
    failed: bool
    amount: int
    currency: str
    # What the bank has said about the latest card, as a sentence for the customer; the page may still be open.
    declined: str | None = None
    paid_as: str | None = None
    subscription_id: str | None = None
    invoice_id: str | None = None
    receipt_url: str | None = None
    # Of a single payment; a subscription's bills are asked about by themselves.
    back: GivenBack = GivenBack()


@dataclass(frozen=True)
class SubscriptionFacts:
    """A subscription as it is now; `plan` is the one whose price it has.

    After a downgrade that is the smaller one at once, and `kept_plan` holds until `kept_until`, the period's end.
    """

    subscription_id: str
    customer_id: str
    plan: str | None
    # "live" and "past_due" keep the plan, "over" does not, and "not_yet" never had it.
    state: Literal["live", "past_due", "over", "not_yet"]
    period_start: datetime
    period_end: datetime
    # When it ends for good: with the period, before, or some periods later; None where it goes on.
    ends_at: datetime | None = None
    # When the free trial ends; null without a trial, or after it.
    trial_until: datetime | None = None
    # By whose page it began.
    payment_id: str | None = None
    kept_plan: str | None = None
    kept_until: datetime | None = None

    @property
    def present_plan(self) -> str | None:
        """The plan that holds: one that was paid for holds until its period's end."""
        return self.kept_plan if self._is_kept else self.plan

    @property
    def pending_plan(self) -> str | None:
        """The plan that is ordered for the next period."""
        return self.plan if self._is_kept else None

    @property
    def _is_kept(self) -> bool:
        return self.kept_plan in PLANS and self.kept_until is not None and self.period_start < self.kept_until


@dataclass(frozen=True)
class Quote:
    """What a change of the plan costs; amounts in the currency's smallest unit."""

    amount_now: int
    # What is left of the running period, taken off the first month's price.
    credit: int
    next_amount: int
    next_at: datetime
    currency: str


@dataclass(frozen=True)
class Invoice:
    """A bill of a subscription; amount in the currency's smallest unit."""

    id: str
    number: str | None
    subscription_id: str | None
    customer_id: str
    amount: int
    currency: str
    state: Literal["draft", "open", "paid", "uncollectible", "void"]
    # The plan that is billed: the subscription may have another one by now.
    plan: str | None
    is_first: bool
    # For the period that began with a higher plan.
    is_change: bool
    tries: int
    created_at: datetime
    next_try_at: datetime | None
    page_url: str | None
    pdf_url: str | None


@dataclass(frozen=True)
class Event:
    """Something that happened to an object of the payment service."""

    id: str
    kind: str
    created_at: datetime
    body: dict[str, object]


class PaymentGateway(Protocol):
    """A payment service. Every call may raise PaymentsUnavailable; those that move money may be repeated."""

    def customer(self, user_id: str, email: str, name: str, *, instead_of: str | None = None) -> str:
        """Return the id of a customer, made where there is none, or `instead_of` one that is gone."""

    def open_checkout(self, checkout: Checkout) -> OpenCheckout:
        """Open a page, for the same payment the same one; raise CustomerGone."""

    def checkout(self, session_id: str) -> CheckoutFacts:
        """Return what became of a page."""

    def checkout_that_paid(self, paid_as: str) -> str | None:
        """Return the page of a payment, also of a declined one; None for a payment without a page."""

    def bill_paid_as(self, paid_as: str) -> str | None:
        """Return the bill of a subscription that a payment has paid, or None where it was for something else."""

    def given_back(self, invoice_id: str) -> GivenBack:
        """Return what has gone back of a bill's money."""

    def expire_checkout(self, session_id: str) -> None:
        """Close a page that nobody shall pay on any more; one that is complete or expired stays as it is."""

    def refund(self, paid_as: str) -> None:
        """Give all of a payment back; one that was given back stays so."""

    def subscription(self, subscription_id: str) -> SubscriptionFacts:
        """Return how a subscription stands."""

    def subscriptions_of(self, customer_id: str) -> Sequence[SubscriptionFacts]:
        """Return all the subscriptions of a customer that are not over."""

    def quote_upgrade(self, subscription_id: str, plan: str, at: datetime) -> Quote:
        """Return what `upgrade` at this moment would charge; nothing changes."""

    def quote_change_at_period_end(self, subscription_id: str, plan: str) -> Quote:
        """Return what `change_at_period_end` would charge with the next period; nothing changes."""

    def upgrade(self, subscription_id: str, plan: str, at: datetime) -> None:
        """Give a subscription a higher price and begin a new period, billed at once; raise CardDeclined.

        What is left of the old period at the moment `at` is taken off. A trial goes on, and nothing is billed.
        """

    def change_at_period_end(self, subscription_id: str, plan: str, *, kept_plan: str | None) -> None:
        """Give it another price from the next period on, until whose beginning `kept_plan` holds (None: the same)."""

    def cancel_at_period_end(self, subscription_id: str, *, cancel: bool) -> None:
        """Let a subscription end with its period, or go on after all."""

    def end_subscription(self, subscription_id: str) -> None:
        """End a subscription at once and give back what was paid for it; one that is over stays so."""

    def portal(self, customer_id: str, return_url: str) -> str:
        """Return the address of a page for cards and invoices; raise CustomerGone."""

    def invoice(self, invoice_id: str) -> Invoice:
        """Return a bill."""

    def invoices(self, customer_id: str) -> Sequence[Invoice]:
        """Return a customer's bills, the latest first."""

    def read_event(self, body: bytes, signature: str) -> Event:
        """Return a received event; raise InvalidSignature if its signature is wrong or older than 5 minutes."""

    def events_since(self, moment: datetime) -> Sequence[Event]:
        """Return what has happened since, the oldest first."""


def init_payments(app: Flask, gateway: PaymentGateway | None) -> None:
    """Let this application take payments; without a gateway paid plans are off."""
    app.extensions[_KEY] = gateway


def takes_payments() -> bool:
    """Return whether there is a payment service."""
    return current_app.extensions.get(_KEY) is not None


def payments() -> PaymentGateway:
    """Return the payment service, or raise PaymentsUnavailable where there is none."""
    gateway: PaymentGateway | None = current_app.extensions.get(_KEY)
    if gateway is None:
        raise PaymentsUnavailable("This server takes no payments. Everything on the Free plan works.")
    return gateway
