"""Database models of billing: plans held, credits, payments, rights to renders."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

HELD = "held"
# Its payment is disputed; until the bank decides, it cannot be used.
FROZEN = "frozen"
RESERVED = "reserved"
USED = "used"
REFUNDED = "refunded"
# Given by an operator and taken back.
TAKEN = "taken"
SPENT = "spent"
RETURNED = "returned"

ACTIVE = "active"
PAST_DUE = "past_due"

PENDING = "pending"
COMPLETED = "completed"
FAILED = "failed"

RENDER = "render"
SUBSCRIPTION = "subscription"
# The `thing` of a payment for a plan change.
PLAN_CHANGE = "plan change"


class PlanHolding(Base):
    """The plan of a customer who is or was on a paid plan."""

    __tablename__ = "plan_holdings"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    plan: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default=ACTIVE)
    # The paid period; without it, renders count by calendar month.
    period_start: Mapped[datetime | None]
    period_end: Mapped[datetime | None]
    # When the plan ends for good: with the period, before, or some periods later; null while it continues.
    ends_at: Mapped[datetime | None]
    # The end of the free trial.
    trial_until: Mapped[datetime | None]
    # The plan of the next period, unless the plan ends before.
    pending_plan: Mapped[str | None] = mapped_column(String(20))
    # Stripe's id of the subscription, and how often its state was written here.
    subscription_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class PayingCustomer(Base):
    """A customer's id at Stripe."""

    __tablename__ = "paying_customers"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(255), unique=True)


class Payment(Base):
    """A payment: pending → completed or failed. The row stays when the customer's account is deleted."""

    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(12))
    # The plan of a subscription, and its free days.
    plan: Mapped[str | None] = mapped_column(String(20))
    trial_days: Mapped[int] = mapped_column(default=0)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3), default="usd")
    status: Mapped[str] = mapped_column(String(12), default=PENDING)
    created_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]

    # --- Stripe's ids: of the page, of the payment made there, of a subscription's invoice
    stripe_session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    checkout_url: Mapped[str | None] = mapped_column(String(2000))
    paid_as: Mapped[str | None] = mapped_column(String(255), unique=True)
    invoice_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    receipt_url: Mapped[str | None] = mapped_column(String(2000))

    # --- the purchase: while its page is open, no second page for the same purchase opens
    thing: Mapped[str] = mapped_column(String(100))
    open_thing: Mapped[str | None] = mapped_column(String(100))
    # The render to submit once it is paid: upload and settings.
    render_order: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    job_id: Mapped[str | None] = mapped_column(String(26))
    # The render or subscription that was paid another way while the page was open; this payment is then refunded.
    settled_by: Mapped[str | None] = mapped_column(String(255))

    # --- requests to Stripe that are retried until they succeed
    expire_wanted: Mapped[bool] = mapped_column(default=False)
    refund_wanted: Mapped[bool] = mapped_column(default=False)
    # When the next attempt is due; null without a request. Failed attempts back off.
    settle_at: Mapped[datetime | None] = mapped_column(index=True)
    settle_tries: Mapped[int] = mapped_column(default=0)
    # Stripe's latest state, and how often it was written here.
    version: Mapped[int] = mapped_column(default=0)
    refunded: Mapped[int] = mapped_column(default=0)
    is_disputed: Mapped[bool] = mapped_column(default=False)
    # Why the payment has not succeeded yet, as a sentence for the customer.
    error: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (
        UniqueConstraint("user_id", "open_thing"),
        Index(None, "user_id", "created_at", "id"),
        Index(None, "status", "created_at"),
        Index(None, "completed_at"),
    )


class PaymentEvent(Base):
    """An event from Stripe: saved first, then processed."""

    __tablename__ = "payment_events"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(100))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # When it is processed or retried; null once it is done.
    due_at: Mapped[datetime | None] = mapped_column(default=now, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(300))


class Credit(Base):
    """A paid single render: held → reserved → used, or refunded; frozen while its payment is disputed.

    One without a payment was given by an operator, who may take it back: taken.
    """

    __tablename__ = "credits"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(12), default=HELD)
    # Unique: one payment gives one credit, however many events report it.
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payments.id", ondelete="SET NULL"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index(None, "user_id", "state", "created_at"),)


class RenderRight(Base):
    """The right that pays for a render: reserved at submit, then spent or returned."""

    __tablename__ = "render_rights"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    render_id: Mapped[str] = mapped_column(String(26))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    credit_id: Mapped[str | None] = mapped_column(ForeignKey("credits.id", ondelete="CASCADE"), index=True)
    # The plan whose limits and watermark apply, whatever the customer changes later.
    plan: Mapped[str] = mapped_column(String(20))
    # The calendar month ("2026-11"), or the time at which a paid period began.
    period: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), default=RESERVED)
    # The video's expected size, which counts towards the storage until the render ends.
    video_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("render_id"), Index(None, "user_id", "kind", "state", "period"))
