"""What a customer is told about a render: the same facts by polling, by WebSocket and after submitting."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from pydantic import BaseModel
from sqlalchemy import func, select

from oriel.errors import CallerError, error_classes
from oriel.infra.cache import remembered
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.rendering.models import COMPLETED, FAILED, PROCESSING, QUEUED, RenderJob

# Until something has been rendered, and for how long back the recent pace is looked at.
_USUAL_S = 90.0
# Everybody who waits asks for it twice a second.
_PACE_KEPT_S = 10
_RECENT = timedelta(hours=24)


# What is about a customer's own song or settings may be told as it is; the rest names our folders and programs.
_CUSTOMERS_OWN = {error.code for error in error_classes() if issubclass(error, CallerError) and not error.of_machine}
_OURS = "The render failed on our side. It was not counted, and we have been told. Please try it again later."

Status = Literal["queued", "processing", "completed", "failed", "cancelled"]
StageName = Literal["preparing", "analysing", "rendering", "encoding", "uploading"]


class ErrorOut(BaseModel):
    """Why a render failed."""

    code: str
    message: str
    details: dict[str, Any]


class StatusOut(BaseModel):
    """A render, now."""

    id: str
    status: Status
    stage: StageName | None
    progress: float
    eta_s: float | None
    queue_position: int | None
    attempt: int
    error: ErrorOut | None
    created_at: datetime
    completed_at: datetime | None
    download_url: str | None
    video_url: str | None
    expires_at: datetime | None
    watermark: bool
    title: str
    filename: str


def status_of(job: RenderJob) -> StatusOut:
    """Return what is told about a render."""
    position = queue_position(job) if job.status == QUEUED else None
    return StatusOut(
        id=job.id,
        status=cast("Status", job.status),
        stage=cast("StageName", job.stage) if job.status == PROCESSING else None,
        progress=job.progress,
        eta_s=_wait_s(position) if position is not None else job.eta_s,
        queue_position=position,
        attempt=job.fence,
        error=_error(job) if job.status == FAILED else None,
        created_at=job.created_at,
        completed_at=job.completed_at,
        download_url=f"/api/render/download/{job.id}" if job.video_url else None,
        video_url=job.video_url,
        expires_at=job.expires_at,
        watermark=job.watermark,
        title=job.title,
        filename=job.audio_filename,
    )


def told_of(job: RenderJob) -> str:
    """Return the sentence about a failure that its customer reads: theirs as it is, ours without our machines."""
    own = job.error_code in _CUSTOMERS_OWN
    return job.error_message if own and job.error_message else _OURS


def _details_of(job: RenderJob) -> dict[str, Any]:
    return job.error_details or {} if job.error_code in _CUSTOMERS_OWN else {}


def queue_position(job: RenderJob) -> int:
    """Return 1 for who is next: those before it in its own plan, and the turns that others have meanwhile."""
    ahead = _count(RenderJob.plan == job.plan, RenderJob.created_at < job.created_at) + 1
    others = db.session.execute(
        select(RenderJob.weight, func.count())
        .where(RenderJob.status == QUEUED, RenderJob.plan != job.plan)
        .group_by(RenderJob.plan, RenderJob.weight)
    )
    return ahead + sum(min(count, math.floor(ahead * weight / job.weight)) for weight, count in others)


def _wait_s(position: int) -> float:
    """Return about when a waiting render is done: those before it and itself, at the recent pace, side by side."""
    workers = max(1, _running_workers())
    return round(position / workers * remembered("render-seconds", _PACE_KEPT_S, _recent_seconds), 1)


def _running_workers() -> int:
    return db.session.scalar(select(func.count(RenderJob.worker.distinct())).where(RenderJob.status == PROCESSING)) or 0


def _recent_seconds() -> float:
    """Return what a render has taken of late, from its start to its end."""
    recent: Sequence[RenderJob] = db.session.scalars(
        select(RenderJob)
        .where(RenderJob.status == COMPLETED, RenderJob.completed_at > now() - _RECENT)
        .order_by(RenderJob.completed_at.desc())
        .limit(20)
    ).all()
    ends = [(job.started_at, job.completed_at) for job in recent]
    took = [(end - start).total_seconds() for start, end in ends if start and end]
    return sum(took) / len(took) if took else _USUAL_S


def _count(*conditions: Any) -> int:  # noqa: ANN401  (SQLAlchemy's conditions)
    return db.session.scalar(select(func.count(RenderJob.id)).where(RenderJob.status == QUEUED, *conditions)) or 0


def _error(job: RenderJob) -> ErrorOut:
    return ErrorOut(code=job.error_code or "INTERNAL_ERROR", message=told_of(job), details=_details_of(job))
