"""The operators' dashboard, first without figures, then with some months of them."""

from urllib.parse import urlsplit

from benchmarks import figures
from benchmarks.admin import operator
from benchmarks.gallery.camera import View
from benchmarks.service import Service

_DAYS = 100


class Panel:
    """An operator who is signed in, and figures that are written when they are first wanted."""

    def __init__(self, running: Service) -> None:
        self._running = running
        settings = running.app.config
        self.cookie_name = str(settings["SESSION_COOKIE_NAME"])
        self.cookie_path = str(settings["SESSION_COOKIE_PATH"])
        cookie = operator(running.app).get_cookie(self.cookie_name, path=self.cookie_path)
        assert cookie
        self.session = cookie.value
        self._is_filled = False

    def fill(self) -> None:
        """Write the figures, once."""
        if not self._is_filled:
            with self._running.app.app_context():
                figures.fill(_DAYS)
        self._is_filled = True


def photograph_empty(view: View, panel: Panel) -> None:
    """Photograph the dashboard of a service that has just begun."""
    sign_in(view, panel)
    view.attempt("panel, empty", _dashboard, "7d", "empty")


def photograph(view: View, panel: Panel) -> None:
    """Photograph the dashboard in each range, and with the pointer over a chart."""
    panel.fill()
    sign_in(view, panel)
    for name in ("24h", "7d", "30d", "90d"):
        view.attempt(f"panel, {name}", _dashboard, name, name)
    view.attempt("panel, pointed", _pointed)


def sign_in(view: View, panel: Panel) -> None:
    """Give a variant's browser the operator's session."""
    # In the place of the cookie that a visit without a session has set.
    domain = urlsplit(view.url).hostname or ""
    view.context.add_cookies(
        [{"name": panel.cookie_name, "value": panel.session, "domain": domain, "path": panel.cookie_path}]
    )


def _dashboard(view: View, name: str, state: str) -> None:
    view.open(f"/admin/dashboard/?range={name}")
    view.shoot("panel-dashboard", state)


def _pointed(view: View) -> None:
    view.open("/admin/dashboard/?range=7d")
    view.page.locator("#renders .plot .u-over").hover()
    view.page.locator("#renders .when").filter(has_text=":").wait_for()
    view.shoot("panel-dashboard", "pointed", whole=False)
