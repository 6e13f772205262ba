"""Figures of the render queue, for operators."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, func, select

from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.rendering.attempts import LEASE
from oriel.rendering.models import PROCESSING, QUEUED, RenderJob, Worker
from oriel.rendering.presence import GONE_AFTER

# What is queued, in two parts: renders for whose turn only a worker is missing, and those that something holds up.
WAITING = and_(RenderJob.status == QUEUED, RenderJob.held_since.is_(None))
HELD_UP = and_(RenderJob.status == QUEUED, RenderJob.held_since.is_not(None))


class QueueFigures(BaseModel):
    """Waiting renders, and workers."""

    workers: list[str] = Field(description="Busy workers")
    idle_workers: list[str] = Field(description="Idle workers")
    waiting: dict[str, int] = Field(description="Waiting renders, by plan")
    oldest_waiting_s: float | None = Field(description="How long the oldest render has been waiting, in seconds")


class LiveWorker(BaseModel):
    """A worker that is alive."""

    name: str
    state: Literal["busy", "idle"]
    job_id: str | None = Field(default=None, description="The render that it makes")
    stage: str | None = Field(default=None, description="How far that render is")
    seen_at: datetime = Field(description="When it last reported")


def queue_figures() -> QueueFigures:
    """Return how the queue stands now."""
    at, oldest = now(), oldest_waiting_since()
    return QueueFigures(
        workers=(busy := _busy_workers()),
        idle_workers=_idle_workers(busy),
        waiting=_waiting(),
        oldest_waiting_s=round(max(0.0, (at - oldest).total_seconds()), 1) if oldest else None,
    )


def oldest_waiting_since(*conditions: ColumnElement[bool]) -> datetime | None:
    """Return since when the render that has waited longest waits, of all or of some; None where none does.

    `run_after` says it: the submit, the end of a pause, or the retry by an operator, whichever came last. By
    `created_at`, a retry of yesterday's render would have waited for a day.
    """
    oldest = db.session.scalar(select(func.min(RenderJob.run_after)).where(RenderJob.status == QUEUED, *conditions))
    # A pause that is not over is no wait yet.
    return min(oldest, now()) if oldest else None


def live_workers() -> list[LiveWorker]:
    """Return every live worker by name, busy or idle."""
    at = now()
    leased = (RenderJob.status == PROCESSING, RenderJob.lease_until > at, RenderJob.worker.is_not(None))
    jobs = {str(job.worker): job for job in db.session.scalars(select(RenderJob).where(*leased))}
    busy = [
        LiveWorker(name=name, state="busy", job_id=job.id, stage=job.stage, seen_at=(job.lease_until or at) - LEASE)
        for name, job in jobs.items()
    ]
    rows = db.session.scalars(select(Worker).where(Worker.seen_at > at - GONE_AFTER, Worker.name.not_in(list(jobs))))
    idle = [LiveWorker(name=row.name, state="idle", seen_at=row.seen_at) for row in rows]
    return sorted([*busy, *idle], key=lambda worker: worker.name)


def _idle_workers(busy: list[str]) -> list[str]:
    there = select(Worker.name).where(Worker.seen_at > now() - GONE_AFTER, Worker.name.not_in(busy))
    return list(db.session.scalars(there.order_by(Worker.name)))


def _busy_workers() -> list[str]:
    at_work = (RenderJob.status == PROCESSING, RenderJob.lease_until > now(), RenderJob.worker.is_not(None))
    return [str(name) for name in db.session.scalars(select(RenderJob.worker).where(*at_work).distinct())]


def _waiting() -> dict[str, int]:
    query = select(RenderJob.plan, func.count()).where(RenderJob.status == QUEUED).group_by(RenderJob.plan)
    return dict(db.session.execute(query).all())
