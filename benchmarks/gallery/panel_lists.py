"""What operators see: the way in, the overview, every list, a failed render, a mail, and what asks before it acts."""

from sqlalchemy import select

from benchmarks.gallery.camera import View
from benchmarks.gallery.panel import Panel, sign_in
from benchmarks.many_rows import fill
from benchmarks.service import Service
from oriel.infra.database import db
from oriel.infra.mail import OutboxMail
from oriel.rendering.models import FAILED, RenderJob

NAMES = ("renders", "mails", "uploads", "projects", "storage", "users", "payments", "events", "trail", "housekeeping")


class Lists:
    """Some months of rows in the service of an operator who is signed in."""

    def __init__(self, running: Service, panel: Panel) -> None:
        self.panel = panel
        with running.app.app_context():
            fill(60, 240, 60)
            failed = select(RenderJob.id).where(RenderJob.status == FAILED).order_by(RenderJob.id.desc())
            self.failed_render = db.session.scalars(failed.limit(1)).one()
            self.mail = db.session.scalars(select(OutboxMail.id).where(OutboxMail.html != "").limit(1)).one()
        views = running.app.extensions["admin"][0]._views
        self.names = [name for name in NAMES if any(each.url == f"/admin/{name}" for each in views)]


def photograph(view: View, lists: Lists) -> None:
    """Photograph the lists in one variant."""
    view.attempt("login", _login)
    sign_in(view, lists.panel)
    view.attempt("overview", _page, "overview", "/admin/")
    for name in lists.names:
        view.attempt(name, _page, name, f"/admin/{name}/")
    view.attempt("render", _page, "render", f"/admin/renders/{lists.failed_render}")
    view.attempt("mail", _page, "mail", f"/admin/mails/{lists.mail}")
    view.attempt("chosen", _chosen)
    view.attempt("question", _question, lists.failed_render)
    view.attempt("nothing", _page, "nothing", "/admin/renders/?search=nobody")
    if view.variant.is_phone:
        view.attempt("menu", _menu)


def _login(view: View) -> None:
    view.open("/admin/")
    view.shoot("panel", "login", whole=False)


def _page(view: View, name: str, path: str) -> None:
    view.open(path)
    view.shoot("panel", name, whole=False)


def _chosen(view: View) -> None:
    view.open("/admin/renders/")
    for number in (1, 2):
        view.page.locator(".choose").nth(number).check()
    view.shoot("panel", "chosen", whole=False)


def _question(view: View, render: str) -> None:
    view.open(f"/admin/renders/{render}")
    view.page.get_by_role("button", name="Try again").click()
    view.page.locator("dialog").wait_for()
    view.shoot("panel", "question", whole=False)


def _menu(view: View) -> None:
    view.open("/admin/renders/")
    view.page.get_by_role("button", name="Menu", exact=True).click()
    view.shoot("panel", "menu", whole=False)
