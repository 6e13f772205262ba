"""Writes one row of metrics for each attempt at a render, in the transaction that ends it."""

from sqlalchemy.orm import Session

from oriel.monitoring.models import JobMetrics
from oriel.rendering.attempt_ends import AttemptEnd


def record(session: Session, end: AttemptEnd) -> None:
    """Add the row."""
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
