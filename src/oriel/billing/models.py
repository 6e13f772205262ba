"""Database models of billing: plans held, credits, payments, rights to renders."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

HELD = "held"
# Its payment is disputed: until that is decided nothing can be bought with it.
FROZEN = "frozen"
RESERVED = "reserved"
USED = "used"
REFUNDED = "refunded"
SPENT = "spent"
RETURNED = "returned"

ACTIVE = "active"
PAST_DUE = "past_due"

PENDING = "pending"
COMPLETED = "completed"
FAILED = "failed"

RENDER = "render"
SUBSCRIPTION = "subscription"
# What a payment is for that a change of the plan has cost.
PLAN_CHANGE = "plan change"


class PlanHolding(Base):
    """The plan of a customer who is or was on a paid plan."""

    __tablename__ = "plan_holdings"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    plan: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default=ACTIVE)
    # Of a paid plan; without them the calendar month counts.
    period_start: Mapped[datetime | None]
    period_end: Mapped[datetime | None]
    # When it ends for good: with the period, before, or some periods later; null where it goes on.
    ends_at: Mapped[datetime | None]
    # Until then it costs nothing.
    trial_until: Mapped[datetime | None]
    # What comes when the period ends, unless the plan ends before.
    pending_plan: Mapped[str | None] = mapped_column(String(20))
    # The payment service's own, where it was bought there; and how often what it told was written down.
    subscription_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class PayingCustomer(Base):
    """A customer as the payment service knows them."""

    __tablename__ = "paying_customers"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(255), unique=True)


class Payment(Base):
    """Money that was asked for: pending → completed or failed. What became of it stays when the customer goes."""

    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(12))
    # The plan, for a subscription, and for how long it costs nothing at first.
    plan: Mapped[str | None] = mapped_column(String(20))
    trial_days: Mapped[int] = mapped_column(default=0)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3), default="usd")
    status: Mapped[str] = mapped_column(String(12), default=PENDING)
    created_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]

    # --- the payment service's own ids: of its page, of what was paid there, of a subscription's invoice
    stripe_session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    checkout_url: Mapped[str | None] = mapped_column(String(2000))
    paid_as: Mapped[str | None] = mapped_column(String(255), unique=True)
    invoice_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    receipt_url: Mapped[str | None] = mapped_column(String(2000))

    # --- what it is for: while its page is open nobody pays for the same thing twice
    thing: Mapped[str] = mapped_column(String(100))
    open_thing: Mapped[str | None] = mapped_column(String(100))
    # The render that is submitted when it is paid: upload, settings.
    render_order: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    job_id: Mapped[str | None] = mapped_column(String(26))
    # The render, or the subscription, that was paid otherwise while the page was open: what comes now is given back.
    settled_by: Mapped[str | None] = mapped_column(String(255))

    # --- what is still to be asked of the payment service, again and again until it has answered
    expire_wanted: Mapped[bool] = mapped_column(default=False)
    refund_wanted: Mapped[bool] = mapped_column(default=False)
    # When; null where nothing is wanted. What was asked for in vain is asked for less and less often.
    settle_at: Mapped[datetime | None] = mapped_column(index=True)
    settle_tries: Mapped[int] = mapped_column(default=0)
    # What the payment service told last, and how often that was written down.
    version: Mapped[int] = mapped_column(default=0)
    refunded: Mapped[int] = mapped_column(default=0)
    is_disputed: Mapped[bool] = mapped_column(default=False)
    # Why nothing has come of it so far, as a sentence for the customer.
    error: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (
        UniqueConstraint("user_id", "open_thing"),
        Index(None, "user_id", "created_at", "id"),
        Index(None, "status", "created_at"),
    )


class PaymentEvent(Base):
    """What the payment service has told us: written down first, then dealt with."""

    __tablename__ = "payment_events"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(100))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(default=now)
    # When it is dealt with, or looked at again; null when nothing is left to do.
    due_at: Mapped[datetime | None] = mapped_column(default=now, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(300))


class Credit(Base):
    """One render that was bought: held → reserved → used, or refunded; frozen while its payment is disputed."""

    __tablename__ = "credits"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(12), default=HELD)
    # Unique: what is paid once gives one credit, however often we hear of it.
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payments.id", ondelete="SET NULL"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index(None, "user_id", "state", "created_at"),)


class RenderRight(Base):
    """What pays for a render: reserved when it is submitted, then spent or returned."""

    __tablename__ = "render_rights"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    render_id: Mapped[str] = mapped_column(String(26))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    credit_id: Mapped[str | None] = mapped_column(ForeignKey("credits.id", ondelete="CASCADE"), index=True)
    # Whose plan's limits and watermark hold, whatever the customer changes later.
    plan: Mapped[str] = mapped_column(String(20))
    # The month ("2026-11"), or the moment in which a paid period began.
    period: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), default=RESERVED)
    # What the video is expected to weigh: set aside until it is there.
    video_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("render_id"), Index(None, "user_id", "kind", "state", "period"))
