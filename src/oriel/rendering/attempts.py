"""The state machine of a render job: claim, keep the lease, and every way in which an attempt ends.

Each write names the attempt by its fence, so that a worker that wakes too late changes nothing.
"""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from oriel.billing import rights
from oriel.errors import AppError, WorkerLost
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.logs import facts
from oriel.rendering import attempt_ends, holdups, last_error, letters
from oriel.rendering.announcement import announce
from oriel.rendering.attempt_ends import GIVEN_BACK, HELD_UP, LOST, RETRIED, Measurements
from oriel.rendering.models import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, UNDER_WAY, RenderJob
from oriel.rendering.turns import next_job

_log = logging.getLogger("oriel.attempts")

LEASE = timedelta(seconds=8)
HEARTBEAT_S = 2.0
_PAUSES_S = (10.0, 40.0)
# After each pause there is one more attempt.
MOST_FRUITLESS = len(_PAUSES_S) + 1
_PAUSE_SPREAD = 0.2
_REAPED_AT_ONCE = 100


@dataclass(frozen=True)
class Attempt:
    """A claim on a render job; worthless as soon as somebody else has claimed it."""

    job_id: str
    user_id: str
    fence: int
    # The request that submitted the render, for traces.
    traceparent: str | None = None


@dataclass(frozen=True)
class Pulse:
    """What an attempt reports at each heartbeat."""

    stage: str
    progress: float
    eta_s: float | None
    frames_done: int
    # By this attempt: what earlier ones made is counted already.
    chunks_made: int
    # Its name in the storage, as soon as it is there.
    poster_object: str | None = None


@dataclass(frozen=True)
class Video:
    """What an attempt has made and stored."""

    video_object: str
    video_bytes: int
    video_sha256: str
    video_s: float
    poster_object: str | None


def claim(worker: str) -> Attempt | None:
    """Take the render whose turn it is, or return None where nothing waits."""
    with writing() as session:
        # The lease begins when it is written: on SQLite the turn to write may be long in coming.
        at = now()
        job = next_job(session, at)
        if job is None:
            return None
        job.status, job.worker = PROCESSING, worker
        job.fence += 1
        job.lease_until = at + LEASE
        job.started_at = job.started_at or at
        job.claimed_at = at
        job.stage = "preparing"
        job.chunks_at_claim = job.chunks_kept
        attempt = Attempt(job.id, job.user_id, job.fence, job.traceparent)
    announce(attempt.user_id, attempt.job_id)
    return attempt


def beat(attempt: Attempt, pulse: Pulse) -> str:
    """Prolong the lease and report; return "go", "cancel" (the customer wants an end) or "lost" (not ours any more)."""
    values: dict[str, Any] = {
        "stage": pulse.stage,
        "eta_s": pulse.eta_s,
        "frames_done": pulse.frames_done,
        "chunks_kept": RenderJob.chunks_at_claim + pulse.chunks_made,
    }
    if pulse.poster_object:
        values["poster_object"] = pulse.poster_object
    with writing() as session:
        # As in `claim`.
        at = now()
        if not _update(session, attempt, lease_until=at + LEASE, **values):
            return "lost"
        # Progress never goes back, though a later attempt starts at less than what an earlier one had shown.
        ahead = _mine(attempt).where(RenderJob.progress < pulse.progress).values(progress=pulse.progress)
        session.execute(ahead)
        if pulse.frames_done:
            session.execute(_mine(attempt).where(RenderJob.first_frame_at.is_(None)).values(first_frame_at=at))
        asked = session.scalar(select(RenderJob.cancel_asked_at).where(RenderJob.id == attempt.job_id))
    announce(attempt.user_id, attempt.job_id)
    return "cancel" if asked else "go"


def has_ended(attempt: Attempt) -> bool:
    """Return whether the render has ended, so that no worker resumes it."""
    status = db.session.scalar(select(RenderJob.status).where(RenderJob.id == attempt.job_id))
    db.session.commit()
    return status not in UNDER_WAY


def complete(attempt: Attempt, video: Video, measurements: Measurements | None = None) -> bool:
    """Declare the render done: the video is there, the right is spent, the mail is written, in one commit.

    Return False, and write nothing of the video, where it is somebody else's by now, or was cancelled meanwhile.
    """
    at = now()
    with writing() as session:
        job = _held(session, attempt)
        if job is None:
            return False
        is_cancelled = job.cancel_asked_at is not None
        if is_cancelled:
            # Its customer was told whether it counts, and waits for no video.
            _end_cancelled(session, job, measurements)
        else:
            attempt_ends.record(session, job, attempt_ends.COMPLETED, measurements=measurements)
            _complete(session, job, video, at)
    announce(attempt.user_id, attempt.job_id)
    return not is_cancelled


def _complete(session: Session, job: RenderJob, video: Video, at: datetime) -> None:
    holdups.end(session, job)
    job.status, job.stage, job.progress, job.eta_s, job.completed_at = COMPLETED, None, 1.0, 0.0, at
    job.video_object, job.video_bytes = video.video_object, video.video_bytes
    job.video_sha256, job.video_s, job.poster_object = video.video_sha256, video.video_s, video.poster_object
    job.expires_at = at + timedelta(seconds=job.kept_for_s)
    job.worker, job.lease_until = None, None
    # What earlier attempts ended with.
    last_error.forget(job)
    rights.spend(session, job.id)
    letters.render_ready(session, job)


def fail(attempt: Attempt, error: AppError, measurements: Measurements | None = None) -> None:
    """End an attempt with an error: what may help is tried again after a pause, the rest fails for good."""
    with writing() as session:
        job = _held(session, attempt)
        if job:
            _end_with(session, job, error, measurements)
    announce(attempt.user_id, attempt.job_id)


def _end_with(session: Session, job: RenderJob, error: AppError, measurements: Measurements | None) -> None:
    if job.cancel_asked_at:
        _end_cancelled(session, job, measurements)
        return
    record = partial(attempt_ends.record, session, job, error_code=error.code, measurements=measurements)
    if error.of_machine:
        record(outcome=HELD_UP)
        # No fault of the render: it waits until somebody else takes it, or until there is room again.
        _requeue(job, now() + timedelta(seconds=_spread(holdups.hold_up(job, error))))
        return
    holdups.end(session, job)
    if error.retryable:
        _count_fruitless(job)
    if not error.retryable or job.fruitless >= MOST_FRUITLESS:
        record(outcome=attempt_ends.FAILED)
        end_badly(session, job, error)
        return
    record(outcome=RETRIED)
    # An operator wants to know why it waits again.
    last_error.note(job, error)
    pause = _PAUSES_S[max(job.fruitless, 1) - 1]
    _requeue(job, now() + timedelta(seconds=_spread(pause)))


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1 - _PAUSE_SPREAD, 1 + _PAUSE_SPREAD)  # noqa: S311  (no secret)


def give_back(attempt: Attempt, measurements: Measurements | None = None) -> None:
    """Let somebody else go on, at once: an orderly end of a worker is nobody's fault."""
    with writing() as session:
        job = _held(session, attempt)
        if job and job.cancel_asked_at:
            _end_cancelled(session, job, measurements)
        elif job:
            attempt_ends.record(session, job, GIVEN_BACK, measurements=measurements)
            _requeue(job, now())
    announce(attempt.user_id, attempt.job_id)


def end_cancelled(attempt: Attempt, measurements: Measurements | None = None) -> None:
    """Declare an attempt ended because its customer wanted it so."""
    with writing() as session:
        job = _held(session, attempt)
        if job:
            _end_cancelled(session, job, measurements)
    announce(attempt.user_id, attempt.job_id)


def _end_cancelled(session: Session, job: RenderJob, measurements: Measurements | None = None) -> None:
    attempt_ends.record(session, job, attempt_ends.CANCELLED, measurements=measurements)
    cancel_now(session, job)


def cancel_now(session: Session, job: RenderJob, *, is_paid_back: bool = False) -> None:
    """End a render that nobody works on any more; its right is spent where it `is_used`, else given back."""
    holdups.forget(job)
    job.status, job.stage, job.eta_s, job.completed_at = CANCELLED, None, None, now()
    job.worker, job.lease_until = None, None
    last_error.forget(job)
    settle = rights.spend if job.is_used and not is_paid_back else rights.give_back
    settle(session, job.id)


def end_badly(session: Session, job: RenderJob, error: AppError) -> None:
    """Fail a render for good: give its right back and notify its customer."""
    # One that was held up is not any more, also where an operator has it tried again.
    holdups.forget(job)
    job.status, job.stage, job.eta_s, job.completed_at = FAILED, None, None, now()
    job.worker, job.lease_until = None, None
    last_error.note(job, error)
    rights.give_back(session, job.id)
    letters.render_failed(session, job)


def reap() -> int:
    """Take back what lost its lease; return how many. What has ended three attempts without a new chunk fails."""
    lost = db.session.scalars(_expired().limit(_REAPED_AT_ONCE)).all()
    db.session.commit()
    return sum(_reaped(job_id) for job_id in lost)


def _reaped(job_id: str) -> bool:
    try:
        with writing() as session:
            query = select(RenderJob).where(RenderJob.id == job_id, *_lost(now()))
            job = session.scalar(query.with_for_update(skip_locked=True))
            if job:
                _take_back(session, job)
    except (AppError, SQLAlchemyError):
        # One that cannot be taken back must not keep the others from it.
        _log.exception("A lost render could not be taken back.", extra=facts(job=job_id))
        return False
    if job:
        announce(job.user_id, job.id)
    return job is not None


def release(worker: str) -> int:
    """Take back what a worker holds that is known to be dead, without waiting for its lease."""
    with writing() as session:
        query = select(RenderJob).where(RenderJob.status == PROCESSING, RenderJob.worker == worker)
        held = session.scalars(query.with_for_update()).all()
        for job in held:
            _take_back(session, job)
    for job in held:
        announce(job.user_id, job.id)
    return len(held)


def _take_back(session: Session, job: RenderJob) -> None:
    if job.cancel_asked_at:
        _end_cancelled(session, job)
        return
    _count_fruitless(job)
    is_over = job.fruitless >= MOST_FRUITLESS
    attempt_ends.record(session, job, attempt_ends.FAILED if is_over else LOST, WorkerLost.code)
    if is_over:
        # Read by operators; the customer is told that it was our fault.
        sentence = "Three workers in a row stopped without saying why and without making a chunk of this render."
        end_badly(session, job, WorkerLost(sentence, attempts=job.fence))
        return
    # One that is held up goes by the code of what holds it up.
    if job.held_since is None:
        last_error.note(job, WorkerLost("The worker stopped without saying why."))
    _requeue(job, now())


def _expired() -> Select[str]:
    return select(RenderJob.id).where(*_lost(now())).order_by(RenderJob.lease_until)


def _lost(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (RenderJob.status == PROCESSING, RenderJob.lease_until < at)


def _count_fruitless(job: RenderJob) -> None:
    job.fruitless = 0 if job.chunks_kept > job.chunks_at_claim else job.fruitless + 1


def _requeue(job: RenderJob, run_after: datetime) -> None:
    job.status, job.run_after = QUEUED, run_after
    job.worker, job.lease_until, job.eta_s = None, None, None


def _held(session: Session, attempt: Attempt) -> RenderJob | None:
    """Return the job, locked, if it is still this attempt's."""
    query = select(RenderJob).where(
        RenderJob.id == attempt.job_id, RenderJob.fence == attempt.fence, RenderJob.status == PROCESSING
    )
    return session.scalar(query.with_for_update())


def _mine(attempt: Attempt) -> Any:  # noqa: ANN401  (SQLAlchemy's Update, whose type depends on what follows)
    return update(RenderJob).where(
        RenderJob.id == attempt.job_id, RenderJob.fence == attempt.fence, RenderJob.status == PROCESSING
    )


def _update(session: Session, attempt: Attempt, **values: Any) -> bool:  # noqa: ANN401  (columns of any type)
    result = cast("CursorResult[Any]", session.execute(_mine(attempt).values(**values)))
    return result.rowcount == 1
