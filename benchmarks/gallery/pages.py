"""The pages that anybody may open, the forms with their problems, the pages behind mail links, the failures."""

import logging
import secrets

import httpx

from benchmarks.account import PASSWORD, newest_link
from benchmarks.gallery.camera import View
from benchmarks.service import Service

PLAIN = ("pricing", "help", "terms", "privacy", "login", "register", "reset-password", "verify-email")


def photograph(view: View, running: Service) -> None:
    """Photograph them in one variant."""
    view.attempt("landing", _landing)
    for name in PLAIN:
        view.attempt(name, _plain, name)
    view.attempt("login, wrong", _wrong_password)
    view.attempt("register, problem", _weak_password)
    view.attempt("mail links", _mail_links)
    view.attempt("404", _missing)
    view.attempt("500", _broken, running)


def _landing(view: View) -> None:
    view.open("/")
    view.shoot("landing", "rest")
    view.page.get_by_role("button", name="Play the example").click()
    view.page.locator("#screen canvas.drawn").wait_for()
    view.page.wait_for_timeout(3000)
    view.shoot("landing", "playing", whole=False)


def _plain(view: View, name: str) -> None:
    view.open(f"/{name}")
    view.shoot(name, "empty")


def _wrong_password(view: View) -> None:
    view.open("/login")
    _fill(view, "nobody@example.com", "wrong password")
    view.page.get_by_role("alert").filter(has_text=".").wait_for()
    view.shoot("login", "wrong-password")


def _weak_password(view: View) -> None:
    view.open("/register")
    _fill(view, "no address", "short")
    view.page.locator("#email-problem").filter(has_text=".").wait_for()
    view.shoot("register", "problem")


def _mail_links(view: View) -> None:
    email = f"{secrets.token_hex(6)}@example.com"
    account = {"email": email, "password": PASSWORD, "name": "Ada"}
    httpx.post(f"{view.url}/api/auth/register", json=account).raise_for_status()
    view.page.goto(newest_link(view.url, email, "verify-email"))
    view.shoot("verify-email", "link")
    view.page.get_by_role("button", name="Confirm my email address").click()
    view.page.get_by_text("is confirmed").first.wait_for()
    view.shoot("verify-email", "done")
    view.page.go_back()
    view.page.reload()
    view.page.get_by_role("button", name="Confirm my email address").click()
    view.shoot("verify-email", "used")
    view.open("/reset-password")
    view.page.get_by_label("Email").fill(email)
    view.page.get_by_role("button", name="Send the link").click()
    view.page.get_by_role("heading", name="Check your email").first.wait_for()
    view.shoot("reset-password", "sent")
    view.page.goto(newest_link(view.url, email, "reset-password"))
    view.shoot("reset-password", "link")
    view.page.get_by_label("New password", exact=True).fill("short")
    view.page.get_by_role("button", name="Set new password").click()
    view.page.get_by_role("alert").wait_for()
    view.shoot("reset-password", "problem")


def _missing(view: View) -> None:
    view.open("/nothing-here")
    view.shoot("failures", "404")


def _broken(view: View, running: Service) -> None:
    """Show the answer that the application gives when a page fails: no page of the running service does."""

    def fail() -> str:
        raise RuntimeError("for the gallery")

    running.app.view_functions["pages.support"] = fail
    # It writes the failure to the log, where it would look like one of the gallery.
    logging.disable()
    body = running.app.test_client().get("/help", headers={"Accept": "text/html"}).text
    logging.disable(logging.NOTSET)
    view.page.route("**/broken", lambda route: route.fulfill(status=500, content_type="text/html", body=body))
    view.page.goto(f"{view.url}/broken")
    view.shoot("failures", "500")


def _fill(view: View, email: str, password: str) -> None:
    view.page.get_by_label("Email").fill(email)
    view.page.get_by_label("Password").fill(password)
    view.page.locator("form button[type=submit]").click()
