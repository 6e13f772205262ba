"""The end of an attempt, announced within its transaction to whoever registers: what it took, and how it ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from oriel.infra.clock import now
from oriel.rendering.models import RenderJob

COMPLETED = "completed"
FAILED = "failed"
CANCELLED = "cancelled"
# Queued again after an error, without one because its worker ends, or because its worker is gone.
RETRIED = "retried"
HELD_UP = "held_up"
GIVEN_BACK = "given_back"
LOST = "lost"
OUTCOMES = (COMPLETED, FAILED, CANCELLED, RETRIED, HELD_UP, GIVEN_BACK, LOST)


@dataclass(frozen=True)
class Measurements:
    """What a worker measured of its own attempt; empty where nobody could, as after a crash."""

    stages: Mapping[str, float] = field(default_factory=dict)
    frames: int | None = None
    frames_per_s: float | None = None
    peak_memory_bytes: int | None = None
    backend: str | None = None


@dataclass(frozen=True)
class AttemptEnd:
    """One attempt that has ended. Times in seconds; `wait_s` counts from when a worker might have taken it."""

    render_id: str
    attempt: int
    worker: str | None
    plan: str
    look: str
    claimed_at: datetime | None
    ended_at: datetime
    wait_s: float | None
    run_s: float | None
    outcome: str
    error_code: str | None
    measurements: Measurements


Listener = Callable[[Session, AttemptEnd], None]

_NOTHING = Measurements()
_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """Call a function at the end of each attempt, in its transaction; the same one again changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)


def record(
    session: Session,
    job: RenderJob,
    outcome: str,
    error_code: str | None = None,
    measurements: Measurements | None = None,
) -> None:
    """Announce the end of the attempt under way; to be called before the row forgets its worker."""
    at = now()
    # An older version that runs beside this one claims without noting when.
    claimed_at = job.claimed_at if job.claimed_at and job.claimed_at >= job.run_after else None
    end = AttemptEnd(
        render_id=job.id,
        attempt=job.fence,
        worker=job.worker,
        plan=job.plan,
        look=job.look,
        claimed_at=claimed_at,
        ended_at=at,
        wait_s=(claimed_at - job.run_after).total_seconds() if claimed_at else None,
        run_s=(at - claimed_at).total_seconds() if claimed_at else None,
        outcome=outcome,
        error_code=error_code,
        measurements=measurements or _NOTHING,
    )
    for listener in _listeners:
        listener(session, end)
