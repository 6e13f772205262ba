"""The first page of the panel: figures of now, open alerts, and checks that fail."""

from collections.abc import Sequence
from datetime import timedelta

from oriel.admin.attention import figures, place_of
from oriel.admin.cells import Prose, Two, age_of
from oriel.admin.lists import Cell
from oriel.admin.views import PanelView, page
from oriel.infra.clock import now
from oriel.monitoring.alerts import QUIET_FOR, open_incidents
from oriel.monitoring.incidents import Incident
from oriel.monitoring.models import OK
from oriel.monitoring.system_status import latest_checks

# The clock looks once a minute: a condition that it has not seen for longer is over.
_SEEN_EVERY = timedelta(minutes=2)


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
        (Cell(f"Alert: {each.condition.replace('_', ' ')}", place_of(each.condition)), _details(each), each.opened_at)
        for each in open_incidents()
    ]


def _details(incident: Incident) -> Two:
    """Return what an alert is about; below it, that its cause is gone, where it is."""
    is_over = now() - incident.last_seen_at > _SEEN_EVERY
    gone = f"Over for {age_of(incident.last_seen_at)}. After {QUIET_FOR.seconds // 60} quiet minutes the alert closes."
    return Two(Prose(incident.message), gone if is_over else None)


def _checks() -> Sequence[tuple[object, ...]]:
    """Return a row for each check that failed."""
    failed = [check for check in latest_checks() if check.state != OK]
    return [
        (f"Check: {each.check.replace('_', ' ')} is {each.state}", each.message, each.checked_at) for each in failed
    ]
