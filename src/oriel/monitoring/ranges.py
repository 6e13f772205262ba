"""Ranges of time as people and programs ask for them, in whole hours or days of UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from oriel.infra.clock import now
from oriel.monitoring.figures import STEPS, Step
from oriel.monitoring.rollups import DAY, HOUR, start_of_day, start_of_hour

# More points than these no screen shows, and no table that somebody reads has.
_HOURLY_UP_TO = timedelta(days=7)
_DAILY_UP_TO = timedelta(days=180)


@dataclass(frozen=True)
class Range:
    """From `start` until before `end`, in steps."""

    start: datetime
    end: datetime
    step: Step


# Hours that a page offers; the last one is always the present, unfinished one.
PRESETS: dict[str, timedelta] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}


def in_our_time(moment: datetime) -> datetime:
    """Return a time as it is; raise ValueError for years that no range could be compared with."""
    if not 2000 <= moment.year < 3000:
        raise ValueError("it must lie between the years 2000 and 2999")
    return moment


def whole_steps(start: datetime | None, end: datetime | None, step: Step | None) -> Range:
    """Return the range in whole steps; by default it is 24 hours long and ends with the present hour."""
    end = end or (start + PRESETS["24h"] if start else now())
    step = step or _fitting(end - start if start else PRESETS["24h"])
    begin, boundary = (start_of_hour, HOUR) if step == "hour" else (start_of_day, DAY)
    last = begin(end)
    last = last if last == end else last + boundary
    first = begin(start) if start else last - PRESETS["24h"]
    # Weeks are counted back from the end, which is what people look at.
    return Range(last - -(-(last - first) // STEPS[step]) * STEPS[step], last, step)


def preset(name: str) -> Range:
    """Return the range that ends with the present hour or day; raise KeyError for no preset."""
    length = PRESETS[name]
    step = _fitting(length)
    end = start_of_hour(now()) + HOUR if step == "hour" else start_of_day(now()) + DAY
    return Range(end - length, end, step)


def days(first: date, last: date) -> Range:
    """Return the range of whole days from the first to the last one, both included."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + DAY
    return whole_steps(start, end, None)


def _fitting(length: timedelta) -> Step:
    if length <= _HOURLY_UP_TO:
        return "hour"
    return "day" if length <= _DAILY_UP_TO else "week"
