"""Database models of monitoring: what each attempt took, how each check went, samples, and rollups of all of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

OK = "ok"
DEGRADED = "degraded"
DOWN = "down"


class JobMetrics(Base):
    """One attempt at a render, written in the commit that ends it. What nobody could measure is null."""

    __tablename__ = "job_metrics"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    # Nothing else in the row leads to a customer, and it goes with the render.
    render_id: Mapped[str] = mapped_column(ForeignKey("render_jobs.id", ondelete="CASCADE"))
    # The render's fence: 1 for its first attempt.
    attempt: Mapped[int]
    worker: Mapped[str | None] = mapped_column(String(80))
    # llvmpipe, swiftshader or gpu.
    backend: Mapped[str | None] = mapped_column(String(20))
    plan: Mapped[str] = mapped_column(String(16))
    look: Mapped[str] = mapped_column(String(40))
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime] = mapped_column(default=now)
    # From the moment at which a worker might have taken it.
    wait_s: Mapped[float | None]
    run_s: Mapped[float | None]
    # Seconds by stage: preparing, analysing, rendering, encoding, uploading.
    stages: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # The frames that this attempt has drawn, and how fast.
    frames: Mapped[int | None]
    frames_per_s: Mapped[float | None]
    # Of the worker and every process that it has started.
    peak_memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    # completed, failed, cancelled, retried, held_up, given_back or lost.
    outcome: Mapped[str] = mapped_column(String(12))
    error_code: Mapped[str | None] = mapped_column(String(60))

    __table_args__ = (UniqueConstraint("render_id", "attempt"), Index(None, "ended_at"))


class SystemHealth(Base):
    """How one check of the service or of something that it depends on went."""

    __tablename__ = "system_health"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    # Such as "database", "redis" or "storage".
    check: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))
    latency_ms: Mapped[float | None]
    message: Mapped[str] = mapped_column(String(300), default="")
    checked_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index(None, "check", "checked_at"), Index(None, "checked_at"))


class QueueSample(Base):
    """The queue and the workers at one moment, taken each minute: nothing else remembers how long the queue was."""

    __tablename__ = "queue_samples"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    waiting: Mapped[int]
    rendering: Mapped[int]
    # 0 where nothing waits.
    oldest_wait_s: Mapped[float]
    busy_workers: Mapped[int]
    idle_workers: Mapped[int]


class StockSample(Base):
    """What there is at one moment, taken each hour: accounts, plans, bytes in the storage."""

    __tablename__ = "stock_samples"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    # Operators are no customers, and in none of these.
    accounts: Mapped[int]
    # Accounts that were active in the 30 days before.
    active_accounts: Mapped[int]
    # Accounts by plan, Free included.
    plans: Mapped[dict[str, Any]] = mapped_column(JSON)
    video_bytes: Mapped[int] = mapped_column(BigInteger)
    upload_bytes: Mapped[int] = mapped_column(BigInteger)


class HourlyRollup(Base):
    """The figures of one hour (UTC)."""

    __tablename__ = "hourly_rollups"

    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)


class DailyRollup(Base):
    """The figures of one day (UTC), added up from its hours."""

    __tablename__ = "daily_rollups"

    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)


class RollupProgress(Base):
    """Up to when hours are rolled up for good. One row, which also lets one process at a time do it."""

    __tablename__ = "rollup_progress"

    step: Mapped[str] = mapped_column(String(10), primary_key=True)
    closed_until: Mapped[datetime]
