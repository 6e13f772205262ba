"""Dates as Stripe's billing counts them: from an anchor, in UTC, the day clamped to the month's last."""

import calendar
from datetime import UTC, datetime, timedelta

HOUR_S, DAY_S = 3600, 86400
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def moment(at: datetime) -> int:
    """Give a time in whole seconds, as the API has it."""
    return int(at.timestamp())


def boundary(anchor: int, interval: str, count: int, number: int) -> int:
    """Give the `number`th end of a period, counted from the anchor, so that a 31st comes back after a February."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval in _DAYS:
        return moment(start + timedelta(days=_DAYS[interval] * count * number))
    months = start.year * 12 + start.month - 1 + _MONTHS[interval] * count * number
    year, month = divmod(months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return moment(start.replace(year=year, month=month + 1, day=day))


def end_after(anchor: int, interval: str, count: int, start: int) -> int:
    """Give the first end of a period after `start`."""
    number = 1
    while boundary(anchor, interval, count, number) <= start:
        number += 1
    return boundary(anchor, interval, count, number)
