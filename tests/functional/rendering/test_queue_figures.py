"""What operators see of the queue."""

from datetime import timedelta

from tests.functional.rendering.conftest import MakeJob

from oriel.infra.clock import clock
from oriel.rendering import attempts
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


def test_who_works_is_told_until_the_lease_is_over(make_job: MakeJob) -> None:
    make_job()
    assert attempts.claim("worker-7")
    assert queue_figures().workers == ["worker-7"]
    clock.shift(timedelta(minutes=2))
    assert queue_figures().workers == []
