"""What operators see of the queue."""

from datetime import timedelta

from sqlalchemy import select
from tests.functional.rendering.conftest import MakeJob

from oriel.infra.clock import clock
from oriel.infra.database import db
from oriel.rendering import attempts, presence
from oriel.rendering.models import Worker
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
