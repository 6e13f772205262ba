"""The operators' dashboard as plain data: sections of charts, each with its texts, its table and its drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oriel.infra.clock import now
from oriel.monitoring.charts import SECTIONS, DrawnChart, drawn
from oriel.monitoring.figure_words import change_kind, change_text, period_text, range_text, stock_text, value_text
from oriel.monitoring.figures import Figures, Line, figures
from oriel.monitoring.ranges import Range
from oriel.monitoring.samples import latest_stock


@dataclass(frozen=True)
class Legend:
    """A line's name, its value for the whole range, and its change."""

    label: str
    total: str
    change: str
    kind: str


@dataclass(frozen=True)
class Row:
    """The values of one period, and that of the first line in the range before."""

    period: str
    values: Sequence[str]
    before: str


@dataclass(frozen=True)
class ChartPage:
    """One chart. `drawing` is JSON for the script that draws it; without lines there is nothing to draw."""

    name: str
    title: str
    note: str
    headline: str
    headline_label: str
    change: str
    kind: str
    before: str
    legend: Sequence[Legend]
    rows: Sequence[Row]
    drawing: dict[str, Any]


@dataclass(frozen=True)
class SectionPage:
    """Charts that belong together."""

    title: str
    charts: Sequence[ChartPage]


@dataclass(frozen=True)
class Dashboard:
    """The whole page of a range."""

    range_text: str
    before_text: str
    step: str
    is_empty: bool
    is_unfinished: bool
    sections: Sequence[SectionPage]


def dashboard(asked: Range) -> Dashboard:
    """Return the page of a range: two queries, whatever is on it."""
    found = figures(asked.start, asked.end, asked.step)
    stock = stock_text(latest_stock(found.start, found.end), found.step)
    sections = [
        SectionPage(section.title, [_chart(drawn(chart, found), found, stock) for chart in section.charts])
        for section in SECTIONS
    ]
    return Dashboard(
        range_text(found.start, found.end, found.step),
        range_text(found.start_before, found.start, found.step),
        found.step,
        found.is_empty,
        found.end > now(),
        sections,
    )


def _chart(drawn_chart: DrawnChart, found: Figures, stock: str) -> ChartPage:
    chart, headline = drawn_chart.chart, drawn_chart.headline
    return ChartPage(
        name=chart.name,
        title=chart.title,
        note=stock if chart.is_stock and drawn_chart.lines else chart.note,
        headline=value_text(headline.series, headline.total) if headline else "",
        headline_label=headline.series.label if headline else "",
        change=change_text(headline) if headline else "",
        kind=change_kind(headline) if headline else "even",
        before=value_text(headline.series, headline.total_before) if headline and headline.change is not None else "",
        legend=[_legend(line) for line in drawn_chart.lines],
        rows=_rows(drawn_chart.lines, found),
        drawing=_drawing(drawn_chart.lines, found) if drawn_chart.lines else {},
    )


def _legend(line: Line) -> Legend:
    return Legend(line.series.label, value_text(line.series, line.total), change_text(line), change_kind(line))


def _rows(lines: Sequence[Line], found: Figures) -> list[Row]:
    """Return a row for each period, the latest first."""
    if not lines:
        return []
    rows = [
        Row(
            period_text(period, found.step),
            [value_text(line.series, line.values[number]) for line in lines],
            value_text(lines[0].series, lines[0].values_before[number]),
        )
        for number, period in enumerate(found.periods)
    ]
    return rows[::-1]


def _drawing(lines: Sequence[Line], found: Figures) -> dict[str, Any]:
    has_before = any(value is not None for value in lines[0].values_before)
    return {
        "step": found.step,
        "unit": lines[0].series.unit,
        "currency": lines[0].series.currency,
        "times": [int(period.timestamp()) for period in found.periods],
        "lines": [{"label": line.series.label, "values": _rounded(line.values)} for line in lines],
        "before": _rounded(lines[0].values_before) if has_before else None,
    }


def _rounded(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else float(f"{value:.5g}") for value in values]
