"""Takes the pictures of the gallery: one view for each width and colour scheme."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_MS = 60_000


@dataclass(frozen=True)
class Variant:
    """A screen and what its owner prefers."""

    width: int
    scheme: str

    @property
    def is_phone(self) -> bool:
        """Tell whether it is a phone."""
        return self.width < 600

    @property
    def name(self) -> str:
        """Return a name for files."""
        return f"{self.width}-{self.scheme}"

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return 844 if self.is_phone else 800


VARIANTS = [Variant(width, scheme) for width in (1280, 390) for scheme in ("dark", "light")]


@dataclass
class View:
    """A fresh browser of one variant, which photographs one group of states."""

    context: BrowserContext
    page: Page
    variant: Variant
    url: str
    out: Path
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open a page of the service, and wait until it is still."""
        self.page.goto(f"{self.url}{path}")
        self.page.wait_for_load_state("networkidle")

    def shoot(self, group: str, state: str, *, whole: bool = True) -> None:
        """Photograph the page, all of it or what is on the screen."""
        # Far pictures load when they come near.
        if whole:
            self.page.evaluate("for (const image of document.images) image.loading = 'eager'")
            self.page.evaluate("Promise.all([...document.images].map((image) => image.decode().catch(() => {})))")
        # Two frames: what has just changed is on the screen then.
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        path = self.out / f"{group}--{state}--{self.variant.name}.png"
        self.page.screenshot(path=path, full_page=whole, animations="disabled")
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > self.variant.width:
            self.problems.append(f"{path.name} is {wide} pixels wide")

    def attempt(self, name: str, take: Callable[..., None], *arguments: object) -> None:
        """Take a picture; what does not come about is noted, and the rest goes on."""
        try:
            take(self, *arguments)
        except Exception as error:  # noqa: BLE001  (one state that has changed must not cost all the others)
            sentence = re.sub(r"\s+", " ", str(error))[:300]
            self.problems.append(f"{name} {self.variant.name}: {sentence}")


@contextmanager
def view(browser: Browser, variant: Variant, url: str, out: Path) -> Iterator[View]:
    """Open a fresh browser of a variant, without cookies or storage; afterwards print what went wrong."""
    context = browser.new_context(
        viewport={"width": variant.width, "height": variant.height},
        has_touch=variant.is_phone,
        is_mobile=variant.is_phone,
        color_scheme="light" if variant.scheme == "light" else "dark",
        # The example stands at its drop, so that two runs take the same picture.
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    seen = View(context, context.new_page(), variant, url, out)
    seen.page.on("pageerror", lambda error: seen.problems.append(f"{variant.name}: {error}"))
    yield seen
    context.close()
    for problem in seen.problems:
        print("!", problem, flush=True)
