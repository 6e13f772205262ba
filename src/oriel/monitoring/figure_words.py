"""Figures as people read them, and as spreadsheets do."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from oriel.infra.clock import in_iso, now
from oriel.infra.spreadsheet import Cell, csv_text
from oriel.mails.wording import money, size
from oriel.monitoring.charts import DrawnChart
from oriel.monitoring.figures import Figures, Line, Step
from oriel.monitoring.series import Series

UNKNOWN = "–"  # noqa: RUF001  (a dash, as tables have it)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_EVEN = 0.0005


def value_text(series: Series, value: float | None) -> str:
    """Return such as "1,204", "2 min 5 s", "98.2 %", "$1,499.00" or "2.4 GB"."""
    if value is None:
        return UNKNOWN
    match series.unit:
        case "seconds":
            return _duration(value)
        case "share":
            return f"{value * 100:.1f} %"
        case "money":
            return money(round(value), series.currency)
        case "bytes":
            return size(round(value))
        case _:
            return f"{value:,.1f}".removesuffix(".0")


def change_text(line: Line) -> str:
    """Return such as "+12.5 %" or "no change", or "" where there is nothing to compare with."""
    if line.change is None:
        return ""
    if abs(line.change) < _EVEN:
        return "no change"
    sign = "+" if line.change > 0 else "−"  # noqa: RUF001  (a minus, which is as wide as a plus)
    percent = abs(line.change) * 100
    return f"{sign}{percent:,.0f} %" if percent >= 100 else f"{sign}{percent:.1f} %"


def change_kind(line: Line) -> str:
    """Return "good", "bad" or "even": whether the change is welcome."""
    if line.change is None or abs(line.change) < _EVEN or line.series.better == "neither":
        return "even"
    return "good" if (line.change > 0) == (line.series.better == "up") else "bad"


def period_text(moment: datetime, step: Step) -> str:
    """Return such as "29 Nov 14:00" or "29 Nov 2026", in UTC."""
    return f"{moment.day} {moment:%b %H:%M}" if step == "hour" else f"{moment.day} {moment:%b %Y}"


def range_text(start: datetime, end: datetime, step: Step) -> str:
    """Return such as "1 Nov 2026 to 29 Nov 2026" or "28 Nov 14:00 to 29 Nov 14:00"."""
    last = end if step == "hour" else end - timedelta(days=1)
    first_text, last_text = period_text(start, step), period_text(last, step)
    return first_text if first_text == last_text else f"{first_text} to {last_text}"


def stock_text(as_of: datetime | None, step: Step) -> str:
    """Return of when a figure is that is counted once an hour, such as "As of 14:00 UTC"."""
    if as_of is None:
        return f"At the end of each {step}"
    day = "" if as_of.date() == now().date() else f"{as_of.day} {as_of:%b} "
    return f"As of {day}{as_of:%H:%M} UTC, counted once an hour"


def chart_csv(chart: DrawnChart, figures: Figures) -> str:
    """Return a chart's lines with those of the range before, a row for each period."""
    return csv_text(_rows(chart, figures))


def _rows(chart: DrawnChart, figures: Figures) -> Iterator[list[Cell]]:
    yield [
        f"{figures.step} from (UTC)",
        *(cell for line in chart.lines for cell in (_name(line), f"{_name(line)}, range before")),
    ]
    for number, period in enumerate(figures.periods):
        values: list[Cell] = []
        for line in chart.lines:
            values += [_cell(line.values[number]), _cell(line.values_before[number])]
        yield [in_iso(period), *values]


def _name(line: Line) -> str:
    units = {"seconds": " (s)", "share": " (0 to 1)", "bytes": " (bytes)", "money": " (smallest unit)"}
    return f"{line.series.label}{units.get(line.series.unit, '')}"


def _cell(value: float | None) -> Cell:
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, 4)


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return _two(whole, _MINUTE_S, "min", 1, "s")
    return _two(whole, _HOUR_S, "h", _MINUTE_S, "min") if whole < _DAY_S else _two(whole, _DAY_S, "d", _HOUR_S, "h")


def _two(seconds: int, large: int, large_name: str, small: int, small_name: str) -> str:
    whole, rest = divmod(seconds, large)
    return f"{whole} {large_name} {rest // small} {small_name}" if rest // small else f"{whole} {large_name}"
