"""The state machine of a render job: nothing is lost, nothing happens twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel.accounts import notifications
from oriel.billing.models import RenderRight
from oriel.errors import StageCrashed, UndecodableSong, WorkFolderUnusable, WrongState
from oriel.infra.clock import clock, now
from oriel.infra.database import db
from oriel.infra.mail.outbox import OutboxMail
from oriel.rendering import attempts
from oriel.rendering.attempts import Attempt, Pulse, Video
from oriel.rendering.cancellation import cancel_render
from oriel.rendering.models import RenderJob

VIDEO = Video("videos/a.mp4", 1000, "0" * 64, 8.0, None)


def pulse(frames: int = 0, chunks: int = 0, progress: float = 0.5) -> Pulse:
    return Pulse("rendering", progress, 10.0, frames, chunks)


def claimed() -> Attempt:
    attempt = attempts.claim("worker")
    assert attempt
    return attempt


def right_of(job: RenderJob) -> str:
    return db.session.scalars(select(RenderRight.state).where(RenderRight.render_id == job.id)).one()


def letters_about(job: RenderJob) -> list[str]:
    return list(db.session.scalars(select(OutboxMail.kind).where(OutboxMail.user_id == job.user_id)))


def test_a_render_is_claimed_reported_and_completed(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()
    assert (attempt.job_id, attempt.fence) == (job.id, 1)
    assert attempts.beat(attempt, pulse(frames=3)) == "go"
    seen = fresh(job)
    assert (seen.status, seen.stage, seen.progress, seen.frames_done) == ("processing", "rendering", 0.5, 3)
    assert attempts.complete(attempt, VIDEO)
    done = fresh(job)
    assert (done.status, done.progress, done.video_object) == ("completed", 1.0, "videos/a.mp4")
    assert done.expires_at
    assert done.completed_at
    assert done.expires_at - done.completed_at == timedelta(days=30)
    assert right_of(job) == "spent"
    assert letters_about(job) == ["render_ready"]


@pytest.mark.parametrize("loses_its_worker", [True, False])
def test_a_render_that_waits_again_says_why_until_it_has_ended(make_job: MakeJob, loses_its_worker: bool) -> None:
    job = make_job()
    if loses_its_worker:
        claimed()
        clock.shift(timedelta(seconds=9))
        assert attempts.reap() == 1
    else:
        attempts.fail(claimed(), StageCrashed("It crashed.", stderr="GL error"))
        clock.shift(timedelta(minutes=1))
    seen = fresh(job)
    expected = "WORKER_LOST" if loses_its_worker else "STAGE_CRASHED"
    assert (seen.status, seen.error_code, bool(seen.error_message)) == ("queued", expected, True)
    assert seen.error_details == ({} if loses_its_worker else {"stderr": "GL error"})
    assert attempts.complete(claimed(), VIDEO)
    done = fresh(job)
    assert (done.status, done.error_code, done.error_message, done.error_details) == ("completed", None, None, None)


def test_what_holds_a_render_up_takes_the_place_of_an_earlier_error(make_job: MakeJob) -> None:
    job = make_job()
    attempts.fail(claimed(), StageCrashed("It crashed.", stderr="GL error"))
    clock.shift(timedelta(minutes=1))
    attempts.fail(claimed(), WorkFolderUnusable("The folder is full.", free=0))
    seen = fresh(job)
    assert (seen.error_code, seen.error_details) == (WorkFolderUnusable.code, {"free": 0})
    # One that is held up goes by that, whatever happens to its worker.
    clock.shift(timedelta(minutes=1))
    claimed()
    clock.shift(timedelta(seconds=9))
    assert attempts.reap() == 1
    assert fresh(job).error_code == WorkFolderUnusable.code


def test_a_render_that_is_cancelled_has_no_error(make_job: MakeJob) -> None:
    job = make_job()
    attempts.fail(claimed(), StageCrashed("It crashed."))
    cancel_render(job.user_id, job.id)
    assert (fresh(job).status, fresh(job).error_code) == ("cancelled", None)


def test_a_customer_who_has_switched_it_off_gets_no_letter(make_job: MakeJob) -> None:
    job = make_job()
    notifications.set_topic(job.user_id, "ready", is_on=False)
    attempt = attempts.claim("a worker")
    assert attempt
    assert attempts.complete(attempt, VIDEO)
    assert letters_about(job) == []


def test_the_letter_tells_how_long_the_video_is_not_the_song(make_job: MakeJob) -> None:
    make_job()
    attempts.complete(claimed(), VIDEO)
    assert "Length: 0:08" in db.session.scalars(select(OutboxMail.text)).one()


def test_nothing_waits_nothing_is_claimed() -> None:
    assert attempts.claim("worker") is None


def test_a_render_is_claimed_once(make_job: MakeJob) -> None:
    make_job()
    claimed()
    assert attempts.claim("another") is None


def test_two_workers_never_get_the_same_render(app: APIFlask, make_job: MakeJob) -> None:
    jobs = {make_job().id for _ in range(12)}

    def claim_all(name: str) -> list[str]:
        with app.app_context():
            found = []
            while attempt := attempts.claim(name):
                found.append(attempt.job_id)
            return found

    with ThreadPoolExecutor(4) as threads:
        taken = [job for found in threads.map(claim_all, "abcd") for job in found]
    assert sorted(taken) == sorted(jobs)


def test_progress_never_goes_back(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()
    attempts.beat(attempt, pulse(progress=0.7))
    attempts.beat(attempt, pulse(progress=0.2))
    assert fresh(job).progress == 0.7


@pytest.mark.parametrize(
    "late",
    [
        lambda attempt: attempts.complete(attempt, VIDEO),
        lambda attempt: attempts.fail(attempt, StageCrashed("x")),
        attempts.give_back,
        attempts.end_cancelled,
    ],
)
def test_a_worker_that_wakes_too_late_changes_nothing(make_job: MakeJob, late: Callable[[Attempt], object]) -> None:
    job = make_job()
    sleeper = claimed()
    clock.shift(timedelta(seconds=9))
    assert attempts.reap() == 1
    awake = claimed()
    assert awake.fence == sleeper.fence + 1
    assert attempts.beat(sleeper, pulse()) == "lost"
    assert not late(sleeper)
    seen = fresh(job)
    assert (seen.status, seen.fence, seen.progress) == ("processing", awake.fence, 0.0)
    assert right_of(job) == "reserved"
    assert letters_about(job) == []


@pytest.mark.parametrize(
    "late",
    [
        lambda attempt: attempts.complete(attempt, VIDEO),
        lambda attempt: attempts.fail(attempt, StageCrashed("x")),
        attempts.end_cancelled,
    ],
)
def test_a_worker_that_wakes_before_the_next_one_changes_nothing(
    make_job: MakeJob, late: Callable[[Attempt], object]
) -> None:
    job = make_job()
    sleeper = claimed()
    clock.shift(timedelta(seconds=9))
    assert attempts.reap() == 1
    assert attempts.beat(sleeper, pulse()) == "lost"
    assert not late(sleeper)
    seen = fresh(job)
    assert (seen.status, seen.progress, seen.lease_until, right_of(job)) == ("queued", 0.0, None, "reserved")


def test_a_heartbeat_leaves_the_attempts_at_other_renders_alone(make_job: MakeJob) -> None:
    mine, other = make_job(created_at=now() - timedelta(seconds=1)), make_job()
    attempt, its_attempt = claimed(), claimed()
    assert (attempt.fence, its_attempt.fence) == (1, 1)
    assert attempts.beat(attempt, pulse(frames=3)) == "go"
    seen = fresh(other)
    assert (seen.progress, seen.frames_done, seen.first_frame_at) == (0.0, 0, None)
    assert fresh(mine).frames_done == 3


def test_a_render_whose_heartbeat_came_in_between_is_not_reaped(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job()
    claimed()
    monkeypatch.setattr(attempts, "_expired", lambda: select(RenderJob.id))
    assert attempts.reap() == 0
    assert fresh(job).status == "processing"


@pytest.mark.parametrize("error", [WrongState("It cannot."), OperationalError("UPDATE", {}, Exception("gone"))])
def test_a_lost_render_that_cannot_be_taken_back_does_not_keep_others_from_it(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    stays, other = [make_job(status="processing", lease_until=now() - timedelta(seconds=age)) for age in (20, 10)]
    take_back = attempts._take_back

    def refuse_one(session: Session, job: RenderJob) -> None:
        if job.id == stays.id:
            raise error
        take_back(session, job)

    monkeypatch.setattr(attempts, "_take_back", refuse_one)
    assert attempts.reap() == 1
    assert [fresh(job).status for job in (stays, other)] == ["processing", "queued"]


def test_a_lease_that_is_kept_is_not_reaped(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    make_job()
    attempt, start = claimed(), now()
    # A clock that goes on would take the lease from a slow machine.
    monkeypatch.setattr(attempts, "now", lambda: start + timedelta(seconds=6))
    attempts.beat(attempt, pulse())
    monkeypatch.setattr(attempts, "now", lambda: start + timedelta(seconds=12))
    assert attempts.reap() == 0


def test_a_lease_holds_to_its_end(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    claimed()
    until = fresh(job).lease_until
    assert until
    monkeypatch.setattr(attempts, "now", lambda: until)
    assert attempts.reap() == 0
    monkeypatch.setattr(attempts, "now", lambda: until + timedelta(microseconds=1))
    assert attempts.reap() == 1


def test_a_lease_outlives_three_lost_heartbeats() -> None:
    assert timedelta(seconds=3 * attempts.HEARTBEAT_S) < attempts.LEASE


def test_of_many_lost_renders_those_that_wait_longest_are_taken_back_first(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "_REAPED_AT_ONCE", 1)
    jobs = [make_job(status="processing", lease_until=now() - timedelta(seconds=age)) for age in (10, 20)]
    for lost in (1, 1, 0):
        assert attempts.reap() == lost
        assert fresh(jobs[1]).status == "queued"
    assert fresh(jobs[0]).status == "queued"


def test_an_attempt_asks_whether_its_render_is_over(make_job: MakeJob) -> None:
    first, second = make_job(created_at=now() - timedelta(seconds=1)), make_job()
    ended, goes_on = claimed(), claimed()
    assert (ended.job_id, goes_on.job_id) == (first.id, second.id)
    attempts.end_cancelled(ended)
    attempts.give_back(goes_on)
    assert [attempts.has_ended(attempt) for attempt in (ended, goes_on)] == [True, False]
    # The worker does other things for an hour then, and the database must not wait for it.
    assert not db.session.in_transaction()


def test_a_render_whose_worker_vanished_goes_on_at_once(make_job: MakeJob) -> None:
    job = make_job()
    claimed()
    clock.shift(timedelta(seconds=9))
    attempts.reap()
    assert fresh(job).run_after <= now()
    assert claimed().job_id == job.id


def test_a_dead_workers_renders_are_released_without_waiting(make_job: MakeJob) -> None:
    job = make_job()
    claimed()
    assert attempts.release("somebody else") == 0
    assert attempts.release("worker") == 1
    assert fresh(job).status == "queued"


def stop_the_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let attempts see one moment until the end of the test."""
    moment = now()
    monkeypatch.setattr(attempts, "now", lambda: moment)
    return moment


@pytest.mark.parametrize(("end", "pauses_s"), [(min, (8, 32)), (max, (12, 48))])
def test_an_error_that_may_pass_is_tried_again_after_ten_then_forty_seconds_a_fifth_more_or_less(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, end: Callable[[float, float], float], pauses_s: tuple[int, int]
) -> None:
    monkeypatch.setattr("random.uniform", end)
    job = make_job()
    for pause_s in pauses_s:
        attempt, moment = claimed(), stop_the_clock(monkeypatch)
        attempts.fail(attempt, StageCrashed("The browser crashed."))
        assert fresh(job).run_after == moment + timedelta(seconds=pause_s)
        assert attempts.claim("worker") is None
        clock.shift(timedelta(seconds=pause_s))
        monkeypatch.setattr(attempts, "now", now)


def test_after_an_attempt_that_finished_a_chunk_the_pause_is_short(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", max)
    job = make_job()
    attempt, moment = claimed(), stop_the_clock(monkeypatch)
    attempts.beat(attempt, pulse(chunks=1))
    attempts.fail(attempt, StageCrashed("The browser crashed."))
    assert fresh(job).run_after == moment + timedelta(seconds=12)


def test_three_attempts_without_a_new_chunk_are_a_dead_letter(make_job: MakeJob) -> None:
    job = make_job()
    for _ in range(3):
        assert fresh(job).status == "queued"
        attempts.fail(claimed(), StageCrashed("The browser crashed."))
        clock.shift(timedelta(seconds=60))
    dead = fresh(job)
    assert (dead.status, dead.error_code, dead.error_message) == ("failed", "STAGE_CRASHED", "The browser crashed.")
    assert right_of(job) == "returned"
    assert letters_about(job) == ["render_failed"]


def test_an_attempt_that_finished_a_chunk_does_not_count(make_job: MakeJob) -> None:
    job = make_job()
    for chunk in range(1, 6):
        attempt = claimed()
        attempts.beat(attempt, pulse(chunks=chunk))
        attempts.fail(attempt, StageCrashed("The browser crashed."))
        clock.shift(timedelta(seconds=60))
    assert (fresh(job).status, fresh(job).fruitless) == ("queued", 0)


def test_lost_workers_count_like_errors(make_job: MakeJob) -> None:
    job = make_job()
    for _ in range(3):
        claimed()
        clock.shift(timedelta(seconds=9))
        attempts.reap()
    dead = fresh(job)
    assert (dead.status, dead.error_code, dead.error_details) == ("failed", "WORKER_LOST", {"attempts": 3})


def test_an_orderly_end_of_a_worker_does_not_count(make_job: MakeJob) -> None:
    job = make_job()
    for _ in range(5):
        attempts.give_back(claimed())
    assert (fresh(job).status, fresh(job).fruitless) == ("queued", 0)


def test_what_no_repetition_mends_fails_at_once(make_job: MakeJob) -> None:
    job = make_job()
    attempts.fail(claimed(), UndecodableSong("No sound can be read from it."))
    assert (fresh(job).status, fresh(job).error_code) == ("failed", "UNDECODABLE_AUDIO")
    assert right_of(job) == "returned"


def test_a_cancelled_render_is_ended_by_its_next_heartbeat(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()

    cancel_render(job.user_id, job.id)
    assert attempts.beat(attempt, pulse()) == "cancel"
    attempts.end_cancelled(attempt)
    assert fresh(job).status == "cancelled"
    assert right_of(job) == "returned"


def test_the_video_of_a_cancelled_render_is_not_delivered(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()
    cancel_render(job.user_id, job.id)
    assert not attempts.complete(attempt, VIDEO)
    seen = fresh(job)
    assert (seen.status, seen.video_object, right_of(job), letters_about(job)) == ("cancelled", None, "returned", [])


def test_a_heartbeat_tells_nothing_of_the_cancelling_of_another(make_job: MakeJob) -> None:
    cancelled = make_job(created_at=now() - timedelta(seconds=1))
    make_job()
    claimed()
    other = claimed()
    cancel_render(cancelled.user_id, cancelled.id)
    assert attempts.beat(other, pulse()) == "go"


def test_a_render_cancelled_after_its_first_frame_counts(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()
    attempts.beat(attempt, pulse(frames=1))
    attempts.end_cancelled(attempt)
    assert right_of(job) == "spent"


def test_whoever_runs_the_service_is_told_of_a_dead_letter(
    app: APIFlask, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ORIEL", app.config["ORIEL"].model_copy(update={"alert_email": "ops@example.com"}))
    make_job()
    for _ in range(3):
        attempts.fail(claimed(), StageCrashed("The browser crashed."))
        clock.shift(timedelta(seconds=60))
    assert db.session.scalars(select(OutboxMail.kind).where(OutboxMail.to == "ops@example.com")).all() == [
        "render_lost"
    ]


def test_a_render_that_is_being_cancelled_is_claimed_by_nobody(app: APIFlask, make_job: MakeJob) -> None:
    """A claim that had looked before a cancellation was committed must not bring the render back to life."""
    jobs = [make_job() for _ in range(20)]
    named = [(job.user_id, job.id) for job in jobs]

    def cancel(name: tuple[str, str]) -> str:
        with app.app_context():
            try:
                return cancel_render(*name).status
            except WrongState:
                return "late"

    def claim(_: int) -> str | None:
        with app.app_context():
            attempt = attempts.claim("worker")
            return attempt.job_id if attempt else None

    with ThreadPoolExecutor(8) as threads:
        cancelled = threads.map(cancel, named)
        taken = set(threads.map(claim, range(20)))
        ended = {job_id for (_, job_id), status in zip(named, cancelled, strict=True) if status == "cancelled"}
    for job in jobs:
        seen = fresh(job)
        assert seen.status == ("cancelled" if job.id in ended else "processing" if job.id in taken else "queued")
        assert (right_of(job) == "returned") == (seen.status == "cancelled")


def test_a_broken_machine_is_not_the_renders_fault(make_job: MakeJob) -> None:
    job = make_job()
    for _ in range(5):
        attempts.fail(claimed(), WorkFolderUnusable("The work folder cannot be written."))
        assert attempts.claim("worker") is None
        clock.shift(timedelta(minutes=6))
    assert (fresh(job).status, fresh(job).fruitless) == ("queued", 0)
    assert letters_about(job) == []


def test_chunks_of_earlier_attempts_make_no_attempt_fruitful(make_job: MakeJob) -> None:
    job = make_job()
    first = claimed()
    attempts.beat(first, pulse(chunks=4))
    attempts.give_back(first)
    for _ in range(3):
        attempt = claimed()
        attempts.beat(attempt, pulse(chunks=0))
        attempts.fail(attempt, StageCrashed("The browser crashed."))
        clock.shift(timedelta(seconds=60))
    assert (fresh(job).status, fresh(job).chunks_kept) == ("failed", 4)


def test_an_alert_that_cannot_be_sent_holds_up_nobody(
    app: APIFlask, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["ORIEL"].model_copy(update={"alert_email": "root@localhost"})
    monkeypatch.setitem(app.config, "ORIEL", settings)
    job = make_job()
    for _ in range(3):
        claimed()
        clock.shift(timedelta(seconds=9))
        assert attempts.reap() == 1
    assert fresh(job).status == "failed"


def test_a_cancelled_render_whose_attempt_fails_is_cancelled(make_job: MakeJob) -> None:
    job = make_job()
    attempt = claimed()
    cancel_render(job.user_id, job.id)
    attempts.fail(attempt, StageCrashed("The browser crashed."))
    assert fresh(job).status == "cancelled"
