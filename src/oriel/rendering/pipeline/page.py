"""Conversation with the stage's page: calls that cannot wait for ever, whatever the browser does."""

import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from oriel.errors import AppError, StageCrashed, StageHung
from oriel.rendering.pipeline.process import nothing

_POLL_S = 0.02
_CHECK_S = 0.2
# A driver whose browser was ended says so at once, if it can.
_DRIVER_S = 1.0

Answer = Mapping[str, Any]


class Killer(Protocol):
    """Ends what a call of Playwright's waits for."""

    def kill_browser(self) -> None:
        """End the browser at once."""

    def kill_driver(self) -> None:
        """End Playwright's driver with all that it has started."""


class Watchdog:
    """A context manager around a call of Playwright's: makes it fail after `limit_s`, or once `check` raises.

    Playwright waits in the thread that calls it, so somebody else must look; `check` is called in another thread.
    """

    def __init__(self, killer: Killer, limit_s: float, check: Callable[[], None] = nothing) -> None:
        self.bit = False
        self._killer = killer
        self._deadline = time.monotonic() + limit_s
        self._check = check
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="watchdog")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        # It must not end the next browser of the same profile.
        self._thread.join()

    def _watch(self) -> None:
        while self._is_in_time():
            if self._over.wait(min(_CHECK_S, max(self._deadline - time.monotonic(), 0))):
                return
        self.bit = True
        self._killer.kill_browser()
        # What was started as a browser may be something else, by whose command line it is not found.
        if not self._over.wait(_DRIVER_S):
            self._killer.kill_driver()

    def _is_in_time(self) -> bool:
        try:
            self._check()
        except AppError:
            return False
        return time.monotonic() < self._deadline


class StagePage:
    """The page of one browser; a page that is silent for `hang_s` seconds is killed with its browser."""

    def __init__(self, page: Page, killer: Killer, hang_s: float, check: Callable[[], None] = nothing) -> None:
        self._page = page
        self._killer = killer
        self._hang_s = hang_s
        self._check = check
        self._killed = False

    def call(
        self,
        method: str,
        args: Answer | None = None,
        on_fraction: Callable[[float], None] = lambda _: None,
        *,
        limit_s: float | None = None,
    ) -> Answer:
        """Have the worker do something and return its answer; raises StageCrashed or StageHung."""
        limit_s = limit_s or self._hang_s
        self.begin(method, args)
        fraction, since = -1.0, time.monotonic()
        while not (state := self.poll(limit_s))["done"]:
            self._check()
            if state["fraction"] > fraction:
                fraction, since = state["fraction"], time.monotonic()
                on_fraction(fraction)
            elif time.monotonic() - since > limit_s:
                self.kill()
                raise StageHung(f"The drawing page has not answered for {limit_s:.0f} s.", method=method)
            time.sleep(_POLL_S)
        if state.get("error"):
            raise StageCrashed("The drawing page failed.", method=method, reason=state["error"])
        return state.get("value") or {}

    def begin(self, method: str, args: Answer | None = None) -> None:
        """Have the worker start something, without waiting for it."""
        self._evaluate("([method, args]) => stage.begin(method, args)", [method, dict(args or {})])

    def poll(self, limit_s: float | None = None) -> Answer:
        """Return how far the last call is: done, fraction, value, error."""
        return self._evaluate("stage.poll()", limit_s=limit_s)

    def browser_version(self) -> str:
        """Return Chromium's full version; the user agent names the first number alone."""
        query = "async () => (await navigator.userAgentData.getHighEntropyValues(['fullVersionList']))"
        brands: list[dict[str, str]] = self._evaluate(query)["fullVersionList"]
        return next((brand["version"] for brand in brands if brand["brand"] == "Chromium"), "unknown")

    def kill(self) -> None:
        """End the browser at once."""
        self._killed = True
        self._killer.kill_browser()

    def _evaluate(self, expression: str, argument: object = None, *, limit_s: float | None = None) -> Answer:
        # Playwright's evaluate has no time limit of its own.
        limit_s = limit_s or self._hang_s
        watchdog = Watchdog(self._killer, limit_s, self._check)
        try:
            with watchdog:
                return self._page.evaluate(expression, argument) or {}
        except PlaywrightError as error:
            self._check()
            if self._killed or watchdog.bit:
                raise StageHung(f"The browser has not answered for {limit_s:.0f} s.") from error
            raise StageCrashed("The browser crashed.", reason=str(error)) from error
