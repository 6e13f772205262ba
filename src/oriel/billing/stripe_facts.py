"""Converts Stripe's objects to ours. Pure."""

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
    """Convert a subscription to a plan."""
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
    """Convert a page and its payment (`intent`), if there is one; `declined` is the bank's sentence."""
    charge = intent.latest_charge if intent and isinstance(intent.latest_charge, Charge) else None
    state = session.status if session.status in ("complete", "expired") else "open"
    paid = session.payment_status in ("paid", "no_payment_required") or (
        # A later attempt may pay the invoice; the page itself then still says "unpaid".
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
    """Convert the preview of a change that starts a new period; its largest line is that period's price."""
    period = max(preview.lines.data, key=lambda line: line.amount)
    credit = -sum(line.amount for line in preview.lines.data if line.amount < 0)
    return Quote(preview.amount_due, credit, period.amount, time_of(period.period.end), preview.currency)


def quote_later(preview: StripeInvoice, at: datetime) -> Quote:
    """Convert the preview of the invoice at the end of a period."""
    return Quote(0, 0, preview.amount_due, at, preview.currency)


def bank_refusal(intent: PaymentIntent | None) -> str | None:
    """Return why the bank declined the last card, as a sentence for the customer; None if it did not."""
    problem = intent.last_payment_error if intent else None
    if problem is None:
        return None
    return problem.message if problem.type == "card_error" and problem.message else "Your bank declined the payment."


def _price_of(invoice: StripeInvoice) -> str:
    """Return the price id of the most expensive line; an upgrade's invoice has a second line, the credit."""
    line = max(invoice.lines.data, key=lambda line: line.amount, default=None)
    details = line.pricing.price_details if line and line.pricing else None
    return id_of(details.price) or "" if details else ""


def invoice_facts(invoice: StripeInvoice, plans: Mapping[str, str]) -> Invoice:
    """Convert an invoice; `plans` are plan names by price id."""
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
    """Return the id of an object that Stripe sends as an id or, if expanded, as a whole."""
    return what if what is None or isinstance(what, str) else str(what.id)


def time_of(seconds: int) -> datetime:
    """Convert one of Stripe's timestamps, in whole seconds."""
    return datetime.fromtimestamp(seconds, UTC)
