"""The first page of the panel: links to all of its parts."""

from oriel.admin.views import PanelView, page


class Overview(PanelView):
    """The first page."""

    def __init__(self) -> None:
        # The static files are those of Flask-Admin.
        super().__init__(name="Overview", endpoint="admin", url="/admin", static_folder="static")

    @page("/")
    def index(self) -> str:
        """Show what there is."""
        parts = [view for view in self.admin._views if view is not self and view.is_visible() and view.is_accessible()]
        return self.render("panel/overview.html", parts=parts)
