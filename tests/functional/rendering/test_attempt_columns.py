"""Every column that an attempt writes, and every change that a customer's open page is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel.errors import CallerError, StageCrashed
from oriel.infra.clock import clock, now
from oriel.rendering import attempts
from oriel.rendering.attempts import Attempt, Pulse, Video
from oriel.rendering.cancellation import cancel_render
from oriel.rendering.models import RenderJob

VIDEO = Video("videos/a.mp4", 1000, "5" * 64, 8.0, "posters/a.jpg")


def claimed() -> Attempt:
    attempt = attempts.claim("worker")
    assert attempt
    return attempt


def drawn(attempt: Attempt, frames: int = 3) -> None:
    attempts.beat(attempt, Pulse("rendering", 0.5, 10.0, frames, 0))


def lose_the_lease(_: Attempt) -> None:
    clock.shift(timedelta(seconds=9))
    assert attempts.reap() == 1


def attempt_columns(job: RenderJob) -> tuple[object, ...]:
    seen = fresh(job)
    return seen.worker, seen.lease_until, seen.stage, seen.eta_s


def test_a_claim_writes_its_worker_and_its_lease(make_job: MakeJob) -> None:
    job = make_job()
    claimed()
    seen = fresh(job)
    assert (seen.worker, seen.stage, seen.eta_s) == ("worker", "preparing", None)
    assert seen.started_at
    assert seen.lease_until
    assert seen.lease_until - seen.started_at == timedelta(seconds=8)


def test_a_second_attempt_keeps_the_start_of_the_first(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()
    started_at = fresh(job).started_at
    drawn(attempt)
    attempts.give_back(attempt)
    assert fresh(job).eta_s is None
    clock.shift(timedelta(seconds=30))
    claimed()
    assert fresh(job).started_at == started_at


def test_a_heartbeat_writes_what_it_reports(make_job: MakeJob) -> None:
    job = make_job()
    drawn(claimed())
    seen = fresh(job)
    assert (seen.stage, seen.progress, seen.eta_s, seen.frames_done) == ("rendering", 0.5, 10.0, 3)


def test_the_first_frame_keeps_its_time(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()
    drawn(attempt, frames=0)
    assert fresh(job).first_frame_at is None
    drawn(attempt)
    first_frame_at = fresh(job).first_frame_at
    clock.shift(timedelta(seconds=5))
    drawn(attempt, frames=9)
    assert (fresh(job).first_frame_at, fresh(job).frames_done) == (first_frame_at, 9)
    assert first_frame_at


def test_a_finished_render_has_its_video_and_no_attempt(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()
    drawn(attempt)
    attempts.complete(attempt, VIDEO)
    seen = fresh(job)
    assert attempt_columns(job) == (None, None, None, 0.0)
    assert (seen.video_object, seen.video_bytes, seen.video_sha256) == ("videos/a.mp4", 1000, "5" * 64)
    assert (seen.video_s, seen.poster_object) == (8.0, "posters/a.jpg")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (attempts.end_cancelled, "cancelled"),
        (lambda attempt: attempts.fail(attempt, CallerError("This cannot be drawn.")), "failed"),
        (attempts.give_back, "queued"),
    ],
)
def test_an_attempt_that_ends_leaves_nothing_of_itself(
    make_job: MakeJob, end: Callable[[Attempt], object], status: str
) -> None:
    job = make_job()
    attempt = claimed()
    drawn(attempt)
    end(attempt)
    seen = fresh(job)
    assert (seen.status, seen.worker, seen.lease_until, seen.eta_s) == (status, None, None, None)
    assert (seen.completed_at is not None) == (status != "queued")
    assert (seen.stage is None) == (status != "queued")


def test_a_failure_is_kept_short_and_plain(make_job: MakeJob) -> None:
    job = make_job()
    attempts.fail(claimed(), CallerError("x" * 1001, limit=5, part=1.5, is_late=True, at=None, since=timedelta(1)))
    seen = fresh(job)
    assert seen.error_message == "x" * 1000
    plain = {"limit": 5, "part": 1.5, "is_late": True, "at": None, "since": "1 day, 0:00:00"}
    assert {name: (seen.error_details or {})[name] for name in plain} == plain


@pytest.mark.parametrize(
    "end",
    [
        attempts.give_back,
        lambda _: attempts.release("worker"),
        lose_the_lease,
    ],
)
def test_however_an_attempt_ends_a_cancelled_render_is_cancelled(
    make_job: MakeJob, end: Callable[[Attempt], object]
) -> None:
    job = make_job()
    attempt = claimed()
    cancel_render(job.user_id, job.id)
    end(attempt)
    assert fresh(job).status == "cancelled"


@pytest.mark.parametrize(
    "change",
    [
        drawn,
        lambda attempt: attempts.complete(attempt, VIDEO),
        lambda attempt: attempts.fail(attempt, StageCrashed("The browser crashed.")),
        attempts.give_back,
        attempts.end_cancelled,
        lambda _: attempts.release("worker"),
        lose_the_lease,
    ],
)
def test_the_customer_is_told_of_every_change(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, change: Callable[[Attempt], object]
) -> None:
    job = make_job()
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(attempts, "announce", lambda *names: told.append(names))
    attempt = claimed()
    assert told == [(job.user_id, job.id)]
    change(attempt)
    assert told == [(job.user_id, job.id)] * 2


def test_a_release_leaves_the_renders_of_other_workers(make_job: MakeJob) -> None:
    mine, other = make_job(created_at=now() - timedelta(seconds=1)), make_job()
    claimed()
    assert attempts.claim("another")
    assert attempts.release("worker") == 1
    assert [fresh(job).status for job in (mine, other)] == ["queued", "processing"]
