"""A warm browser that nobody uses is ended."""

import time
from pathlib import Path
from typing import cast

import pytest

from oriel.rendering import warm_browser
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.warm_browser import WarmBrowser


class Open:
    """A browser that notes its end."""

    closed = False

    def stop_with(self, _check: object) -> None:
        """Go on."""

    def close(self) -> None:
        """End."""
        self.closed = True


@pytest.fixture
def used(tmp_path: Path) -> tuple[WarmBrowser, Open]:
    """A browser that a render has just left."""
    browser, stage = WarmBrowser(tmp_path), Open()
    browser._stage = cast("Stage", stage)
    browser.left()
    return browser, stage


def test_an_idle_browser_is_ended_once(used: tuple[WarmBrowser, Open]) -> None:
    browser, stage = used
    later = time.monotonic() + warm_browser._IDLE_S + 1
    assert browser.close_if_idle(later)
    assert stage.closed
    assert not browser.close_if_idle(later)


def test_a_browser_that_was_just_used_stays(used: tuple[WarmBrowser, Open]) -> None:
    browser, stage = used
    assert not browser.close_if_idle(time.monotonic())
    assert not stage.closed


def test_without_a_browser_there_is_nothing_to_end(tmp_path: Path) -> None:
    assert not WarmBrowser(tmp_path).close_if_idle(time.monotonic() + warm_browser._IDLE_S + 1)
