"""Conversation with the stage's page: calls that cannot wait for ever, whatever the browser does."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from oriel.errors import StageCrashed, StageHung
from oriel.rendering.pipeline.browser import kill_browser

_POLL_S = 0.02

Answer = Mapping[str, Any]


class StagePage:
    """The page of one browser; a page that is silent for `hang_s` seconds is killed with its browser."""

    def __init__(self, page: Page, profile: Path, hang_s: float) -> None:
        self._page = page
        self._profile = profile
        self._hang_s = hang_s
        self._killed = False

    def call(
        self, method: str, args: Answer | None = None, on_fraction: Callable[[float], None] = lambda _: None
    ) -> Answer:
        """Have the worker do something and return its answer; raises StageCrashed or StageHung."""
        self.begin(method, args)
        fraction, since = -1.0, time.monotonic()
        while not (state := self.poll())["done"]:
            if state["fraction"] > fraction:
                fraction, since = state["fraction"], time.monotonic()
                on_fraction(fraction)
            elif time.monotonic() - since > self._hang_s:
                self.kill()
                raise StageHung(f"The drawing page has not answered for {self._hang_s:.0f} s.", method=method)
            time.sleep(_POLL_S)
        if state.get("error"):
            raise StageCrashed("The drawing page failed.", method=method, reason=state["error"])
        return state.get("value") or {}

    def begin(self, method: str, args: Answer | None = None) -> None:
        """Have the worker start something, without waiting for it."""
        self._evaluate("([method, args]) => stage.begin(method, args)", [method, dict(args or {})])

    def poll(self) -> Answer:
        """Return how far the last call is: done, fraction, value, error."""
        return self._evaluate("stage.poll()")

    def browser_version(self) -> str:
        """Return Chromium's full version; the user agent names the first number alone."""
        query = "async () => (await navigator.userAgentData.getHighEntropyValues(['fullVersionList']))"
        brands: list[dict[str, str]] = self._evaluate(query)["fullVersionList"]
        return next((brand["version"] for brand in brands if brand["brand"] == "Chromium"), "unknown")

    def kill(self) -> None:
        """End the browser at once."""
        self._killed = True
        kill_browser(self._profile)

    def _evaluate(self, expression: str, argument: object = None) -> Answer:
        # Playwright's evaluate has no time limit of its own.
        watchdog = threading.Timer(self._hang_s, self.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            return self._page.evaluate(expression, argument) or {}
        except PlaywrightError as error:
            if self._killed:
                raise StageHung(f"The browser has not answered for {self._hang_s:.0f} s.") from error
            raise StageCrashed("The browser died.", reason=str(error)) from error
        finally:
            watchdog.cancel()
