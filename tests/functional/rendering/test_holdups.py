"""Renders that the storage or a machine holds up: they wait for as long as it takes, and their customers know."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel.accounts.models import User
from oriel.billing.models import RenderRight
from oriel.errors import StageCrashed, StorageFailed
from oriel.infra.clock import clock, now
from oriel.infra.database import db
from oriel.infra.mail.outbox import OutboxMail
from oriel.rendering import attempts, holdups
from oriel.rendering.attempts import Attempt, Video
from oriel.rendering.cancellation import cancel_render
from oriel.rendering.models import RenderJob
from oriel.rendering.operator_actions import retry

AWAY = StorageFailed("The storage is away.")
OPERATOR = "ops@example.com"


@pytest.fixture(autouse=True)
def operator(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who runs the service."""
    settings = app.config["ORIEL"].model_copy(update={"alert_email": OPERATOR})
    monkeypatch.setitem(app.config, "ORIEL", settings)


def taken() -> Attempt:
    attempt = attempts.claim("worker")
    assert attempt
    return attempt


def held_up(job: RenderJob, minutes: float) -> None:
    """Have every attempt fail at the storage for so long, and the clock look after each."""
    until = now() + timedelta(minutes=minutes)
    while now() < until:
        attempt = taken()
        assert attempt.job_id == job.id
        attempts.fail(attempt, AWAY)
        clock.shift(fresh(job).run_after - now())
        holdups.tell()


def mails(kind: str) -> list[str]:
    """Return to whom mails of a kind go."""
    db.session.rollback()
    return sorted(db.session.scalars(select(OutboxMail.to).where(OutboxMail.kind == kind)))


def right_of(job: RenderJob) -> str:
    return db.session.scalars(select(RenderRight.state).where(RenderRight.render_id == job.id)).one()


def done(attempt: Attempt) -> None:
    assert attempts.complete(attempt, Video("videos/v.mp4", 1000, "0" * 64, 8.0, None))


def address_of(job: RenderJob) -> str:
    return db.session.get_one(User, job.user_id).email


def test_the_pauses_grow_to_five_minutes(make_job: MakeJob) -> None:
    job = make_job()
    for pause_s in (15, 30, 60, 120, 240, 300, 300):
        attempt, before = taken(), now()
        attempts.fail(attempt, AWAY)
        waits_until = fresh(job).run_after
        assert pause_s * 0.8 <= (waits_until - before).total_seconds()
        assert (waits_until - now()).total_seconds() <= pause_s * 1.2
        assert attempts.claim("worker") is None
        clock.shift(timedelta(seconds=pause_s * 1.2))


def test_it_waits_for_days_with_its_right_reserved_and_is_made_at_last(make_job: MakeJob) -> None:
    job = make_job()
    held_up(job, minutes=30)
    clock.shift(timedelta(days=2))
    held_up(job, minutes=1)
    waiting = fresh(job)
    assert (waiting.status, waiting.fruitless, right_of(job)) == ("queued", 0, "reserved")
    done(taken())
    made = fresh(job)
    assert (made.status, made.error_code, made.held_since, right_of(job)) == ("completed", None, None, "spent")


def test_customer_and_operator_are_told_once_after_ten_minutes_and_when_it_works_again(make_job: MakeJob) -> None:
    job = make_job()
    held_up(job, minutes=4)
    assert mails("render_held_up") == mails("renders_wait") == []
    held_up(job, minutes=60)
    assert (mails("render_held_up"), mails("renders_wait")) == ([address_of(job)], [OPERATOR])
    assert mails("render_goes_on") == mails("renders_go_on") == []
    done(taken())
    assert (mails("render_goes_on"), mails("renders_go_on")) == ([address_of(job)], [OPERATOR])
    assert mails("render_ready") == [address_of(job)]


def test_many_renders_with_one_trouble_are_one_mail_each_to_customer_and_operator(
    caller: Callable[..., Caller], make_job: MakeJob
) -> None:
    customer, other = caller(), caller()
    for owner in (customer, customer, other):
        make_job(user_id=owner.user_id, at_once=3)
    for attempt in [taken() for _ in range(3)]:
        attempts.fail(attempt, AWAY)
    clock.shift(timedelta(minutes=10))
    assert [holdups.tell(), holdups.tell()] == [3, 0]
    assert mails("render_held_up") == sorted([customer.email, other.email])
    assert mails("renders_wait") == [OPERATOR]
    first = taken()
    done(first)
    assert mails("render_goes_on") == sorted([customer.email, other.email])
    assert mails("renders_go_on") == [OPERATOR]


def test_when_it_works_again_the_others_do_not_wait_for_their_pause(make_job: MakeJob) -> None:
    make_job()
    waits = make_job()
    for attempt in (taken(), taken()):
        attempts.fail(attempt, AWAY)
    clock.shift(timedelta(seconds=20))
    goes_on, again = sorted((taken(), taken()), key=lambda attempt: attempt.job_id == waits.id)
    attempts.fail(again, AWAY)
    assert attempts.claim("worker") is None
    done(goes_on)
    assert taken().job_id == waits.id


def test_nobody_is_told_of_a_render_that_goes_on(make_job: MakeJob) -> None:
    job = make_job()
    held_up(job, minutes=4)
    attempt = taken()
    clock.shift(timedelta(minutes=20))
    assert (holdups.tell(), mails("render_held_up"), mails("renders_wait")) == (0, [], [])
    attempts.fail(attempt, AWAY)
    assert (holdups.tell(), mails("render_held_up"), mails("renders_wait")) == (1, [address_of(job)], [OPERATOR])


def test_an_error_of_another_kind_ends_the_wait(make_job: MakeJob) -> None:
    job = make_job()
    held_up(job, minutes=12)
    attempts.fail(taken(), StageCrashed("The browser crashed."))
    waiting = fresh(job)
    assert (waiting.status, waiting.held_since, waiting.fruitless) == ("queued", None, 1)
    assert mails("render_goes_on") == [address_of(job)]


def test_a_render_that_failed_for_good_is_not_held_up_any_more(make_job: MakeJob) -> None:
    job = make_job()
    held_up(job, minutes=4)
    for _ in range(attempts.MOST_FRUITLESS):
        taken()
        attempts.release("worker")
    assert (fresh(job).status, fresh(job).error_code, fresh(job).held_since) == ("failed", "WORKER_LOST", None)
    retry(job.id)
    clock.shift(timedelta(minutes=20))
    assert (holdups.tell(), mails("render_held_up")) == (0, [])


def test_a_render_that_is_held_up_is_cancelled_at_once(make_job: MakeJob) -> None:
    job = make_job()
    held_up(job, minutes=12)
    assert cancel_render(job.user_id, job.id).status == "cancelled"
    assert (fresh(job).error_code, right_of(job)) == (None, "returned")
    assert holdups.tell() == 0


def test_nobody_is_told_a_time_while_it_is_held_up(caller: Callable[..., Caller], make_job: MakeJob) -> None:
    customer = caller()
    job = make_job(user_id=customer.user_id)
    attempts.fail(taken(), AWAY)
    told = customer.get(f"/api/render/status/{job.id}").json or {}
    assert (told["status"], told["eta_s"], told["error"]) == ("queued", None, None)
