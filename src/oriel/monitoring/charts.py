"""The charts of the operators' dashboard: which lines stand together, and which figure stands above them."""

from collections.abc import Sequence
from dataclasses import dataclass

from oriel.monitoring.figures import Figures, Line


@dataclass(frozen=True)
class Chart:
    """Lines with one unit. A name that ends with `*` stands for all lines that begin so.

    `headline` is the line whose total stands above the chart; without it, the first one's does. `is_stock` says that
    the values are what there was at a moment, counted once an hour: a total is the latest of them.
    """

    name: str
    title: str
    lines: Sequence[str]
    note: str = ""
    headline: str = ""
    is_stock: bool = False


@dataclass(frozen=True)
class Section:
    """Charts that belong together."""

    title: str
    charts: Sequence[Chart]


@dataclass(frozen=True)
class DrawnChart:
    """A chart with its lines of a range; none where nothing of the kind has happened."""

    chart: Chart
    lines: Sequence[Line]
    headline: Line | None


SECTIONS = (
    Section(
        "Renders",
        (
            Chart("renders", "Renders", ("renders_completed", "renders_failed", "renders_cancelled")),
            Chart("success", "Success rate", ("render_success",), "Completed, of those completed or failed"),
            Chart("errors", "Errors by code", ("all_errors", "errors_*"), "Of all attempts"),
        ),
    ),
    Section(
        "Queue and speed",
        (
            Chart(
                "queue",
                "Queue",
                ("queue_depth", "queue_depth_most", "queue_rendering"),
                "Each minute, with what is held up",
            ),
            Chart("oldest", "Age of the oldest waiting render", ("queue_oldest_s",), "At most"),
            Chart("wait", "Wait", ("wait_p50_s", "wait_p95_s"), "Until a worker begins, within 5 %"),
            Chart("render_time", "Render time", ("render_time_p50_s", "render_time_p95_s"), "Within 5 %"),
            Chart("speed", "Frames per second", ("frames_per_s",), "Half of the renders are slower"),
            Chart("workers", "Worker use", ("worker_use",), "Time at renders, of all live workers"),
        ),
    ),
    Section(
        "Money",
        (
            Chart("revenue", "Revenue", ("revenue_*",), "Before refunds"),
            Chart("payments", "Payments", ("payments_completed", "payments_declined"), headline="payment_success"),
            Chart("plans", "Plan mix", ("accounts_paid", "plans_*"), is_stock=True),
        ),
    ),
    Section(
        "Customers",
        (
            Chart("new", "New accounts", ("accounts_new",)),
            Chart("conversion", "Free to paid", ("conversions",), headline="conversion_rate"),
            Chart("active", "Active accounts", ("accounts_active",), "Signed in, uploaded, saved or rendered"),
            Chart("month", "Active in 30 days", ("accounts_active_in_month",), is_stock=True),
            Chart("returned", "Back after 30 days", ("returned_after_30_days",), "Active in the week that follows"),
            Chart("looks", "Looks", ("renders_submitted", "looks_*"), "Of submitted renders"),
        ),
    ),
    Section(
        "Machines",
        (
            Chart("storage", "Storage", ("storage_videos", "storage_uploads"), is_stock=True),
            Chart("checks", "Health checks", ("checks_ok",)),
            Chart("backends", "Graphics backends", ("backends_*",), "Attempts that drew at least one frame"),
        ),
    ),
)
CHARTS = {chart.name: chart for section in SECTIONS for chart in section.charts}


def drawn(chart: Chart, figures: Figures) -> DrawnChart:
    """Return a chart with its lines, those that know nothing in this range left out."""
    wanted = [line for name in chart.lines for line in _matching(name, figures)]
    lines = [line for line in wanted if any(value is not None for value in (*line.values, *line.values_before))]
    headline = figures.line(chart.headline) if chart.headline else next(iter(lines), None)
    return DrawnChart(chart, lines, headline)


def _matching(name: str, figures: Figures) -> list[Line]:
    if not name.endswith("*"):
        line = figures.line(name)
        return [line] if line else []
    return [line for line in figures.lines if line.series.name.startswith(name[:-1])]
