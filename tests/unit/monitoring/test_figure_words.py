"""Figures as people and spreadsheets read them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from oriel.infra.clock import now as clock_now
from oriel.infra.spreadsheet import csv_text
from oriel.monitoring.charts import CHARTS, drawn
from oriel.monitoring.figure_words import (
    change_kind,
    change_text,
    chart_csv,
    period_text,
    range_text,
    stock_text,
    value_text,
)
from oriel.monitoring.figures import Figures, Line, Step
from oriel.monitoring.series import Better, Series, Unit

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)


def series(name: str = "x", unit: Unit = "number", better: Better = "up", label: str = "Done") -> Series:
    return Series(name, label, unit, lambda _: None, better, currency="usd")


def line(now: float | None, before: float | None, better: Better = "up") -> Line:
    return Line(series(better=better), [now], now, [before], before)


def two_days(*lines: Line) -> Figures:
    return Figures(START, END, "day", [START, START.replace(day=2)], lines, is_empty=False)


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("number", 1204.0, "1,204"),
        ("number", 0.5, "0.5"),
        ("number", None, "\u2013"),
        ("seconds", 0.0, "0 s"),
        ("seconds", 4.24, "4.2 s"),
        ("seconds", 59.6, "1 min"),
        ("seconds", 125.0, "2 min 5 s"),
        ("seconds", 3900.0, "1 h 5 min"),
        ("seconds", 90_000.0, "1 d 1 h"),
        ("share", 0.9824, "98.2 %"),
        ("money", 149_900.0, "$1,499.00"),
        ("bytes", 2.4e9, "2.4 GB"),
        ("frames_per_s", 41.26, "41.3"),
    ],
)
def test_a_value_is_written_with_its_unit(unit: Unit, value: float | None, text: str) -> None:
    assert value_text(series(unit=unit), value) == text


@pytest.mark.parametrize(
    ("now", "before", "better", "text", "kind"),
    [
        (9, 8, "up", "+12.5 %", "good"),
        (6, 8, "up", "\u221225.0 %", "bad"),
        (6, 8, "down", "\u221225.0 %", "good"),
        (9, 8, "neither", "+12.5 %", "even"),
        (40, 8, "up", "+400 %", "good"),
        (8, 8, "up", "no change", "even"),
        (8, 0, "up", "", "even"),
        (8, None, "up", "", "even"),
        (None, 8, "up", "", "even"),
    ],
)
def test_a_change_is_good_or_bad(now: float | None, before: float | None, better: Better, text: str, kind: str) -> None:
    assert (change_text(line(now, before, better)), change_kind(line(now, before, better))) == (text, kind)


@pytest.mark.parametrize(
    ("step", "text"), [("hour", "1 Nov 00:00 to 3 Nov 00:00"), ("day", "1 Nov 2026 to 2 Nov 2026")]
)
def test_a_range_is_named_by_its_ends(step: Step, text: str) -> None:
    assert range_text(START, END, step) == text


def test_an_hour_is_named_by_its_beginning() -> None:
    assert period_text(START.replace(hour=14), "hour") == "1 Nov 14:00"


def test_a_chart_has_the_lines_that_know_something() -> None:
    codes = [Line(series(f"errors_{code}"), [1, 2], 3, [None, None], None) for code in ("A", "B")]
    silent = Line(series("errors_C"), [None, None], None, [None, None], None)
    found = drawn(CHARTS["errors"], two_days(*codes, silent))
    assert list(found.lines) == codes
    assert found.headline == codes[0]
    assert drawn(CHARTS["revenue"], two_days(*codes)).headline is None


def test_the_csv_of_a_chart_has_a_row_for_each_period() -> None:
    money = Line(series("revenue_usd", "money", label="Revenue"), [499, 1249.5], 1748.5, [None, 3], 3)
    figures = two_days(money)
    assert chart_csv(drawn(CHARTS["revenue"], figures), figures).splitlines() == [
        'day from (UTC),Revenue (smallest unit),"Revenue (smallest unit), range before"',
        "2026-11-01T00:00:00.000Z,499,",
        "2026-11-02T00:00:00.000Z,1249.5,3",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(start: str) -> None:
    named = Line(series("looks_x", label=f"{start}HYPERLINK(1)"), [1, 1], 2, [None, None], None)
    figures = two_days(named)
    assert f"'{start}HYPERLINK(1)" in chart_csv(drawn(CHARTS["looks"], figures), figures)


def test_numbers_stay_numbers() -> None:
    rows: Sequence[Sequence[int | float]] = [[-5, 2.5]]
    assert csv_text(rows) == "-5,2.5\r\n"


def test_a_figure_that_is_counted_once_an_hour_says_of_when_it_is() -> None:
    hour = clock_now().replace(minute=0, second=0, microsecond=0)
    assert stock_text(hour, "hour") == f"As of {hour:%H:%M} UTC, counted once an hour"
    assert stock_text(END.replace(year=2025, hour=14), "day") == "As of 3 Nov 14:00 UTC, counted once an hour"
    assert stock_text(None, "week") == "At the end of each week"
