"""Steps that many journeys share: open a song, choose a look, become a customer, order a render."""

import json
import os
import re
import secrets
import signal
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect
from tests.pages import calls
from tests.pages.conftest import PASSWORD, Visitor
from tests.render.processes import arguments, descendants, kill
from tests.render.service import PATIENCE_S, Service

# Drawn in a second: for tests of what happens around a render.
TINY = {"version": 1, "look": "prism", "output": {"width": 128, "height": 72, "fps": 24, "quality": "draft"}}


def open_song(visitor: Visitor, song: Path, address: str = "/studio") -> None:
    """Open the studio and a song in it."""
    visitor.open(address)
    choose_file(visitor.page, song)
    expect(visitor.page.locator(".invite")).to_have_count(0)


def choose_file(page: Page, file: Path) -> None:
    """Choose a file in the studio, which has no song yet."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)


def shared(settings: dict[str, Any]) -> str:
    """Return the studio's address with settings in its link."""
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(json.dumps(settings).encode()) + packer.flush()
    return f"/studio#look=1.{urlsafe_b64encode(packed).decode().rstrip('=')}"


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait for what no page shows; the browser goes on meanwhile."""
    for _ in range(int(PATIENCE_S * 10)):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def choose_look(page: Page, name: str) -> None:
    """Choose a look, where it is on this screen."""
    if page.locator("#tab-looks").is_visible():
        page.locator("#tab-looks").click()
    page.locator(".tile:visible", has_text=name).first.click()


def picture(page: Page) -> bytes:
    """Return the stage as it is seen."""
    return page.locator(".frame").screenshot()


def wait_for_other_picture(page: Page, before: bytes) -> bytes:
    """Wait until the stage shows something else, and return that."""
    for _ in range(600):
        if (now := picture(page)) != before:
            return now
        page.wait_for_timeout(50)
    raise AssertionError("the picture stays as it is")


def wait_for_still_picture(page: Page, other_than: bytes = b"") -> bytes:
    """Wait until the stage shows the same for a second, and something else than before; return that."""
    seen: list[bytes] = []
    for _ in range(480):
        seen = [*seen[-4:], picture(page)]
        if len(seen) == 5 and set(seen) == {seen[0]} != {other_than}:
            return seen[0]
        page.wait_for_timeout(250)
    raise AssertionError("the picture does not come to rest")


def press_render(page: Page) -> None:
    """Press the studio's Render button."""
    page.locator(".bar").get_by_role("button", name="Render", exact=True).click()


def register(visitor: Visitor) -> str:
    """Press Render, register and confirm in place; return the address."""
    press_render(visitor.page)
    return enter(visitor)


def enter(visitor: Visitor) -> str:
    """Register and confirm in the dialog that asks for it; return the address."""
    page, email = visitor.page, f"{secrets.token_hex(6)}@example.com"
    expect(page.get_by_role("heading", name="Create an account to")).to_be_visible()
    assert visitor.accessible() == []
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
    visitor.confirm(email)
    expect(page.get_by_role("heading", name="Render this video?")).to_be_visible()
    return email


def agree(page: Page) -> None:
    """Agree to the summary."""
    page.locator("dialog").get_by_role("button", name="Render", exact=True).click()


def order(visitor: Visitor) -> None:
    """Agree to the summary, and arrive at the render's page."""
    agree(visitor.page)
    visitor.page.wait_for_url("**/render/*")


@dataclass(frozen=True)
class Customer:
    """A customer with a confirmed address, whose browser is signed in."""

    visitor: Visitor
    email: str

    def get(self, path: str) -> Any:  # noqa: ANN401  (JSON)
        """Ask the API in the customer's name, apart from the browser."""
        answer = calls.get(f"{self.visitor.url}{path}", headers=self._headers())
        return answer.raise_for_status().json()

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401  (JSON)
        """Send something to the API in the customer's name, apart from the browser."""
        answer = calls.post(f"{self.visitor.url}{path}", headers=self._headers(), json=body)
        return answer.raise_for_status().json()

    def _headers(self) -> dict[str, str]:
        login = calls.post(f"{self.visitor.url}/api/auth/login", json={"email": self.email, "password": PASSWORD})
        return {"Authorization": f"Bearer {login.raise_for_status().json()['access_token']}"}

    def renders(self) -> list[dict[str, Any]]:
        """Return all renders of this customer."""
        return list(self.get("/api/user/history")["renders"]["items"])


def sign_in(visitor: Visitor) -> Customer:
    """Make the visitor a customer without using a page."""
    email = f"{secrets.token_hex(6)}@example.com"
    account = {"email": email, "password": PASSWORD}
    calls.post(f"{visitor.url}/api/auth/register", json={**account, "name": ""}).raise_for_status()
    token = parse_qs(urlsplit(visitor.link(email, "verify-email")).query)["token"][0]
    calls.post(f"{visitor.url}/api/auth/verify-email", json={"token": token}).raise_for_status()
    answer = visitor.context.request.post(f"{visitor.url}/api/auth/login", data={**account, "cookie": True})
    assert answer.ok, answer.text()
    return Customer(visitor, email)


def open_project(visitor: Visitor, project: str) -> Page:
    """Open a project that is called "Night Drive" in the studio, with its song."""
    visitor.open(f"/studio?project={project}")
    expect(visitor.page.get_by_label("Name of this project")).to_have_value("Night Drive")
    expect(visitor.page.locator(".invite")).to_have_count(0)
    return visitor.page


def log_in(page: Page, email: str) -> None:
    """Fill in the form that asks for address and password."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def expect_saved(page: Page) -> None:
    """Wait until the studio has saved a change."""
    expect(page.locator(".saved")).to_have_text("Saving…")
    expect(page.locator(".saved")).to_have_text(re.compile("Saved in (My videos|.*\u2019s project)"))


def ask_to_delete(page: Page, password: str) -> None:
    """Ask to delete the account, on its page."""
    if not page.locator("#current-delete").is_visible():
        page.get_by_text("Delete my account", exact=True).click()
    page.locator("#current-delete").fill(password)
    page.keyboard.press("Enter")


def kill_web(site: Service) -> None:
    """Kill every process that answers requests; `oriel up` starts new ones."""
    web = [pid for pid in descendants(site.command.pid) if "gunicorn" in arguments(pid)]
    assert web
    for pid in web:
        kill(pid, signal.SIGKILL)


@contextmanager
def away(site: Service) -> Iterator[None]:
    """Kill the service's web processes, and let nobody start new ones until the block ends."""
    os.kill(site.command.pid, signal.SIGSTOP)
    try:
        kill_web(site)
        yield
    finally:
        os.kill(site.command.pid, signal.SIGCONT)


def drop(page: Page, *files: Path, on: str = ".frame") -> None:
    """Drop files or folders on the picture or another part of a page, as somebody does with a mouse."""
    box = page.locator(on).bounding_box()
    assert box
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    browser = page.context.new_cdp_session(page)
    # Once more after the page has shown that it takes them, as a hand that moves.
    for kind in ("dragEnter", "dragOver", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
    browser.detach()
