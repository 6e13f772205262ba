"""A worker's browser lives from render to render, whatever ends one of them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.render.songs import music, write_wav

from oriel.errors import Cancelled
from oriel.rendering.pipeline.browser import browser_processes
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.progress import CancelToken, Progress
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.warm_browser import WarmBrowser

DOCUMENT: dict[str, Any] = {"output": {"width": 128, "height": 72, "fps": 60}, "range": {"duration_s": 0.5}}


class Worker:
    """One thread with one warm browser."""

    def __init__(self, executor: ThreadPoolExecutor, folder: Path, request: RenderRequest) -> None:
        self._executor = executor
        self._folder = folder
        self._request = request
        self.browser = WarmBrowser(folder)

    def render(self, on_progress: Callable[[Progress], None], cancel: CancelToken, **changes: Any) -> list[int]:  # noqa: ANN401
        """Make a video and return the processes of the browser that made it."""

        def made() -> list[int]:
            self.browser.begin()
            render_song(replace(self._request, **changes), on_progress, cancel, stage_factory=self.browser.stage)
            return self.processes

        return self._executor.submit(made).result()

    @property
    def processes(self) -> list[int]:
        """What the browser consists of."""
        return browser_processes((self._folder / "profile").resolve())

    def end(self) -> None:
        """Close the browser, from its thread."""
        self._executor.submit(self.browser.close).result()


@pytest.fixture
def worker(
    apart: ThreadPoolExecutor, machine: Machine, looks: Looks, short_song: Path, tmp_path: Path
) -> Iterator[Worker]:
    settings = parse_settings({"look": looks.all[0].name, **DOCUMENT})
    worker = Worker(
        apart, tmp_path / "browser", RenderRequest(short_song, tmp_path / "out.mp4", settings, looks, machine)
    )
    yield worker
    worker.end()
    assert worker.processes == []


def ignore(_: Progress) -> None:
    """Want no progress."""


def test_render_after_render_has_the_same_browser(worker: Worker, tmp_path: Path) -> None:
    first = worker.render(ignore, CancelToken())
    second = worker.render(ignore, CancelToken(), output=tmp_path / "second.mp4")
    assert first
    assert min(first) == min(second)


def test_a_render_cancelled_while_the_browser_starts_ends_at_once(worker: Worker) -> None:
    cancel = CancelToken()
    watcher = threading.Thread(target=cancel_once, args=(lambda: worker.processes, cancel))
    watcher.start()
    with pytest.raises(Cancelled):
        worker.render(ignore, cancel)
    watcher.join()
    assert worker.processes == []
    assert worker.render(ignore, CancelToken())


def test_a_render_cancelled_while_a_long_song_is_heard_leaves_nothing_going_on(worker: Worker, tmp_path: Path) -> None:
    long_song, cancel = write_wav(tmp_path / "long.wav", np.tile(music(4.0), (60, 1))), CancelToken()
    fractions = []

    def cancel_soon(progress: Progress) -> None:
        if progress.stage == "analysing":
            fractions.append(progress.fraction)
            cancel.cancel()

    with pytest.raises(Cancelled):
        worker.render(cancel_soon, cancel, song=long_song)
    assert len(fractions) == 1
    assert worker.render(ignore, CancelToken())
    assert worker.render(ignore, CancelToken(), output=tmp_path / "second.mp4")


def test_a_browser_that_died_between_two_renders_is_replaced(worker: Worker, tmp_path: Path) -> None:
    first = worker.render(ignore, CancelToken())
    stage = worker.browser._stage
    assert stage
    stage.kill_browser()
    second = worker.render(ignore, CancelToken(), output=tmp_path / "second.mp4")
    assert set(first).isdisjoint(second)


def cancel_once(holds: Callable[[], object], cancel: CancelToken) -> None:
    while not holds():
        pass
    cancel.cancel()
