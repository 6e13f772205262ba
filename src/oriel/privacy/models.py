"""Database models of privacy: exports of customers' data, erasures of accounts, product analytics."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

QUEUED = "queued"
WRITING = "writing"
READY = "ready"
FAILED = "failed"
EXPIRED = "expired"
UNDER_WAY = (QUEUED, WRITING)


class DataExport(Base):
    """One ZIP of everything that we hold of a customer. `fence` counts its attempts; a writer checks it."""

    __tablename__ = "data_exports"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10), default=QUEUED)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    run_after: Mapped[datetime] = mapped_column(default=now)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    # Of songs and videos; the JSON beside them is small.
    bytes_total: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    object_name: Mapped[str | None] = mapped_column(String(100))
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id", "asked_at"), Index(None, "state", "run_after"))


class AccountErasure(Base):
    """The erasure of one account. When it is finished, the row says that there was one, and not whose."""

    __tablename__ = "account_erasures"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    # No foreign key: it outlives the user until everything is verified to be gone.
    user_id: Mapped[str | None] = mapped_column(String(26), unique=True)
    began_at: Mapped[datetime] = mapped_column(default=now)
    run_after: Mapped[datetime] = mapped_column(default=now)
    tries: Mapped[int] = mapped_column(default=0)
    # The domain that could not be erased yet, and why.
    error: Mapped[str | None] = mapped_column(String(300))
    erased_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "finished_at", "run_after"),)


class FeatureUse(Base):
    """How often a customer who has agreed to it used something on one day (UTC)."""

    __tablename__ = "feature_uses"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(index=True)
    # Such as "look:prism".
    feature: Mapped[str] = mapped_column(String(100))
    uses: Mapped[int]

    __table_args__ = (UniqueConstraint("user_id", "day", "feature"),)
