"""What operators see of the queue."""

from datetime import timedelta

from sqlalchemy import select
from tests.functional.rendering.conftest import MakeJob

from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.rendering import attempts, operator_actions, presence
from oriel.rendering.models import FAILED, RenderJob, Worker
from oriel.rendering.queue_figures import queue_figures


def test_the_queue_is_told_by_plan(make_job: MakeJob) -> None:
    make_job(plan="pro")
    make_job()
    make_job()
    clock.shift(timedelta(minutes=2))
    figures = queue_figures()
    assert (figures.workers, figures.waiting) == ([], {"pro": 1, "free": 2})
    assert figures.oldest_waiting_s
    assert 120 <= figures.oldest_waiting_s < 180


def test_the_oldest_waits_since_it_was_queued_again(make_job: MakeJob) -> None:
    job = make_job(created_at=now() - timedelta(days=1))
    with writing() as session:
        row = session.get_one(RenderJob, job.id)
        row.status, row.completed_at = FAILED, now() - timedelta(hours=23)
    operator_actions.retry(job.id)
    clock.shift(timedelta(minutes=1))
    waited = queue_figures().oldest_waiting_s
    assert waited
    assert 60 <= waited < 90
    with writing() as session:
        session.get_one(RenderJob, job.id).run_after = now() + timedelta(minutes=5)
    # A pause after a failed attempt.
    assert queue_figures().oldest_waiting_s == 0


def test_a_worker_that_waits_is_told_until_it_leaves_or_vanishes(make_job: MakeJob) -> None:
    for name in ("worker-1", "worker-2", "worker-3"):
        presence.report(name)
        presence.report(name)
    make_job()
    assert attempts.claim("worker-2")
    figures = queue_figures()
    assert (figures.workers, figures.idle_workers) == (["worker-2"], ["worker-1", "worker-3"])
    presence.leave("worker-3")
    assert queue_figures().idle_workers == ["worker-1"]
    clock.shift(timedelta(seconds=21))
    assert queue_figures().idle_workers == []


def test_workers_that_vanished_are_forgotten() -> None:
    presence.report("long ago")
    clock.shift(timedelta(hours=2))
    presence.report("now")
    assert list(db.session.scalars(select(Worker.name))) == ["now"]


def test_who_works_is_told_until_the_lease_is_over(make_job: MakeJob) -> None:
    make_job()
    assert attempts.claim("worker-7")
    assert queue_figures().workers == ["worker-7"]
    clock.shift(timedelta(minutes=2))
    assert queue_figures().workers == []
