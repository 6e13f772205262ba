"""Each attempt at a render leaves one row of what it took, written with its end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.functional.rendering.conftest import MakeJob, context, make_job

from oriel.errors import CallerError, StageCrashed, StorageFailed
from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.monitoring import cleanup
from oriel.monitoring.models import JobMetrics
from oriel.monitoring.monitoring_data import MONITORING_DATA
from oriel.rendering import attempts
from oriel.rendering.attempt_ends import Measurements
from oriel.rendering.attempts import Attempt, Video
from oriel.rendering.cancellation import cancel_render
from oriel.rendering.models import RenderJob
from oriel.rendering.render_data import RENDER_DATA

__all__ = ["context", "make_job"]

VIDEO = Video("videos/a.mp4", 1000, "0" * 64, 8.0, None)
MEASURED = Measurements({"preparing": 1.5, "rendering": 6.0}, 240, 40.0, 700_000_000, "llvmpipe")


def claimed() -> Attempt:
    attempt = attempts.claim("worker")
    assert attempt
    return attempt


def cancelled_meanwhile(attempt: Attempt) -> object:
    cancel_render(attempt.user_id, attempt.job_id)
    return attempts.complete(attempt, VIDEO, MEASURED)


def lease_lost(_: Attempt) -> object:
    clock.shift(timedelta(seconds=9))
    return attempts.reap()


def rows() -> list[JobMetrics]:
    db.session.rollback()
    return list(db.session.scalars(select(JobMetrics).order_by(JobMetrics.attempt)))


def test_a_finished_attempt_leaves_what_it_took(make_job: MakeJob) -> None:
    job = make_job(plan="free")
    clock.shift(timedelta(seconds=30))
    attempt = claimed()
    clock.shift(timedelta(seconds=12))
    assert attempts.complete(attempt, VIDEO, MEASURED)
    [row] = rows()
    assert (row.render_id, row.attempt, row.worker, row.backend) == (job.id, 1, "worker", "llvmpipe")
    assert (row.plan, row.look, row.outcome, row.error_code) == ("free", job.look, "completed", None)
    # And what the test itself takes.
    assert 30 <= (row.wait_s or 0) < 60
    assert 12 <= (row.run_s or 0) < 42
    assert (row.stages, row.frames, row.frames_per_s) == ({"preparing": 1.5, "rendering": 6.0}, 240, 40.0)
    assert row.peak_memory_bytes == 700_000_000


@pytest.mark.parametrize(
    ("end", "outcome", "code"),
    [
        (lambda attempt: attempts.fail(attempt, CallerError("No."), MEASURED), "failed", CallerError.code),
        (lambda attempt: attempts.fail(attempt, StageCrashed("Crashed."), MEASURED), "retried", StageCrashed.code),
        (lambda attempt: attempts.fail(attempt, StorageFailed("Away."), MEASURED), "held_up", StorageFailed.code),
        (lambda attempt: attempts.give_back(attempt, MEASURED), "given_back", None),
        (lambda attempt: attempts.end_cancelled(attempt, MEASURED), "cancelled", None),
        (cancelled_meanwhile, "cancelled", None),
        (lease_lost, "lost", "WORKER_LOST"),
        (lambda _: attempts.release("worker"), "lost", "WORKER_LOST"),
    ],
)
def test_however_it_ends_the_row_says_so(
    make_job: MakeJob, end: Callable[[Attempt], object], outcome: str, code: str | None
) -> None:
    make_job()
    end(claimed())
    [row] = rows()
    assert (row.outcome, row.error_code, row.worker) == (outcome, code, "worker")


def test_each_attempt_has_its_own_row_and_its_own_wait(make_job: MakeJob) -> None:
    make_job()
    attempts.give_back(claimed())
    clock.shift(timedelta(seconds=60))
    attempts.complete(claimed(), VIDEO)
    assert [(row.attempt, row.outcome) for row in rows()] == [(1, "given_back"), (2, "completed")]
    assert 60 <= (rows()[1].wait_s or 0) < 90


def test_a_third_lost_worker_is_a_failure(make_job: MakeJob) -> None:
    make_job()
    for _ in range(3):
        claimed()
        attempts.release("worker")
    assert [row.outcome for row in rows()] == ["lost", "lost", "failed"]


def test_a_worker_that_wakes_too_late_leaves_no_second_row(make_job: MakeJob) -> None:
    make_job()
    sleeper = claimed()
    lease_lost(sleeper)
    attempts.complete(sleeper, VIDEO, MEASURED)
    assert [row.outcome for row in rows()] == ["lost"]


def test_a_claim_of_an_older_version_has_no_times(make_job: MakeJob) -> None:
    make_job()
    attempt = claimed()
    with writing() as session:
        session.get_one(RenderJob, attempt.job_id).claimed_at = None
    attempts.complete(attempt, VIDEO)
    assert [(row.wait_s, row.run_s) for row in rows()] == [(None, None)]


def test_the_rows_are_exported_and_go_with_their_customer(make_job: MakeJob) -> None:
    job = make_job()
    attempts.complete(claimed(), VIDEO, MEASURED)
    [listing] = MONITORING_DATA.listings(job.user_id)
    assert [(row["render_id"], row["frames"]) for row in listing.rows] == [(job.id, 240)]
    MONITORING_DATA.erase(job.user_id)
    assert rows() == []


def test_the_rows_go_with_their_render(make_job: MakeJob) -> None:
    job = make_job()
    attempts.complete(claimed(), VIDEO, MEASURED)
    RENDER_DATA.erase(job.user_id)
    assert rows() == []


def test_the_rows_go_after_their_time(make_job: MakeJob) -> None:
    make_job()
    attempts.complete(claimed(), VIDEO)
    clock.shift(cleanup.METRICS_KEPT - timedelta(minutes=1))
    cleanup.tidy()
    assert len(rows()) == 1
    clock.shift(timedelta(minutes=2))
    cleanup.tidy()
    assert rows() == []
