"""Rollups say what has happened: in a scripted day, again and again, and after a stop."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob, context, make_job

from oriel.accounts.models import ROLE_USER, STAFF_ROLES
from oriel.billing.models import COMPLETED, RENDER, SUBSCRIPTION, Payment, PaymentEvent, PlanHolding
from oriel.errors import CallerError, StageCrashed
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.monitoring import cleanup, rollups, samples
from oriel.monitoring.activity import active_accounts
from oriel.monitoring.figures import Figures, Step, figures
from oriel.monitoring.models import DailyRollup, HourlyRollup, StockSample, SystemHealth
from oriel.monitoring.rollups import DAY, HOUR, start_of_day, start_of_hour
from oriel.projects.models import Project, ProjectVersion
from oriel.rendering import attempts
from oriel.rendering.attempt_ends import Measurements
from oriel.rendering.attempts import Video
from oriel.rendering.cancellation import cancel_render

__all__ = ["context", "make_job"]

VIDEO = Video("videos/a.mp4", 1000, "0" * 64, 8.0, None)
NOON = 12


@pytest.fixture(autouse=True)
def noon(context: None) -> datetime:
    """Let it be five seconds past the next noon, and the clock have run before."""
    target = start_of_day(now()) + DAY + timedelta(hours=NOON, seconds=5)
    clock.shift(target - now())
    samples.sample_stock()
    rollups.roll_up()
    return start_of_hour(target)


def at(moment: datetime) -> None:
    clock.shift(moment - now())


def hours() -> dict[datetime, dict[str, object]]:
    db.session.rollback()
    rows = db.session.execute(select(HourlyRollup.starts_at, HourlyRollup.figures).order_by(HourlyRollup.starts_at))
    return {starts_at: dict(document) for starts_at, document in rows}


def counts(hour: datetime) -> dict[str, int]:
    found = hours()[hour]["counts"]
    assert isinstance(found, dict)
    return found


def render(make_job: MakeJob, end: Callable[[attempts.Attempt], object], user_id: str | None = None) -> None:
    make_job(user_id=user_id)
    attempt = attempts.claim("worker")
    assert attempt
    clock.shift(timedelta(seconds=20))
    end(attempt)


def done(attempt: attempts.Attempt) -> object:
    return attempts.complete(attempt, VIDEO, Measurements({"rendering": 15.0}, 300, 20.0, 500, "llvmpipe"))


def paid(user_id: str, kind: str, amount: int, **columns: object) -> Payment:
    return Payment(
        user_id=user_id, kind=kind, amount=amount, status=COMPLETED, completed_at=now(), thing=kind, **columns
    )


def total(found: Figures, name: str) -> float | None:
    line = found.line(name)
    assert line, name
    return line.total


def scripted_hour(make_job: MakeJob, caller: Callable[..., Caller]) -> None:
    """Three renders done, one failed, two cancelled, one crashed and given another try; three payments of $24.98."""
    customer, on_trial = caller(), caller()
    for _ in range(3):
        render(make_job, done, customer.user_id)
    render(make_job, lambda attempt: attempts.fail(attempt, CallerError("No.")))
    render(make_job, attempts.end_cancelled)
    waiting = make_job()
    cancel_render(waiting.user_id, waiting.id)
    render(make_job, lambda attempt: attempts.fail(attempt, StageCrashed("Crashed.")))
    with writing() as session:
        session.add(paid(customer.user_id, RENDER, 499))
        session.add(paid(customer.user_id, SUBSCRIPTION, 1999, plan="pro"))
        # A trial costs nothing yet, and is no conversion.
        session.add(paid(on_trial.user_id, SUBSCRIPTION, 0, plan="pro"))
        session.add(PaymentEvent(id="evt_1", kind="payment_intent.payment_failed", body={}))
        session.add(PaymentEvent(id="evt_2", kind="invoice.paid", body={}))
        session.merge(PlanHolding(user_id=customer.user_id, plan="pro"))
        session.add(SystemHealth(check="database", state="ok", latency_ms=1.0))
        session.add(SystemHealth(check="database", state="down"))


def test_an_hour_counts_what_happened_in_it(make_job: MakeJob, caller: Callable[..., Caller], noon: datetime) -> None:
    scripted_hour(make_job, caller)
    samples.sample_queue()
    rollups.roll_up()
    found = counts(noon)
    assert {name: found[name] for name in found if name.startswith(("renders.", "attempts.", "errors."))} == {
        "renders.submitted": 7,
        "renders.completed": 3,
        "renders.failed": 1,
        "renders.cancelled": 2,
        "attempts.completed": 3,
        "attempts.failed": 1,
        "attempts.cancelled": 1,
        "attempts.retried": 1,
        f"errors.{CallerError.code}": 1,
        f"errors.{StageCrashed.code}": 1,
    }
    assert (found["payments.completed"], found["payments.declined"], found["revenue.usd"]) == (2, 1, 2498)
    assert (found["conversions"], found["accounts.new"]) == (1, 6)
    # One customer with three renders, and four with one each: the one without any did nothing.
    assert found["accounts.active_in_hour"] == found["accounts.active_in_day"] == 5
    assert (found["looks.prism"], found["backends.llvmpipe"]) == (7, 3)
    assert (found["health.database.ok"], found["health.database.down"]) == (1, 1)


def test_an_attempt_that_drew_no_frame_used_no_backend(make_job: MakeJob, noon: datetime) -> None:
    undrawn = Measurements({"preparing": 1.0}, frames=0, backend="llvmpipe")
    render(make_job, done)
    render(make_job, lambda attempt: attempts.fail(attempt, StageCrashed("Crashed."), undrawn))
    rollups.roll_up()
    found = counts(noon)
    assert (found["attempts.retried"], found["backends.llvmpipe"]) == (1, 1)


def test_the_figures_of_a_range_say_the_same(make_job: MakeJob, caller: Callable[..., Caller], noon: datetime) -> None:
    scripted_hour(make_job, caller)
    samples.sample_queue()
    rollups.roll_up()
    for found in (figures(noon, noon + HOUR, "hour"), figures(start_of_day(noon), start_of_day(noon) + DAY, "day")):
        assert not found.is_empty
        names = ("renders_completed", "renders_failed", "renders_cancelled", "revenue_usd", "conversions")
        assert [total(found, name) for name in names] == [3, 1, 2, 2498, 1]
        assert (total(found, "render_success"), total(found, "payment_success")) == (3 / 4, 2 / 3)
        assert total(found, "render_time_p50_s") == pytest.approx(20, rel=0.06)
        assert total(found, "frames_per_s") == pytest.approx(20, rel=0.05)
        assert (total(found, "queue_depth"), total(found, "worker_use")) == (1, None)


def test_rolling_up_again_gives_the_same(make_job: MakeJob, noon: datetime) -> None:
    render(make_job, done)
    samples.sample_queue()
    at(noon + HOUR + timedelta(minutes=6))
    assert rollups.roll_up() == 1
    before, days = hours(), db.session.scalars(select(DailyRollup.figures)).all()
    rollups.roll_up_hour(noon)
    assert rollups.roll_up() == 0
    assert hours() == before
    assert db.session.scalars(select(DailyRollup.figures)).all() == days


def test_an_hour_is_provisional_until_five_minutes_after_its_end(make_job: MakeJob, noon: datetime) -> None:
    render(make_job, done)
    assert rollups.roll_up() == 0
    render(make_job, done)
    at(noon + HOUR + timedelta(minutes=4))
    assert rollups.roll_up() == 0
    assert counts(noon)["renders.completed"] == 2
    at(noon + HOUR + timedelta(minutes=5))
    assert rollups.roll_up() == 1


def test_after_a_stop_it_catches_up_hour_by_hour(make_job: MakeJob, noon: datetime) -> None:
    for hour in (0, 1, 26):
        at(noon + hour * HOUR + timedelta(minutes=30))
        render(make_job, done)
    at(noon + 30 * HOUR + timedelta(minutes=10))
    assert rollups.roll_up() == 30
    found = hours()
    assert len(found) == 31
    completed = [starts_at for starts_at in found if counts(starts_at).get("renders.completed")]
    assert completed == [noon, noon + HOUR, noon + 26 * HOUR]
    days = figures(start_of_day(noon), start_of_day(noon) + 2 * DAY, "day").line("renders_completed")
    assert days
    assert days.values == [2, 1]


def test_a_render_at_midnight_belongs_to_the_day_that_begins(make_job: MakeJob, noon: datetime) -> None:
    midnight = start_of_day(noon) + DAY
    at(midnight - timedelta(seconds=15))
    # It ends five seconds after midnight.
    render(make_job, done)
    at(midnight + HOUR)
    rollups.roll_up()
    line = figures(start_of_day(noon), midnight + DAY, "day").line("renders_completed")
    submitted = figures(start_of_day(noon), midnight + DAY, "day").line("renders_submitted")
    assert line
    assert submitted
    assert (submitted.values, line.values) == ([1, 0], [0, 1])


def test_a_day_counts_each_active_account_once(
    make_job: MakeJob, caller: Callable[..., Caller], noon: datetime
) -> None:
    customer = caller()
    for hour in range(3):
        at(noon + hour * HOUR + timedelta(minutes=1))
        render(make_job, done, customer.user_id)
    at(noon + 3 * HOUR + timedelta(minutes=10))
    rollups.roll_up()
    by_day = figures(start_of_day(noon), start_of_day(noon) + DAY, "day").line("accounts_active")
    by_hour = figures(noon, noon + 3 * HOUR, "hour").line("accounts_active")
    assert by_day
    assert by_hour
    assert (by_day.values, by_hour.values, by_hour.total) == ([1], [1, 1, 1], 1)


def test_an_account_that_saves_an_older_project_is_active(caller: Callable[..., Caller], noon: datetime) -> None:
    owner = caller().user_id
    with writing() as session:
        project = Project(user_id=owner, name="Night", settings={}, look="prism", searched="night")
        session.add(project)
    at(noon + DAY)
    with writing() as session:
        session.add(
            ProjectVersion(project_id=project.id, number=2, user_id=owner, name="Night", settings={}, look="prism")
        )
    next_day = (noon + DAY, noon + DAY + HOUR)
    assert active_accounts(db.session, *next_day) == 1
    assert active_accounts(db.session, *next_day, among={owner}) == 1


def test_weeks_are_added_up_from_days(make_job: MakeJob, caller: Callable[..., Caller], noon: datetime) -> None:
    customer = caller()
    for day in (0, 1, 8):
        at(noon + day * DAY + timedelta(minutes=1))
        render(make_job, done, customer.user_id)
        rollups.roll_up_hour(noon + day * DAY)
    weeks = figures(start_of_day(noon), start_of_day(noon) + 14 * DAY, "week")
    completed, active = weeks.line("renders_completed"), weeks.line("accounts_active")
    assert completed
    assert active
    assert (completed.values, completed.total) == ([2, 1], 3)
    # Once on each of the days of which something is known.
    assert (active.values, active.total) == ([1, 1], 1)


def test_whoever_is_active_in_the_week_after_30_days_has_come_back(
    make_job: MakeJob, caller: Callable[..., Caller], noon: datetime
) -> None:
    back, _, gone = caller(), caller(), caller()
    make_job(user_id=gone.user_id)
    at(noon + timedelta(days=33))
    make_job(user_id=back.user_id)
    # Their registration was 37 days before this hour.
    rollups.roll_up_hour(noon + timedelta(days=37))
    found = counts(noon + timedelta(days=37))
    assert (found["returned.of"], found["returned.back"]) == (3, 1)


def test_a_conversion_counts_once_in_a_customers_life(caller: Callable[..., Caller], noon: datetime) -> None:
    customer = caller()
    for month in range(2):
        at(noon + timedelta(days=30 * month, minutes=1))
        with writing() as session:
            session.add(paid(customer.user_id, SUBSCRIPTION, 1999))
        rollups.roll_up_hour(start_of_hour(now()))
    assert [counts(hour).get("conversions", 0) for hour in (noon, noon + timedelta(days=30))] == [1, 0]


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_operators_are_no_customers(make_job: MakeJob, app: APIFlask, noon: datetime, role: str) -> None:
    for each in (ROLE_USER, role):
        account = Caller.registered(app, role=each)
        render(make_job, done, account.user_id)
        with writing() as session:
            session.add(paid(account.user_id, SUBSCRIPTION, 1999))
            session.merge(PlanHolding(user_id=account.user_id, plan="pro"))
    free = Caller.registered(app, role=role)
    at(noon + HOUR)
    make_job(user_id=free.user_id)
    samples.sample_stock()
    rollups.roll_up()
    found = counts(noon)
    names = ("accounts.new", "accounts.active_in_hour", "accounts.active_in_day", "conversions")
    assert {name: found[name] for name in names} == dict.fromkeys(names, 1)
    later = figures(noon + HOUR, noon + 2 * HOUR, "hour")
    stock = ("accounts_active", "accounts_active_in_month", "accounts_paid", "plans_pro", "plans_free")
    assert [total(later, name) for name in stock] == [0, 1, 1, 1, 0]


def test_operators_do_not_come_back_as_customers(make_job: MakeJob, app: APIFlask, noon: datetime) -> None:
    accounts = [Caller.registered(app, role=role) for role in (ROLE_USER, *STAFF_ROLES)]
    at(noon + timedelta(days=33))
    for account in accounts:
        make_job(user_id=account.user_id)
    rollups.roll_up_hour(noon + timedelta(days=37))
    found = counts(noon + timedelta(days=37))
    assert (found["returned.of"], found["returned.back"]) == (1, 1)


def test_samples_are_taken_once_a_minute_and_once_an_hour(make_job: MakeJob, noon: datetime) -> None:
    make_job()
    for _ in range(2):
        samples.sample_queue()
        samples.sample_stock()
    clock.shift(timedelta(minutes=1))
    attempts.claim("worker")
    samples.sample_queue()
    rollups.roll_up()
    found = figures(noon, noon + HOUR, "hour")
    names = ("queue_depth", "queue_depth_most", "workers", "plans_free")
    assert [total(found, name) for name in names] == [0.5, 1, 0.5, 0]


def test_a_plan_that_everybody_has_left_is_sampled_as_empty(noon: datetime) -> None:
    assert noon
    sample = db.session.scalars(select(StockSample)).first()
    assert sample
    assert sample.plans == dict.fromkeys(("free", "pro", "enterprise"), 0)


def test_a_range_is_compared_with_the_one_before(make_job: MakeJob, noon: datetime) -> None:
    for hour, renders in ((0, 4), (1, 2), (2, 1)):
        at(noon + hour * HOUR + timedelta(minutes=10))
        for _ in range(renders):
            render(make_job, done)
    at(noon + 4 * HOUR)
    rollups.roll_up()
    line = figures(noon + HOUR, noon + 2 * HOUR, "hour").line("renders_completed")
    assert line
    assert (line.total, line.total_before, line.change) == (2, 4, -0.5)
    without = figures(noon, noon + HOUR, "hour").line("renders_completed")
    assert without
    assert (without.total, without.total_before, without.change) == (4, None, None)


def test_a_range_without_rollups_is_empty(noon: datetime) -> None:
    later = noon + timedelta(days=100)
    found = figures(later, later + DAY, "hour")
    assert found.is_empty
    assert {line.total for line in found.lines} == {None}


@pytest.mark.parametrize(
    ("start", "end", "step"),
    [
        (datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "day"),
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "day"),
        (datetime(2026, 11, 1, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC), "day"),
        (datetime(2026, 11, 1, 0, 30, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC), "hour"),
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC), "hour"),
        (datetime(2020, 11, 1, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC), "day"),
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC), "week"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(start: datetime, end: datetime, step: Step) -> None:
    with pytest.raises(CallerError):
        figures(start, end, step)


def test_rollups_go_after_their_time(make_job: MakeJob, noon: datetime) -> None:
    clock.shift(cleanup.HOURS_KEPT + HOUR)
    cleanup.tidy()
    assert hours() == {}
    assert db.session.scalars(select(DailyRollup)).all()
    clock.shift(cleanup.DAYS_KEPT)
    cleanup.tidy()
    assert db.session.scalars(select(DailyRollup)).all() == []
