"""The pages in a real browser, against the real service with its worker."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.pages import calls
from tests.render.service import PATIENCE_S, Service
from tests.render.songs import music, write_wav

from oriel.rendering.pipeline.tools import find_chromium

PASSWORD = "correct horse battery staple"  # noqa: S105  (of accounts that live as long as a test)
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = [pytest.param(1280, id="wide"), pytest.param(390, id="phone")]
# Where one width shows what there is to show, and the other is for `make test-full`.
ON_A_PHONE = [pytest.param(1280, id="wide", marks=pytest.mark.long), pytest.param(390, id="phone")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium and FFmpeg."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.render)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service."""
    with Service.running(tmp_path_factory.mktemp("site")) as service:
        yield service


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of music."""
    return write_wav(tmp_path_factory.mktemp("song") / "Night Drive.wav", music(3.0))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this process."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_S * 1000)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


# A refused request is an answer that the page shows, and so is a service that is away. A slow driver is only slow.
_NO_PROBLEMS = ("Failed to load resource", "WebSocket connection to", "GL Driver Message (OpenGL, Performance")


@dataclass
class Visitor:
    """Somebody with a browser, and what went wrong on the pages."""

    context: BrowserContext
    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def watch(self, page: Page) -> None:
        """Note errors, broken policies and requests to others."""
        page.on("console", lambda message: self._note(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self._note_foreign(request.url))

    def _note(self, text: str) -> None:
        if not any(known in text for known in _NO_PROBLEMS):
            self.problems.append(text)

    def _note_foreign(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and parts.netloc != urlsplit(self.url).netloc:
            self.problems.append(f"asked {address}")

    def accessible(self) -> list[str]:
        """Return what axe finds on the page as it is."""
        # Past the page's policy, which lets no script of ours in.
        self.page.evaluate(AXE.read_text("utf-8")) if not self.page.evaluate("'axe' in window") else None
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def confirm(self, email: str) -> None:
        """Open the link in the mail that asks to confirm an address, in another tab."""
        tab = self.context.new_page()
        self.watch(tab)
        tab.goto(self.link(email, "verify-email"))
        tab.get_by_role("button", name="Confirm my email address").click()
        expect(tab.get_by_text("is confirmed")).to_be_visible()
        tab.close()

    def link(self, email: str, kind: str) -> str:
        """Return the link of a kind in a mail to an address, which may be under way."""
        found: list[str] = []
        for _ in range(int(PATIENCE_S * 10)):
            mails = [mail for mail in calls.get(f"{self.url}/dev/mail.json").json() if mail["to"] == email]
            found = [link for mail in mails for link in mail["links"] if re.search(kind, link)]
            if found:
                return found[0]
            self.page.wait_for_timeout(100)
        raise AssertionError(f"no mail with a link to {kind} came to {email}")


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, site: Service) -> Iterator[Visit]:
    """Come with a fresh browser of this width; afterwards nothing may have gone wrong."""
    visitors: list[Visitor] = []

    def come(width: int = 1280, *, scheme: str = "dark") -> Visitor:
        phone = width < 600
        context = browser.new_context(
            viewport={"width": width, "height": 780 if phone else 800},
            has_touch=phone,
            color_scheme="light" if scheme == "light" else "dark",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        visitor = Visitor(context, context.new_page(), site.url)
        visitor.watch(visitor.page)
        visitors.append(visitor)
        return visitor

    yield come
    for visitor in visitors:
        visitor.context.close()
        assert visitor.problems == []
