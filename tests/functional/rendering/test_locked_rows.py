"""Rows that another transaction holds: a claim and a reaping pass them over, the end of an attempt waits for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update
from tests.functional.locks import Apart
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.rendering import attempts
from oriel.rendering.attempts import Attempt, Video
from oriel.rendering.cancellation import cancel_render, locked_job
from oriel.rendering.models import QueueTurn, RenderJob
from oriel.rendering.turns import next_job

# SQLite locks no rows: whoever writes there waits for the whole database.
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

VIDEO = Video("videos/a.mp4", 1000, "0" * 64, 8.0, None)


@contextmanager
def locked(job: RenderJob) -> Iterator[Connection]:
    """Hold a render's row in a transaction of its own, as somebody who is cancelling it does."""
    row = select(RenderJob.id).where(RenderJob.id == job.id).with_for_update()
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(row)
        yield connection


def claimed() -> Attempt:
    attempt = attempts.claim("worker")
    assert attempt
    return attempt


def test_a_claim_passes_over_a_render_that_somebody_holds(make_job: MakeJob) -> None:
    oldest, next_one = make_job(created_at=now() - timedelta(seconds=1)), make_job()
    with locked(oldest):
        assert claimed().job_id == next_one.id
        assert attempts.claim("worker") is None


def test_a_claim_holds_nothing_but_what_it_takes(make_job: MakeJob) -> None:
    taken, *others = [make_job() for _ in range(3)]
    with writing() as session:
        assert next_job(session, now()) is taken
        free = select(RenderJob.id).with_for_update(skip_locked=True)
        with db.engine.begin() as connection:
            assert set(connection.scalars(free)) == {other.id for other in others}


def test_a_claim_waits_for_another_one_and_sees_what_it_took(make_job: MakeJob, apart: Apart) -> None:
    """Two that decide at once would give a customer more renders at once than the plan allows."""
    first = make_job()
    make_job(user_id=first.user_id)
    with writing() as session:
        insert_missing(session, QueueTurn, [{"plan": "*"}])
    with locked(first) as connection:
        connection.execute(select(QueueTurn).where(QueueTurn.plan == "*").with_for_update())
        result = apart(lambda: attempts.claim("another"))
        connection.execute(update(RenderJob).where(RenderJob.id == first.id).values(status="processing"))
    assert result() is None


def test_a_lost_render_that_somebody_holds_is_left_to_them(make_job: MakeJob) -> None:
    lost = [make_job(status="processing", lease_until=now() - timedelta(seconds=age)) for age in (20, 10)]
    with locked(lost[0]):
        assert attempts.reap() == 1
    assert [fresh(job).status for job in lost] == ["processing", "queued"]


@pytest.mark.parametrize(
    "end", [lambda attempt: attempts.complete(attempt, VIDEO), lambda _: attempts.release("worker")]
)
def test_the_end_of_an_attempt_waits_for_a_cancelling_under_way(
    make_job: MakeJob,
    apart: Apart,
    end: Callable[[Attempt], object],
) -> None:
    job = make_job()
    attempt = claimed()
    with locked(job) as connection:
        result = apart(lambda: end(attempt))
        connection.execute(update(RenderJob).where(RenderJob.id == job.id).values(cancel_asked_at=now()))
    result()
    assert fresh(job).status == "cancelled"


def test_a_cancelling_waits_for_a_claim_under_way(make_job: MakeJob, apart: Apart) -> None:
    job = make_job()
    about = (job.user_id, job.id)
    with locked(job) as connection:
        result = apart(lambda: cancel_render(*about).status)
        connection.execute(update(RenderJob).where(RenderJob.id == about[1]).values(status="processing"))
    assert result() == "processing"
    assert fresh(job).cancel_asked_at


def test_a_row_that_is_locked_is_read_anew(make_job: MakeJob) -> None:
    job = make_job()
    with writing() as session:
        assert session.get_one(RenderJob, job.id).status == "queued"
        with db.engine.begin() as connection:
            connection.execute(update(RenderJob).values(status="processing"))
        assert locked_job(session, job.id).status == "processing"
