"""Counts and measures each attempt at a render: a row of metrics, in the transaction that ends it, and totals."""

from sqlalchemy.orm import Session

from oriel.errors import WorkerLost
from oriel.infra.counters import Counter, Timing
from oriel.monitoring.models import JobMetrics
from oriel.rendering.attempt_ends import LOST, AttemptEnd

ATTEMPTS = Counter("oriel_attempts", "Attempts at renders, by how they ended", ("outcome",))
LEASE_LOSSES = Counter("oriel_lease_losses", "Attempts that ended because their worker was gone")
STAGES = Timing(
    "oriel_stage_seconds", "How long each stage of an attempt took", ("stage",), (0.5, 1, 2, 5, 10, 30, 60, 300, 1800)
)
SPEED = Timing("oriel_frames_per_second", "Frames drawn in a second, by attempt", (), (5, 10, 20, 40, 80, 160, 320))


def record(session: Session, end: AttemptEnd) -> None:
    """Add the row, and count."""
    measured = end.measurements
    session.add(
        JobMetrics(
            render_id=end.render_id,
            attempt=end.attempt,
            worker=end.worker,
            backend=measured.backend,
            plan=end.plan,
            look=end.look,
            claimed_at=end.claimed_at,
            ended_at=end.ended_at,
            wait_s=end.wait_s,
            run_s=end.run_s,
            stages=dict(measured.stages),
            frames=measured.frames,
            frames_per_s=measured.frames_per_s,
            peak_memory_bytes=measured.peak_memory_bytes,
            outcome=end.outcome,
            error_code=end.error_code,
        )
    )
    _count(end)


def _count(end: AttemptEnd) -> None:
    ATTEMPTS.add(end.outcome)
    if end.outcome == LOST or end.error_code == WorkerLost.code:
        LEASE_LOSSES.add()
    for stage, seconds in end.measurements.stages.items():
        STAGES.observe(seconds, stage)
    if end.measurements.frames_per_s is not None:
        SPEED.observe(end.measurements.frames_per_s)
