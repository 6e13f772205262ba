"""Worker use counts the time that attempts took, however that time lies to the samples of the queue."""

from datetime import datetime, timedelta

import pytest
from tests.functional.rendering.conftest import MakeJob, context, make_job

from oriel.infra.clock import clock, now
from oriel.monitoring import rollups, samples
from oriel.monitoring.figures import figures
from oriel.monitoring.rollups import DAY, HOUR, start_of_day
from oriel.rendering import attempts, presence
from oriel.rendering.attempts import Attempt, Pulse, Video

__all__ = ["context", "make_job"]

VIDEO = Video("videos/a.mp4", 1000, "0" * 64, 8.0, None)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def noon(context: None) -> datetime:
    """Let it be the next noon, and the clock have run before."""
    target = start_of_day(now()) + DAY + timedelta(hours=12)
    at(target)
    rollups.roll_up()
    return target


def at(moment: datetime) -> None:
    clock.shift(moment - now())


def claimed() -> Attempt:
    attempt = attempts.claim("worker")
    assert attempt
    return attempt


def sample(minute: datetime) -> None:
    """Take a minute's sample two seconds after it has begun, when the worker is there."""
    at(minute + timedelta(seconds=2))
    presence.report("worker")
    samples.sample_queue()


def use(hour: datetime) -> float | None:
    line = figures(hour, hour + HOUR, "hour").line("worker_use")
    assert line
    return line.total


def test_renders_that_are_shorter_than_the_sampling_count(make_job: MakeJob, noon: datetime) -> None:
    for number in range(10):
        minute = noon + number * MINUTE
        sample(minute)
        at(minute + timedelta(seconds=10))
        make_job()
        attempt = claimed()
        at(minute + timedelta(seconds=25))
        attempts.complete(attempt, VIDEO)
    rollups.roll_up()
    assert use(noon) == pytest.approx(15 / 60, rel=0.1)


def test_an_attempt_counts_in_each_hour_for_its_time_in_it(make_job: MakeJob, noon: datetime) -> None:
    later = noon + HOUR
    make_job()
    for number in range(60):
        sample(noon + number * MINUTE)
    at(later - 15 * MINUTE)
    attempt = claimed()
    for number in range(30):
        sample(later + number * MINUTE)
        attempts.beat(attempt, Pulse("rendering", 0.5, None, 10, 0))
        if number == 6:
            # The hour is closed for good while the attempt goes on.
            assert rollups.roll_up() == 1
            assert use(noon) == pytest.approx(15 / 60, rel=0.02)
    attempts.complete(attempt, VIDEO)
    at(later + HOUR + 10 * MINUTE)
    rollups.roll_up()
    assert use(noon) == pytest.approx(15 / 60, rel=0.02)
    assert use(later) == pytest.approx(29 / 30, rel=0.02)


def test_minutes_without_a_sample_count_neither_as_work_nor_as_time(make_job: MakeJob, noon: datetime) -> None:
    make_job()
    attempt = claimed()
    # The clock stands still while a render is made.
    at(noon + 5 * MINUTE)
    attempts.complete(attempt, VIDEO)
    for number in range(5, 10):
        sample(noon + number * MINUTE)
    rollups.roll_up()
    assert use(noon) == pytest.approx(0, abs=0.01)


def test_without_a_worker_nothing_is_known(noon: datetime) -> None:
    samples.sample_queue()
    rollups.roll_up()
    assert use(noon) is None
