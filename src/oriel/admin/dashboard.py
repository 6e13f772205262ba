"""The dashboard: charts over any range, compared with the range before, from rollups alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Response, request
from werkzeug.datastructures import MultiDict

from oriel.admin.views import PanelView, page
from oriel.errors import CallerError, NotFound
from oriel.infra.clock import now
from oriel.monitoring import ranges
from oriel.monitoring.charts import CHARTS, drawn
from oriel.monitoring.dashboard import dashboard
from oriel.monitoring.figure_words import chart_csv
from oriel.monitoring.figures import figures
from oriel.monitoring.ranges import PRESETS, Range

_USUAL = "7d"
_FIRST_YEAR, _LAST_YEAR = 2000, 3000
_LONGEST = timedelta(days=3 * 365)
_TITLES: Mapping[str, str] = {"24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days"}


@dataclass(frozen=True)
class Choice:
    """What was chosen: a preset, or days of one's own; `refusal` says why those make no sense."""

    asked: Range
    preset: str = ""
    first: str = ""
    last: str = ""
    refusal: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The address's query that leads here again."""
        return {"range": self.preset} if self.preset else {"from": self.first, "to": self.last}


class DashboardView(PanelView):
    """Charts for every operator: there is nothing of any customer in them."""

    menu_name = "Dashboard"
    part = "dashboard"

    @page("/")
    def index(self) -> str:
        """Show all charts of a range."""
        choice = chosen(request.args)
        return self.render("panel/dashboard.html", board=dashboard(choice.asked), choice=choice, presets=_TITLES)

    @page("/<chart_name>.csv")
    def table(self, chart_name: str) -> Response:
        """Return the series of a chart for a spreadsheet."""
        choice, chart = chosen(request.args), CHARTS.get(chart_name)
        if chart is None:
            raise NotFound("There is no such chart.")
        if choice.refusal:
            raise CallerError(choice.refusal)
        found = figures(choice.asked.start, choice.asked.end, choice.asked.step)
        answer = Response(chart_csv(drawn(chart, found), found), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{chart.name}-{choice.asked.start:%Y-%m-%d}.csv"'
        answer.headers["Cache-Control"] = "no-store"
        return answer


def chosen(query: MultiDict[str, str]) -> Choice:
    """Return the range that an address asks for, or the usual one with the reason why not that."""
    first, last = query.get("from", ""), query.get("to", "")
    if not first and not last:
        name = query.get("range", _USUAL)
        name = name if name in PRESETS else _USUAL
        return Choice(ranges.preset(name), name)
    try:
        return Choice(_days(first, last), first=first, last=last)
    except ValueError as error:
        return Choice(ranges.preset(_USUAL), _USUAL, first, last, str(error))


def _days(first: str, last: str) -> Range:
    """Return the range of two dates, both included; raise ValueError with a sentence."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise ValueError("Please choose two dates.") from None
    if end < start:
        raise ValueError("The first day must not lie after the last one.")
    if not _FIRST_YEAR <= start.year <= end.year < _LAST_YEAR:
        raise ValueError("Please choose two dates of our time.")
    if start > now().date():
        raise ValueError("This range has not begun yet.")
    if end - start > _LONGEST:
        raise ValueError("A range can be three years long at most: figures are not kept for longer.")
    return ranges.days(start, min(end, now().date()))
