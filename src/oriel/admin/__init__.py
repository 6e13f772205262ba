"""The admin panel: what operators see and do, behind a login of its own, with an audit trail."""

from functools import partial

from apiflask import APIBlueprint, APIFlask
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme

from oriel.accounts import personal_data
from oriel.accounts.access import Who, allow
from oriel.admin import models
from oriel.admin.cells import readable_json
from oriel.admin.dashboard import DashboardView
from oriel.admin.entrance import Entrance
from oriel.admin.error_page import error_page
from oriel.admin.mails import MailView
from oriel.admin.nonce import nonce, set_policy
from oriel.admin.overview import Overview
from oriel.admin.payment_events import PaymentEventView
from oriel.admin.payments import PaymentView
from oriel.admin.projects import ProjectView
from oriel.admin.renders import RenderView
from oriel.admin.storage import StorageView
from oriel.admin.trail import ADMIN_DATA
from oriel.admin.trail_view import TrailView
from oriel.admin.uploads import UploadView
from oriel.admin.users import UserView
from oriel.admin.views import PanelView
from oriel.infra.cookies import cookie_name, cookie_path
from oriel.infra.web import show_errors_on
from oriel.settings import Settings

__all__ = ["models", "register"]


def register(app: APIFlask, settings: Settings, *more: PanelView) -> None:
    """Add the panel under /admin, with more parts of domains above this one."""
    personal_data.register(ADMIN_DATA)
    # Nothing else uses Flask's own session: it is the panel's cookie.
    app.config.update(session_cookie(settings))
    app.register_blueprint(APIBlueprint("panel", __name__, template_folder="templates", enable_openapi=False))
    app.after_request(set_policy)
    app.jinja_env.filters["readable_json"] = readable_json
    panel = Admin(
        app,
        name="Oriel",
        url="/admin",
        index_view=Overview(),
        theme=Bootstrap4Theme(base_template="panel/base.html"),
        csp_nonce_generator=nonce,
    )
    entrance = Entrance()
    panel.add_views(entrance, *_parts(), *more)
    show_errors_on(app, partial(error_page, entrance), under="/admin")
    app.view_functions["admin.static"] = allow(Who.ANYONE)(app.view_functions["admin.static"])


def session_cookie(settings: Settings) -> dict[str, object]:
    """Return the settings of Flask's session cookie."""
    return {
        "SESSION_COOKIE_NAME": cookie_name("oriel_admin", settings),
        "SESSION_COOKIE_PATH": cookie_path("/admin", settings),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_SECURE": settings.is_production,
    }


def _parts() -> tuple[object, ...]:
    """Return the parts of the panel, in the order of the menu."""
    return (
        DashboardView(),
        UserView(),
        PaymentView(),
        PaymentEventView(),
        RenderView(),
        MailView(),
        UploadView(),
        ProjectView(),
        StorageView(),
        TrailView(),
    )
