"""A customer's payments, as the API shows them."""

from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import select

from oriel.billing.letters import what_of
from oriel.billing.models import PENDING, Payment
from oriel.errors import NotFound
from oriel.infra.clock import Instant
from oriel.infra.database import db
from oriel.infra.paging import Page, PageQuery, fetch_page

Kind = Literal["render", "subscription"]


class PaymentOut(BaseModel):
    """A payment and its state."""

    id: str
    kind: Kind
    what: str = Field(description="What the payment was for, in words")
    amount: int = Field(description="In the currency's smallest unit: 499 USD are $4.99, 499 JPY are ¥499")
    currency: str
    status: Literal["pending", "completed", "failed"]
    refunded: int = Field(description="How much was refunded, in the same unit")
    disputed: bool = Field(
        description="Whether the customer disputes the payment at the bank, and the dispute is undecided"
    )
    checkout_url: str | None = Field(description="The page to pay on, while it is open")
    receipt_url: str | None
    job_id: str | None
    error: str | None
    created_at: Instant
    completed_at: Instant | None = Field(description="When it was paid; null for a failed payment")


class PaymentList(Page[PaymentOut]):
    """A customer's payments, the latest first."""


class PaymentQuery(PageQuery):
    """Which payments are asked for."""

    kind: Kind | None = Field(default=None, description="Only single renders, or only what belongs to a subscription")


def payments_of(user_id: str, asked: PageQuery, *, kind: Kind | None = None) -> PaymentList:
    """Return a page of a customer's payments, or of those of a kind, the latest first."""
    query = select(Payment).where(Payment.user_id == user_id).order_by(Payment.created_at.desc(), Payment.id.desc())
    return fetch_page(PaymentList, query.where(Payment.kind == kind) if kind else query, asked, show=_shown)


def refunded_invoices(user_id: str) -> dict[str, int]:
    """Return the invoices of a customer that were refunded, each with the refund in the currency's smallest unit."""
    query = select(Payment.invoice_id, Payment.refunded).where(
        Payment.user_id == user_id, Payment.invoice_id.is_not(None), Payment.refunded > 0
    )
    return {str(invoice_id): refunded for invoice_id, refunded in db.session.execute(query)}


def own_payment(user_id: str, session_id: str) -> Payment:
    """Return a customer's payment by its page's id; raise NotFound, also for somebody else's."""
    payment = payment_on(session_id)
    if payment is None or payment.user_id != user_id:
        raise NotFound("You have no payment with this id.")
    return payment


def payment_on(session_id: str) -> Payment | None:
    """Return the payment of a page, whoever owns it, freshly read; None for an unknown page."""
    query = select(Payment).where(Payment.stripe_session_id == session_id)
    payment = db.session.scalar(query.execution_options(populate_existing=True))
    db.session.commit()
    return payment


def _shown(payment: Payment) -> dict[str, object]:
    values = {name: getattr(payment, name, None) for name in PaymentOut.model_fields}
    page = payment.checkout_url if payment.status == PENDING else None
    return values | {"what": what_of(payment), "disputed": payment.is_disputed, "checkout_url": page}
