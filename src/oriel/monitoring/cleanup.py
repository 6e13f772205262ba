"""Deletes measurements, samples and rollups whose time is over (docs/operations.md)."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import InstrumentedAttribute

from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import Base, writing
from oriel.monitoring.models import (
    DailyRollup,
    HourlyRollup,
    JobMetrics,
    QueueSample,
    StockSample,
    SystemHealth,
)

METRICS_KEPT = retention.keep(
    "measurements",
    "Measurements of each attempt at your renders: times, frames, outcome",
    retention.DATABASE,
    timedelta(days=90),
    "after the attempt, or with the render",
)
# Nothing in these leads to a customer. Samples are rolled up within the hour; what is left is for a closer look.
HEALTH_KEPT = timedelta(days=14)
SAMPLES_KEPT = timedelta(days=14)
HOURS_KEPT = timedelta(days=90)
# Three years, so that any year can be compared with the one before.
DAYS_KEPT = timedelta(days=3 * 366)

_PERIODS: tuple[tuple[type[Base], InstrumentedAttribute[datetime], timedelta], ...] = (
    (JobMetrics, JobMetrics.ended_at, METRICS_KEPT),
    (SystemHealth, SystemHealth.checked_at, HEALTH_KEPT),
    (QueueSample, QueueSample.at, SAMPLES_KEPT),
    (StockSample, StockSample.at, SAMPLES_KEPT),
    (HourlyRollup, HourlyRollup.starts_at, HOURS_KEPT),
    (DailyRollup, DailyRollup.starts_at, DAYS_KEPT),
)


def tidy() -> int:
    """Delete what is over, one table after another, so that no transaction holds many rows; return how many rows."""
    deleted = 0
    for model, column, period in _PERIODS:
        with writing() as session:
            deleted += len(session.scalars(delete(model).where(column < now() - period).returning(column)).all())
    return deleted
