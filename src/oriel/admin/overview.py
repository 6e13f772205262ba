"""The first page of the panel: figures of now, open alerts, and checks that fail."""

from oriel.admin.attention import figures
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
        checks = [check for check in latest_checks() if check.state != OK]
        return self.render("panel/overview.html", figures=figures(), alerts=open_incidents(), checks=checks)
