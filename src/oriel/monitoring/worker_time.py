"""Worker time: the seconds that workers had, and those that attempts at renders took of them.

Samples alone cannot tell: renders that are shorter than the minute between two samples fall between them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.monitoring.models import JobMetrics, QueueSample
from oriel.monitoring.period_figures import PeriodFigures
from oriel.rendering.attempts import LEASE
from oriel.rendering.models import PROCESSING, RenderJob

_MINUTE = timedelta(minutes=1)

# From a moment until before another one.
_Interval = tuple[datetime, datetime]


def add_worker_time(session: Session, start: datetime, end: datetime, figures: PeriodFigures) -> None:
    """Add `workers.busy_s` and `workers.time_s` for each sampled minute; without a sample, neither is known."""
    taken = (QueueSample.at >= start, QueueSample.at < end)
    query = select(QueueSample.at, QueueSample.busy_workers + QueueSample.idle_workers).where(*taken)
    workers = dict(session.execute(query.order_by(QueueSample.at)).all())
    busy_s = dict.fromkeys(workers, 0.0)
    for minute, seconds in _minutes([*_ended(session, start, end), *_under_way(session, start, end)]):
        if minute in busy_s:
            busy_s[minute] += seconds
    for minute, number in workers.items():
        figures.sample("workers.busy_s", busy_s[minute])
        figures.sample("workers.time_s", number * _MINUTE.total_seconds())


def _ended(session: Session, start: datetime, end: datetime) -> Iterator[_Interval]:
    query = select(JobMetrics.claimed_at, JobMetrics.ended_at)
    for claimed_at, ended_at in session.execute(query.where(JobMetrics.ended_at > start, JobMetrics.claimed_at < end)):
        if claimed_at:
            yield max(claimed_at, start), min(ended_at, end)


def _under_way(session: Session, start: datetime, end: datetime) -> Iterator[_Interval]:
    """Yield the attempts that have no row of metrics yet, until their latest heartbeat."""
    query = select(RenderJob.claimed_at, RenderJob.lease_until).where(
        RenderJob.status == PROCESSING,
        RenderJob.claimed_at < end,
        # An older version that runs beside this one claims without noting when.
        RenderJob.claimed_at >= RenderJob.run_after,
        RenderJob.lease_until > start + LEASE,
    )
    for claimed_at, lease_until in session.execute(query):
        if claimed_at and lease_until:
            yield max(claimed_at, start), min(lease_until - LEASE, end)


def _minutes(intervals: Iterable[_Interval]) -> Iterator[tuple[datetime, float]]:
    """Yield each minute that an interval touches, and the seconds of it that the interval takes."""
    for start, end in intervals:
        minute = start.replace(second=0, microsecond=0)
        while minute < end:
            yield minute, (min(end, minute + _MINUTE) - max(start, minute)).total_seconds()
            minute += _MINUTE
