"""The first page of the panel: figures of now, open alerts, and checks that fail."""

from collections.abc import Sequence

from oriel.admin.attention import figures, place_of
from oriel.admin.lists import Cell
from oriel.admin.views import PanelView, page
from oriel.monitoring.alerts import open_incidents
from oriel.monitoring.models import OK
from oriel.monitoring.system_status import latest_checks


class Overview(PanelView):
    """The first page."""

    menu_name = "Overview"
    part = "overview"

    def __init__(self) -> None:
        # The static files are those of Flask-Admin.
        super().__init__(endpoint="admin", url="/admin", static_folder="static")

    @page("/")
    def index(self) -> str:
        """Show how things stand."""
        return self.render("panel/overview.html", figures=figures(), problems=[*_alerts(), *_checks()])


def _alerts() -> Sequence[tuple[object, ...]]:
    """Return a row for each open alert, which leads to where its cause is seen or mended."""
    return [
        (Cell(f"Alert: {each.condition.replace('_', ' ')}", place_of(each.condition)), each.message, each.opened_at)
        for each in open_incidents()
    ]


def _checks() -> Sequence[tuple[object, ...]]:
    """Return a row for each check that failed."""
    failed = [check for check in latest_checks() if check.state != OK]
    return [
        (f"Check: {each.check.replace('_', ' ')} is {each.state}", each.message, each.checked_at) for each in failed
    ]
