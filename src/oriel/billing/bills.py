"""Invoices of subscriptions: each paid invoice becomes a payment; refunds are noted on it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.billing import letters
from oriel.billing.gateway import GivenBack, Invoice, payments
from oriel.billing.models import COMPLETED, PLAN_CHANGE, SUBSCRIPTION, PayingCustomer, Payment, PlanHolding
from oriel.billing.optimistic_write import retry_until_written
from oriel.billing.plans import FREE
from oriel.billing.subscription_sync import sync_subscription
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.infra.events import publish
from oriel.infra.ids import new_id

_GIVEN_BACK = "The payment was refunded."
TAKEN_BACK = "Your bank reversed this payment."
_SECOND = "You already had a subscription, so we ended this one and refunded the payment."


def record_paid_bill(invoice: Invoice) -> None:
    """Record a paid invoice as a payment, except a subscription's first one, which its page's payment stands for."""
    assert invoice.subscription_id
    sync_subscription(invoice.subscription_id)
    if invoice.is_first or invoice.state != "paid" or not invoice.amount or not _is_for_a_plan(invoice):
        return
    with writing() as session:
        user_id, plan = _whose(session, invoice)
        if user_id:
            _keep(session, user_id, plan, invoice)
    sync_bill(invoice.id)
    if user_id:
        publish(user_id, SUBSCRIPTION, invoice.subscription_id)


def report_unpaid_bill(invoice: Invoice) -> None:
    """Email the customer about an unpaid invoice, except a subscription's first one, whose page says so itself."""
    assert invoice.subscription_id
    sync_subscription(invoice.subscription_id)
    if invoice.is_first or invoice.state == "paid" or not _is_for_a_plan(invoice):
        return
    with writing() as session:
        user_id, plan = _whose(session, invoice)
        if user_id and plan != FREE.name:
            letters.payment_failed(session, user_id, invoice.plan or plan, invoice)


def sync_bill(invoice_id: str) -> None:
    """Record the refunds of an invoice; ignore invoices that are not ours."""
    retry_until_written(lambda: _is_refund_noted(invoice_id) or None)


def _is_refund_noted(invoice_id: str) -> bool:
    """Ask Stripe and write its answer; return False, with nothing written, if another writer came first."""
    version = db.session.scalar(select(Payment.version).where(Payment.invoice_id == invoice_id))
    db.session.commit()
    return version is None or _note(invoice_id, payments().given_back(invoice_id), version)


def _note(invoice_id: str, back: GivenBack, version: int) -> bool:
    with writing() as session:
        payment = session.scalars(select(Payment).where(Payment.invoice_id == invoice_id).with_for_update()).one()
        if payment.version != version:
            return False
        payment.version += 1
        before = payment.error
        payment.refunded, payment.is_disputed = back.refunded, back.disputed
        if payment.error in (_SECOND, _GIVEN_BACK) and back.refunded < payment.amount:
            # The bank returned the refund.
            payment.error = None
        if back.dispute_lost:
            payment.error = TAKEN_BACK
        elif payment.amount and back.refunded >= payment.amount:
            payment.error = _SECOND if payment.settled_by else _GIVEN_BACK
        if payment.error in (_SECOND, _GIVEN_BACK) and payment.error != before:
            letters.refunded(session, payment, payment.error)
    return True


def _is_for_a_plan(invoice: Invoice) -> bool:
    """Return whether an invoice is for one of our plans; the operator may bill the same customer for other things.

    The price does not matter for a subscription that holds a plan here: the operator may have made a special one.
    """
    assert invoice.subscription_id
    held = select(PlanHolding.user_id).where(PlanHolding.subscription_id == invoice.subscription_id)
    is_held = db.session.scalar(held) is not None
    db.session.commit()
    return is_held or payments().subscription(invoice.subscription_id).plan is not None


def _whose(session: Session, invoice: Invoice) -> tuple[str | None, str]:
    user_id = session.scalar(select(PayingCustomer.user_id).where(PayingCustomer.customer_id == invoice.customer_id))
    holding = session.get(PlanHolding, user_id) if user_id else None
    return user_id, holding.plan if holding else FREE.name


def _keep(session: Session, user_id: str, plan: str, invoice: Invoice) -> None:
    row = {
        "id": (payment_id := new_id()),
        "user_id": user_id,
        "kind": SUBSCRIPTION,
        "plan": invoice.plan or plan,
        "amount": invoice.amount,
        "currency": invoice.currency,
        "status": COMPLETED,
        "created_at": invoice.created_at,
        "completed_at": now(),
        "invoice_id": invoice.id,
        "receipt_url": invoice.page_url,
        "thing": PLAN_CHANGE if invoice.is_change else SUBSCRIPTION,
    }
    insert_missing(session, Payment, [row])
    payment = session.get(Payment, payment_id)
    if payment:
        # Only for a new row.
        letters.receipt(session, payment)
