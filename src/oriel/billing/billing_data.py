"""What billing holds of a customer: the export, the erasure, and the end of what costs money."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import delete, select

from oriel.accounts.personal_data import Listing, PersonalData, Row, fields, in_batches
from oriel.billing import fulfilment
from oriel.billing.gateway import payments, takes_payments
from oriel.billing.models import PENDING, Credit, PayingCustomer, Payment, PaymentEvent, PlanHolding, RenderRight
from oriel.billing.subscription_sync import cancel_for_closed_account
from oriel.errors import WrongState
from oriel.infra import retention
from oriel.infra.database import db, writing
from oriel.infra.retention import UNTIL_DELETION

retention.keep_with("plan", "Plan and credits", retention.DATABASE, UNTIL_DELETION)
retention.keep_with(
    "payments",
    "Payments and invoices",
    f"{retention.DATABASE}, payment service",
    "for as long as the law on bookkeeping says, without your name once your account is deleted",
)


def listings(user_id: str) -> Iterator[Listing]:
    """Yield the plan, the payments, the credits and what each render was paid with."""
    yield Listing("billing/plan.json", _plan(user_id))
    yield Listing("billing/payments.json", _payments(user_id))
    yield Listing("billing/credits.json", _credits(user_id))
    yield Listing("billing/renders-paid.json", _rights(user_id))


def wind_down(user_id: str) -> None:
    """Cancel the subscription at the end of its period; raise PaymentsUnavailable while it cannot be."""
    # It may be ending already.
    with contextlib.suppress(WrongState):
        if takes_payments():
            # The email about the deletion says it; "Nothing is deleted on that day" beside it would contradict it.
            cancel_for_closed_account(user_id, sends_letters=False)


def erase(user_id: str) -> None:
    """End the subscription and delete the customer at Stripe, then what we hold; payments stay without their customer.

    Raises PaymentsUnavailable; then nothing of ours has changed.
    """
    customer_id = db.session.scalar(select(PayingCustomer.customer_id).where(PayingCustomer.user_id == user_id))
    db.session.commit()
    if customer_id:
        payments().forget_customer(customer_id)
    with writing() as session:
        for payment in session.scalars(select(Payment).where(Payment.user_id == user_id).with_for_update()):
            _pseudonymise(payment)
        for model in (RenderRight, Credit, PlanHolding, PayingCustomer):
            session.execute(delete(model).where(model.user_id == user_id))


BILLING_DATA = PersonalData(
    domain="billing",
    tables=(PlanHolding, PayingCustomer, Payment, PaymentEvent, Credit, RenderRight),
    listings=listings,
    erase=erase,
    wind_down=wind_down,
)


def _pseudonymise(payment: Payment) -> None:
    """Keep what the books need: amount, date, kind, and Stripe's ids."""
    if payment.status == PENDING:
        fulfilment.want(payment, expire=True)
    payment.user_id = payment.open_thing = payment.job_id = payment.render_order = None
    payment.checkout_url = payment.receipt_url = None


def _plan(user_id: str) -> Iterator[Row]:
    names = ("plan", "status", "period_start", "period_end", "ends_at", "trial_until", "pending_plan", "changed_at")
    holding = db.session.get(PlanHolding, user_id)
    db.session.commit()
    if holding:
        yield fields(holding, *names)


def _payments(user_id: str) -> Iterator[Row]:
    names = ("id", "kind", "plan", "amount", "currency", "status", "created_at", "completed_at", "refunded")
    query = select(Payment).where(Payment.user_id == user_id)
    return in_batches(query, Payment.id, lambda row: fields(row, *names, "receipt_url", "job_id", "error"))


def _credits(user_id: str) -> Iterator[Row]:
    names = ("id", "state", "payment_id", "created_at")
    return in_batches(select(Credit).where(Credit.user_id == user_id), Credit.id, lambda row: fields(row, *names))


def _rights(user_id: str) -> Iterator[Row]:
    names = ("render_id", "kind", "plan", "period", "state", "created_at")
    query = select(RenderRight).where(RenderRight.user_id == user_id)
    return in_batches(query, RenderRight.id, lambda row: fields(row, *names))
