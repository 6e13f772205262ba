"""Finds the events of payments and customers. The journal keeps only the ids of an event's object and payment."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select

from oriel.billing.models import PayingCustomer, Payment, PaymentEvent, PlanHolding
from oriel.infra.database import db

_MOST_PAYMENTS = 500
_OBJECT = PaymentEvent.body["data"]["object"]
_ABOUT = (_OBJECT["id"].as_string(), _OBJECT["payment_intent"].as_string())


def is_about(text: str, user_ids: Collection[str]) -> ColumnElement[bool]:
    """Return the condition for events with this id, or about the payments and plans that a text or customers name.

    The text may be the id of a payment of ours, or any id at Stripe; of customers, the latest 500 payments count.
    """
    customer = db.session.scalar(select(PayingCustomer.user_id).where(PayingCustomer.customer_id == text))
    users = [*user_ids, *([customer] if customer else [])]
    ids = {text} | _ids_of_payments(text, users) | _ids_of_plans(users)
    return or_(PaymentEvent.id == text, *(about.in_(ids) for about in _ABOUT))


def payment_about(event: PaymentEvent) -> Payment | None:
    """Return the payment that an event is about; None where it is about a subscription, or about nothing of ours."""
    about = event.body.get("data", {}).get("object")
    ids = [about[name] for name in ("id", "payment_intent") if about.get(name)] if isinstance(about, dict) else []
    named = or_(*(column.in_(ids) for column in (Payment.stripe_session_id, Payment.paid_as, Payment.invoice_id)))
    return db.session.scalar(select(Payment).where(named).order_by(Payment.id).limit(1)) if ids else None


def _ids_of_payments(text: str, user_ids: Collection[str]) -> set[str]:
    at_stripe = (Payment.stripe_session_id, Payment.paid_as, Payment.invoice_id)
    named = or_(Payment.user_id.in_(user_ids), *(column == text for column in (Payment.id, *at_stripe)))
    query = select(*at_stripe).where(named).order_by(Payment.id.desc()).limit(_MOST_PAYMENTS)
    return {each for row in db.session.execute(query) for each in row if each}


def _ids_of_plans(user_ids: Collection[str]) -> set[str]:
    query = select(PlanHolding.subscription_id).where(PlanHolding.user_id.in_(user_ids))
    return {each for each in db.session.scalars(query) if each}
