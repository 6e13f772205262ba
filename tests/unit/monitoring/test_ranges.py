"""Ranges in whole hours, days and weeks of UTC."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from oriel.infra.clock import now
from oriel.monitoring import ranges
from oriel.monitoring.ranges import PRESETS, Range, whole_steps
from oriel.monitoring.rollups import DAY, HOUR

A_DAY = datetime(2026, 3, 29, tzinfo=UTC)


def test_a_range_is_widened_to_whole_steps() -> None:
    start, end = A_DAY + timedelta(minutes=90), A_DAY + timedelta(hours=5, seconds=1)
    assert whole_steps(start, end, None) == Range(A_DAY + HOUR, A_DAY + 6 * HOUR, "hour")
    assert whole_steps(start, end, "day") == Range(A_DAY, A_DAY + DAY, "day")
    assert whole_steps(start, end, "week") == Range(A_DAY - 6 * DAY, A_DAY + DAY, "week")


def test_whole_steps_stay_as_they_are() -> None:
    assert whole_steps(A_DAY, A_DAY + 7 * DAY, None) == Range(A_DAY, A_DAY + 7 * DAY, "hour")
    assert whole_steps(A_DAY, A_DAY + 8 * DAY, None) == Range(A_DAY, A_DAY + 8 * DAY, "day")
    assert whole_steps(A_DAY, A_DAY + 14 * DAY, "week") == Range(A_DAY, A_DAY + 14 * DAY, "week")


def test_times_of_other_zones_are_those_of_utc() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    start = datetime(2026, 3, 29, 3, 0, tzinfo=zone)
    assert whole_steps(start, start + DAY, "day") == Range(A_DAY - DAY, A_DAY + DAY, "day")


def test_a_day_has_24_hours_also_when_clocks_change() -> None:
    found = ranges.days(date(2026, 3, 29), date(2026, 3, 29))
    assert found == Range(A_DAY, A_DAY + 24 * HOUR, "hour")


def test_without_a_range_it_is_the_last_24_hours() -> None:
    found = whole_steps(None, None, None)
    assert found.end - HOUR <= now() < found.end
    assert found.end - found.start in (24 * HOUR, 25 * HOUR)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_as_long_as_it_says_and_holds_the_present(name: str) -> None:
    found = ranges.preset(name)
    assert found.end - found.start == PRESETS[name]
    assert found.start < now() < found.end


def test_a_long_range_is_shown_by_the_week() -> None:
    found = ranges.days(date(2024, 11, 30), date(2026, 11, 29))
    assert found.step == "week"
    assert found.start <= datetime(2024, 11, 30, tzinfo=UTC)
    assert (found.end - found.start) % (7 * DAY) == timedelta()
