"""The figures of a range and of the range before it, from rollup rows alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from oriel.errors import CallerError
from oriel.infra.clock import in_iso
from oriel.infra.database import db
from oriel.monitoring.models import DailyRollup, HourlyRollup
from oriel.monitoring.period_figures import PeriodFigures, merged
from oriel.monitoring.rollups import DAY, HOUR
from oriel.monitoring.series import Series, series_of

Step = Literal["hour", "day", "week"]
# A week is any seven days: it begins on the weekday on which the range begins.
STEPS: dict[Step, timedelta] = {"hour": HOUR, "day": DAY, "week": 7 * DAY}
# A month by the hour, three years by the day or week: no screen shows more, and rollups are not kept for longer.
MOST_PERIODS: dict[Step, int] = {"hour": 31 * 24, "day": 3 * 366, "week": 157}


@dataclass(frozen=True)
class Line:
    """A series over a range: a value for each period, one for the whole range, and both for the range before."""

    series: Series
    values: Sequence[float | None]
    total: float | None
    values_before: Sequence[float | None]
    total_before: float | None

    @property
    def change(self) -> float | None:
        """The change as a share of the range before, such as -0.25; None where that was nothing or unknown."""
        if self.total is None or not self.total_before:
            return None
        return (self.total - self.total_before) / self.total_before


@dataclass(frozen=True)
class Figures:
    """All lines of a range. `is_empty` where no rollup falls into it."""

    start: datetime
    end: datetime
    step: Step
    periods: Sequence[datetime]
    lines: Sequence[Line]
    is_empty: bool

    def line(self, name: str) -> Line | None:
        """Return the line of this name, if the range has it."""
        return next((line for line in self.lines if line.series.name == name), None)

    @property
    def start_before(self) -> datetime:
        """The beginning of the range before, which is as long and ends where this one begins."""
        return self.start - (self.end - self.start)


def figures(start: datetime, end: datetime, step: Step) -> Figures:
    """Return all series from `start` until before `end`, in UTC; raise CallerError for others.

    Both must lie on the beginning of an hour or a day. One query, however long the range is.
    """
    _refuse_wrong_range(start, end, step)
    before_start = start - (end - start)
    rows = _rollups(before_start, end, step)
    periods = _periods(start, end, step)
    now = _Range([_period(rows, period, step) for period in periods])
    before = _Range([_period(rows, period, step) for period in _periods(before_start, start, step)])
    both = merged([before.known.figures, now.known.figures])
    lines = [_line(series, now, before) for series in series_of(both, by_hour=step == "hour")]
    return Figures(start, end, step, periods, lines, is_empty=not now.known.rollups)


class _Range:
    """The rollups of a range by period. A period without any is one of which nothing is known."""

    def __init__(self, periods: Sequence[Sequence[PeriodFigures]]) -> None:
        self._periods = [_Known(len(each), merged(each)) for each in periods]
        self.known = _Known(sum(each.rollups for each in self._periods), merged(each.figures for each in self._periods))

    def values(self, series: Series) -> list[float | None]:
        """Return the value of each period."""
        return [each.value(series) for each in self._periods]

    def total(self, series: Series) -> float | None:
        """Return the value of the whole range."""
        return self.known.value(series)


@dataclass(frozen=True)
class _Known:
    """What is known of a period: from how many rollups, and their sum."""

    rollups: int
    figures: PeriodFigures

    def value(self, series: Series) -> float | None:
        if not self.rollups:
            return None
        value = series.value(self.figures)
        return value / self.rollups if value is not None and series.is_mean_of_rollups else value


def _line(series: Series, now: _Range, before: _Range) -> Line:
    return Line(series, now.values(series), now.total(series), before.values(series), before.total(series))


def _period(rows: Mapping[datetime, PeriodFigures], start: datetime, step: Step) -> list[PeriodFigures]:
    """Return the rollups of one period: its own, or those of a week's days."""
    parts = [start + number * DAY for number in range(7)] if step == "week" else [start]
    return [rows[part] for part in parts if part in rows]


def _rollups(start: datetime, end: datetime, step: Step) -> dict[datetime, PeriodFigures]:
    model = HourlyRollup if step == "hour" else DailyRollup
    query = select(model.starts_at, model.figures).where(model.starts_at >= start, model.starts_at < end)
    rows = db.session.execute(query.order_by(model.starts_at)).all()
    db.session.commit()
    return {starts_at: PeriodFigures.from_json(document) for starts_at, document in rows}


def _periods(start: datetime, end: datetime, step: Step) -> list[datetime]:
    length = STEPS[step]
    return [start + number * length for number in range((end - start) // length)]


def _refuse_wrong_range(start: datetime, end: datetime, step: Step) -> None:
    length, boundary = STEPS[step], HOUR if step == "hour" else DAY
    if start >= end:
        raise CallerError("The range must end after it starts.", start=in_iso(start), end=in_iso(end))
    if start.timestamp() % boundary.total_seconds() or (end - start) % length:
        sentence = f"A range by the {step} must consist of whole {step}s, in UTC."
        raise CallerError(sentence, start=in_iso(start), end=in_iso(end), step=step)
    if (end - start) // length > MOST_PERIODS[step]:
        sentence = f"A range by the {step} may have {MOST_PERIODS[step]} of them at most."
        raise CallerError(sentence, step=step, limit=MOST_PERIODS[step])
