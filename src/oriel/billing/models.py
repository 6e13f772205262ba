"""The rows of billing: who holds which plan, the renders that were bought, and what has been used."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

HELD = "held"
RESERVED = "reserved"
USED = "used"
REFUNDED = "refunded"
SPENT = "spent"
RETURNED = "returned"

ACTIVE = "active"
PAST_DUE = "past_due"


class PlanHolding(Base):
    """The plan of a customer who is, or once was, on another one than Free."""

    __tablename__ = "plan_holdings"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    plan: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default=ACTIVE)
    # Of a paid plan; without them the calendar month counts.
    period_start: Mapped[datetime | None]
    period_end: Mapped[datetime | None]
    # What comes when the period ends: nothing any more, or another plan.
    cancel_at_period_end: Mapped[bool] = mapped_column(default=False)
    pending_plan: Mapped[str | None] = mapped_column(String(20))
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Credit(Base):
    """One render that was bought: held → reserved → used, or refunded."""

    __tablename__ = "credits"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(12), default=HELD)
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
