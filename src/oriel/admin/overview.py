"""The first page of the panel: how things stand now."""

from oriel.admin.attention import figures
from oriel.admin.views import PanelView, page


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
        return self.render("panel/overview.html", figures=figures())
