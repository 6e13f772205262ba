"""Which plan holds when, and in which period a render counts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from oriel.billing.current_plan import period_at
from oriel.billing.models import PlanHolding

START, END = datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)


def test_without_a_row_it_is_free_in_calendar_months() -> None:
    current = period_at(None, BEFORE)
    assert (current.plan.name, current.period) == ("free", "2026-11")


@pytest.mark.parametrize(("hour", "period"), [(23, "2026-11"), (24, "2026-12")])
def test_a_month_ends_at_midnight_in_utc(hour: int, period: str) -> None:
    moment = datetime(2026, 11, 30, 12, 30, tzinfo=UTC).timestamp() + (hour - 13) * 3600
    assert period_at(None, datetime.fromtimestamp(moment + 1800, UTC)).period == period


@pytest.mark.parametrize(
    ("moment", "ends_at"),
    [
        (datetime(2026, 11, 20, 23, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2028, 1, 31, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC)),
        (datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)),
        (datetime(2026, 12, 1, 1, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_calendar_month_ends_with_the_first_moment_of_the_next_one(moment: datetime, ends_at: datetime) -> None:
    assert period_at(None, moment).ends_at == ends_at


def test_a_paid_plan_counts_from_the_start_of_its_period() -> None:
    current = period_at(PlanHolding(plan="pro", period_start=START, period_end=END), BEFORE)
    assert (current.plan.name, current.period) == ("pro", "2026-11-10T00:00:00+00:00")


def test_a_renewal_that_has_not_been_told_yet_begins_a_period() -> None:
    current = period_at(PlanHolding(plan="pro", period_start=START, period_end=END), AFTER)
    assert (current.plan.name, current.period, current.ends_at) == ("pro", "2026-12-10T00:00:00+00:00", None)


def test_a_periods_name_is_its_start_in_utc_to_the_second() -> None:
    began = START.astimezone(timezone(timedelta(hours=-5))) + timedelta(microseconds=5)
    assert period_at(PlanHolding(plan="pro", period_start=began, period_end=END), BEFORE).period == START.isoformat()


def test_free_counts_in_calendar_months_whatever_its_row_says() -> None:
    assert period_at(PlanHolding(plan="free", period_start=START, period_end=END), BEFORE).period == "2026-11"


def test_a_cancelled_plan_holds_until_its_period_ends() -> None:
    holding = PlanHolding(plan="pro", period_start=START, period_end=END, ends_at=END)
    assert period_at(holding, BEFORE).plan.name == "pro"
    assert period_at(holding, END).plan.name == "free"
    assert period_at(holding, END).period == "2026-12"


def test_a_plan_that_ends_within_its_period_holds_until_then() -> None:
    holding = PlanHolding(plan="pro", period_start=START, period_end=END, ends_at=BEFORE)
    assert period_at(holding, START).plan.name == "pro"
    assert period_at(holding, START).ends_at == BEFORE
    assert period_at(holding, BEFORE).plan.name == "free"


def test_a_plan_that_ends_some_periods_later_goes_on_until_then() -> None:
    holding = PlanHolding(plan="pro", period_start=START, period_end=END, ends_at=AFTER)
    assert period_at(holding, BEFORE).ends_at == END
    assert (period_at(holding, END).plan.name, period_at(holding, END).period) == ("pro", END.isoformat())
    assert period_at(holding, AFTER).plan.name == "free"


def test_a_downgrade_holds_from_the_end_of_the_period() -> None:
    holding = PlanHolding(plan="enterprise", period_start=START, period_end=END, pending_plan="pro")
    assert period_at(holding, BEFORE).plan.name == "enterprise"
    assert period_at(holding, AFTER).plan.name == "pro"


def test_a_plan_that_an_operator_gave_counts_in_calendar_months() -> None:
    assert period_at(PlanHolding(plan="pro"), BEFORE).period == "2026-11"
