"""A render's status: the same body for polling, WebSocket and submit."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, Field, WithJsonSchema
from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from oriel.billing.models import SPENT, RenderRight
from oriel.billing.plans import CREDIT
from oriel.infra.cache import remembered
from oriel.infra.clock import Instant, now
from oriel.infra.database import db
from oriel.rendering.drawing_work import BESIDES_S, PIXELS
from oriel.rendering.failure_words import details_of, is_retryable, told_of
from oriel.rendering.models import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, UNDER_WAY, RenderJob, Worker
from oriel.rendering.pipeline.fonts import text_warnings
from oriel.rendering.pipeline.settings_document import complete_schema
from oriel.rendering.presence import GONE_AFTER
from oriel.rendering.speeds import usual_pace

# For how long back the recent pace is looked at.
_RECENT = timedelta(hours=24)
# So long, at the pace of this service's machines, counts beside the recent renders: one tiny render, which was slow to
# start, says little about a long one.
_USUAL_COUNTS_S = 20.0
# Everybody who waits asks twice a second, and is told the same about the queue as a whole.
_QUEUE_KEPT_S = 1
# Which place a render has in its own plan. Made once: to put it together costs more than to ask it.
_before = aliased(RenderJob)
_PLACES = select(
    RenderJob.id,
    RenderJob.plan,
    RenderJob.weight,
    PIXELS,
    select(func.count() + 1)
    .where(_before.status == QUEUED, _before.plan == RenderJob.plan, _before.created_at < RenderJob.created_at)
    .scalar_subquery(),
    # Its place among those that an operator has moved to the front.
    case(
        (
            RenderJob.moved_ahead_at.is_not(None),
            select(func.count() + 1)
            .where(_before.status == QUEUED, _before.moved_ahead_at < RenderJob.moved_ahead_at)
            .scalar_subquery(),
        )
    ),
)

Status = Literal["queued", "processing", "completed", "failed", "cancelled"]
StageName = Literal["preparing", "analysing", "rendering", "encoding", "uploading"]


Settings = Annotated[dict[str, Any], WithJsonSchema(complete_schema())]


class ErrorOut(BaseModel):
    """Why a render failed."""

    code: str
    message: str = Field(description="What went wrong, and what you can do about it")
    details: dict[str, Any] = Field(
        description="Facts about it; `upload` is the song or picture that is lost or damaged and must be uploaded again"
    )
    retryable: bool = Field(description="Whether the same order can succeed when you submit it again as it is")


class StatusOut(BaseModel):
    """The state of a render."""

    id: str
    status: Status
    stage: StageName | None = Field(description="What is being done now; null unless `status` is `processing`")
    progress: float = Field(description="How much is done, from 0 to 1; it never goes back")
    eta_s: float | None = Field(description="Seconds until the video is ready, estimated; null when unknown or ended")
    queue_position: int | None = Field(description="Place in the queue, 1 for the next; null once it has started")
    attempt: int = Field(description="How often a worker has started it; 0 while it waits for the first time")
    cancel_requested: bool = Field(description="True from the call that cancels a running render until it has ended")
    counted: bool | None = Field(
        description="Whether it counts as one of the month's renders or uses its credit up; null while that is open."
        " After a cancel it says whether the right comes back: false if no frame was drawn before"
    )
    counts_if_cancelled: bool = Field(
        description="Whether a cancel now would count, because a frame has been drawn; false once it has ended"
    )
    paid_with: Literal["plan", "credit"] = Field(description="What pays for it: your plan, or a render that you bought")
    error: ErrorOut | None
    created_at: Instant
    completed_at: Instant | None
    download_url: str | None = Field(
        description="Where you download the video with your token or key; null until it is ready, and after it expires"
    )
    video_url: str | None = Field(
        description="A link that downloads the video without logging in; null until it is ready, and after it expires"
    )
    watch_url: str | None = Field(
        description="A page to share, which plays the video for everybody with this link; null until it is ready,"
        " and after it expires"
    )
    expires_at: Instant | None = Field(description="When the video is deleted; null until it is ready")
    watermark: bool = Field(description="Whether the video carries our watermark")
    title: str = Field(description="The title shown in lists")
    artist: str = Field(description="The artist that the video names; empty where it names none")
    filename: str = Field(description="The name of the song's file")
    upload_id: str = Field(description="The song's upload; submit it again for another video, as long as it is kept")
    project_id: str | None = Field(description="The project that it was made from; null where there was none")
    look: str = Field(description="The look of the video")
    settings: Settings = Field(
        description="The complete settings that the video is made with; they can be submitted again. A title or artist"
        " of null comes from the song's tags"
    )
    duration_s: float | None = Field(description="The length of the video in seconds; null until it is ready")
    size_bytes: int | None = Field(description="The size of the video; null until it is ready")
    poster_url: str | None = Field(
        description="A JPEG of the video's strongest frame, at most 960 pixels wide and high; it opens without logging"
        " in and works for 6 to 12 hours. Null until rendering has begun, and after the video expires"
    )
    warnings: list[str] = Field(
        description="What will not look as it should, such as characters of the texts that no installed font has"
    )


class _Queue(BaseModel):
    """What all who wait have in common."""

    # Plan, weight, and how many wait.
    waiting: list[tuple[str, int, int]]
    workers: int
    # Until one of the workers has time for another render.
    first_free_s: float
    # What a render has taken of late, and how many pixels were drawn in a second of it; none without any.
    render_s: float | None
    pace: float


def status_of(job: RenderJob) -> StatusOut:
    """Return the status of a render."""
    return statuses_of([job])[0]


def statuses_of(jobs: Sequence[RenderJob]) -> list[StatusOut]:
    """Return the status of each render, in a fixed number of queries."""
    waits = _waits([job.id for job in jobs if job.status == QUEUED and not job.held_since])
    spent = _spent([job.id for job in jobs if job.status == CANCELLED])
    return [_status(job, _counts(job, spent), *waits.get(job.id, (None, job.eta_s))) for job in jobs]


def _status(job: RenderJob, counted: bool | None, position: int | None, eta_s: float | None) -> StatusOut:
    return StatusOut(
        id=job.id,
        status=cast("Status", job.status),
        stage=cast("StageName", job.stage) if job.status == PROCESSING else None,
        # Sums of fractions: 0.765 may be kept as 0.7649999999999999.
        progress=round(job.progress, 4),
        eta_s=None if eta_s is None else round(eta_s, 1),
        queue_position=position,
        attempt=job.fence,
        cancel_requested=job.status == PROCESSING and job.cancel_asked_at is not None,
        counted=counted,
        counts_if_cancelled=job.status in UNDER_WAY and job.first_frame_at is not None,
        paid_with="credit" if job.plan == CREDIT.name else "plan",
        error=_error(job) if job.status == FAILED else None,
        created_at=job.created_at,
        completed_at=job.completed_at,
        download_url=f"/api/render/download/{job.id}" if job.video_url else None,
        video_url=job.video_url,
        watch_url=job.watch_url,
        expires_at=job.expires_at,
        watermark=job.watermark,
        title=job.title,
        artist=job.artist,
        filename=job.audio_filename,
        upload_id=job.upload_id,
        project_id=job.project_id,
        look=job.render_config["look"],
        settings=job.settings,
        duration_s=job.video_s,
        size_bytes=job.video_bytes,
        poster_url=job.poster_url,
        warnings=list(text_warnings(job.title, job.artist)),
    )


def expected_times(plan: str, weight: int, pixels: float) -> tuple[float, float]:
    """Return about how many seconds a render of so many pixels takes, and how many it waits if it is submitted now."""
    queue = _current_queue()
    place = 1 + sum(count for name, _, count in queue.waiting if name == plan)
    done_s = _eta_s(queue, _position(queue, plan, weight, place), pixels)
    takes_s = _takes_s(queue, pixels)
    return takes_s, done_s - takes_s


def _spent(ids: Sequence[str]) -> set[str]:
    """Return those of these renders whose right is spent."""
    if not ids:
        return set()
    query = select(RenderRight.render_id).where(RenderRight.render_id.in_(ids), RenderRight.state == SPENT)
    return set(db.session.scalars(query))


def _counts(job: RenderJob, spent: set[str]) -> bool | None:
    if job.status in UNDER_WAY:
        return job.is_used if job.cancel_asked_at else None
    return job.status == COMPLETED or job.id in spent


def _waits(ids: Sequence[str]) -> dict[str, tuple[int, float]]:
    """Return each render's position (1 is next) and its estimated seconds until done."""
    if not ids:
        return {}
    queue = _current_queue()
    rows = db.session.execute(_PLACES.where(RenderJob.id.in_(ids)))
    return {
        job_id: (at := ahead or _position(queue, plan, weight, place), _eta_s(queue, at, work))
        for job_id, plan, weight, work, place, ahead in rows
    }


def _current_queue() -> _Queue:
    return _Queue.model_validate_json(remembered("queue", _QUEUE_KEPT_S, lambda: _queue().model_dump_json()))


def _eta_s(queue: _Queue, position: int, work: float | None) -> float:
    """Return in about how many seconds a render is done: those under way and before it, side by side, and itself."""
    own = _takes_s(queue, work)
    return queue.first_free_s + (position - 1) / max(1, queue.workers) * (queue.render_s or own) + own


def _takes_s(queue: _Queue, work: float | None) -> float:
    return BESIDES_S + (work or 0.0) / queue.pace


def _position(queue: _Queue, plan: str, weight: int, place: int) -> int:
    """Return the place of a render among all: its place in its own plan, and the turns that others have meanwhile."""
    others = ((theirs, count) for name, theirs, count in queue.waiting if name != plan)
    return place + sum(min(count, math.floor(place * theirs / weight)) for theirs, count in others)


def _queue() -> _Queue:
    waiting = db.session.execute(
        select(RenderJob.plan, RenderJob.weight, func.count())
        .where(RenderJob.status == QUEUED)
        .group_by(RenderJob.plan, RenderJob.weight)
    )
    workers, first_free_s = _workers()
    return _Queue(waiting=[tuple(row) for row in waiting], workers=workers, first_free_s=first_free_s, **_recently())


def _workers() -> tuple[int, float]:
    """Return how many workers there are, and in about how many seconds one of them has time."""
    query = select(RenderJob.worker, RenderJob.eta_s).where(RenderJob.status == PROCESSING)
    left = {str(worker): eta_s or 0.0 for worker, eta_s in db.session.execute(query)}
    there = (Worker.seen_at > now() - GONE_AFTER, Worker.name.not_in(list(left)))
    idle = db.session.scalar(select(func.count()).select_from(Worker).where(*there)) or 0
    return len(left) + idle, 0.0 if idle else min(left.values(), default=0.0)


def _recently() -> dict[str, float | None]:
    """Return `render_s` and `pace` of the latest renders, from their starts to their ends."""
    ends = db.session.execute(
        select(RenderJob.started_at, RenderJob.completed_at, PIXELS)
        .where(RenderJob.status == COMPLETED, RenderJob.completed_at > now() - _RECENT)
        .order_by(RenderJob.completed_at.desc())
        .limit(20)
    )
    done = [((end - start).total_seconds(), work or 0.0) for start, end, work in ends if start and end]
    drawn, drawing_s = sum(work for _, work in done), sum(max(0.1, took - BESIDES_S) for took, _ in done)
    usual = usual_pace()
    pace = (drawn + usual * _USUAL_COUNTS_S) / (drawing_s + _USUAL_COUNTS_S)
    return {"render_s": sum(took for took, _ in done) / len(done) if drawn else None, "pace": pace}


def _error(job: RenderJob) -> ErrorOut:
    return ErrorOut(
        code=job.error_code or "INTERNAL_ERROR",
        message=told_of(job),
        details=details_of(job),
        retryable=is_retryable(job),
    )
