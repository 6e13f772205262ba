"""Stripe's objects in our terms; pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast

from stripe import Charge, PaymentIntent
from stripe import Invoice as StripeInvoice
from stripe import Subscription as StripeSubscription
from stripe.checkout import Session

from oriel.billing.gateway import CheckoutFacts, GivenBack, Invoice, Quote, SubscriptionFacts

STATES: dict[str, Literal["live", "past_due", "over", "not_yet"]] = {
    "active": "live",
    "trialing": "live",
    "past_due": "past_due",
    "incomplete": "not_yet",
    "incomplete_expired": "over",
    "canceled": "over",
    "unpaid": "over",
    "paused": "over",
}


def subscription_facts(subscription: StripeSubscription, plan: str | None) -> SubscriptionFacts:
    """Return how a subscription to a plan stands."""
    item, labels = subscription.items.data[0], subscription.metadata.to_dict()
    kept_until = labels.get("kept_until")
    # Stripe's own portal writes a date and leaves `cancel_at_period_end` false.
    ends_at = subscription.cancel_at or (item.current_period_end if subscription.cancel_at_period_end else None)
    return SubscriptionFacts(
        subscription_id=subscription.id,
        customer_id=id_of(subscription.customer) or "",
        plan=plan,
        state=STATES.get(subscription.status, "not_yet"),
        period_start=time_of(item.current_period_start),
        period_end=time_of(item.current_period_end),
        ends_at=time_of(ends_at) if ends_at else None,
        trial_until=time_of(subscription.trial_end)
        if subscription.status == "trialing" and subscription.trial_end
        else None,
        payment_id=labels.get("payment_id"),
        kept_plan=labels.get("kept_plan"),
        kept_until=time_of(int(kept_until)) if kept_until else None,
    )


def checkout_facts(
    session: Session, intent: PaymentIntent | None, back: GivenBack, *, is_refused: bool, declined: str | None
) -> CheckoutFacts:
    """Return what became of a page, whose payment is `intent` where it has one; `declined` is the bank's sentence."""
    charge = intent.latest_charge if intent and isinstance(intent.latest_charge, Charge) else None
    state = session.status if session.status in ("complete", "expired") else "open"
    paid = session.payment_status in ("paid", "no_payment_required") or (
        # A bill that a bank has refused at first may be paid later, of which the page hears nothing.
        isinstance(session.invoice, StripeInvoice) and session.invoice.status == "paid"
    )
    return CheckoutFacts(
        session_id=session.id,
        state=cast("Any", state),
        paid=state == "complete" and paid,
        failed=state == "complete" and not paid and is_refused,
        declined=None if paid else declined,
        amount=session.amount_total or 0,
        currency=session.currency or "usd",
        paid_as=intent.id if intent else None,
        subscription_id=id_of(session.subscription),
        invoice_id=id_of(session.invoice),
        receipt_url=charge.receipt_url if charge else None,
        back=back,
    )


def quote_now(preview: StripeInvoice) -> Quote:
    """Return what a preview of a change with a new period says: its largest line is that period's price."""
    period = max(preview.lines.data, key=lambda line: line.amount)
    credit = -sum(line.amount for line in preview.lines.data if line.amount < 0)
    return Quote(preview.amount_due, credit, period.amount, time_of(period.period.end), preview.currency)


def quote_later(preview: StripeInvoice, at: datetime) -> Quote:
    """Return what a preview of the bill at the end of a period says."""
    return Quote(0, 0, preview.amount_due, at, preview.currency)


def bank_refusal(intent: PaymentIntent | None) -> str | None:
    """Return what the bank said about the last card, as a sentence that customers may read."""
    problem = intent.last_payment_error if intent else None
    if problem is None:
        return None
    return problem.message if problem.type == "card_error" and problem.message else "Your bank declined the payment."


def _price_of(invoice: StripeInvoice) -> str:
    """Return the price of the line that costs most; a change has another one for what is given back."""
    line = max(invoice.lines.data, key=lambda line: line.amount, default=None)
    details = line.pricing.price_details if line and line.pricing else None
    return id_of(details.price) or "" if details else ""


def invoice_facts(invoice: StripeInvoice, plans: Mapping[str, str]) -> Invoice:
    """Return a bill; `plans` are names by price ids."""
    details = invoice.parent.subscription_details if invoice.parent else None
    return Invoice(
        id=invoice.id or "",
        number=invoice.number,
        subscription_id=id_of(details.subscription) if details else None,
        customer_id=id_of(invoice.customer) or "",
        amount=invoice.amount_paid or invoice.amount_due,
        currency=invoice.currency,
        state=cast("Any", invoice.status or "draft"),
        plan=plans.get(_price_of(invoice)),
        is_first=invoice.billing_reason == "subscription_create",
        is_change=invoice.billing_reason == "subscription_update",
        tries=invoice.attempt_count,
        created_at=time_of(invoice.created),
        next_try_at=time_of(invoice.next_payment_attempt) if invoice.next_payment_attempt else None,
        page_url=invoice.hosted_invoice_url,
        pdf_url=invoice.invoice_pdf,
    )


def id_of(what: Any) -> str | None:  # noqa: ANN401  (an id, or the object that it was expanded to)
    """Return the id of what Stripe names by its id, or sends as a whole where that was asked for."""
    return what if what is None or isinstance(what, str) else str(what.id)


def time_of(seconds: int) -> datetime:
    """Return a moment of Stripe's, which counts whole seconds."""
    return datetime.fromtimestamp(seconds, UTC)
