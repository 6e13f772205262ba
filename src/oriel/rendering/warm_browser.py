"""One warm browser for a worker, reused from render to render until it crashes or uses too much memory."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from oriel.errors import AppError
from oriel.rendering.pipeline.process import nothing
from oriel.rendering.pipeline.request import Machine
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.workdir import WorkFolder

# What a browser has after its first songs, and half as much again.
_WORN_BYTES = 900_000_000
# A browser that nobody uses takes as much memory as the rest of the service; a start takes two seconds.
_IDLE_S = 300.0


class WarmBrowser:
    """A context manager that gives the same browser to render after render. All calls come from one thread.

    A render that asks twice asks because the first one died: it gets a fresh one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stage: Stage | None = None
        self._asked = False
        self._left_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close_if_idle(self, at: float) -> bool:
        """End a browser that has not been used for five minutes of monotonic time; return whether it did."""
        if self._stage is None or at - self._left_at < _IDLE_S:
            return False
        self.close()
        return True

    def begin(self) -> None:
        """Say that another render begins. It gets no browser that died, grew, or is busy with what was cancelled."""
        self._asked = False
        if self._stage and (self._is_worn(self._stage) or not self._stage.is_idle()):
            self.close()

    def stage(self, machine: Machine, _folder: WorkFolder) -> "Visit":
        """Return this render's use of the browser, as the pipeline's stage factory."""
        return Visit(self, machine)

    def opened(self, machine: Machine, check: Callable[[], None]) -> Stage:
        """Return the browser, started where it has to be; what `check` raises ends the start and all waiting."""
        if self._asked:
            self.close()
        self._asked = True
        if self._stage is None:
            # Its folder is its own: the render's vanishes with the render.
            stage = Stage(
                profile_dir=self._folder / "profile",
                tmp_dir=self._folder / "tmp",
                chromium=machine.chromium,
                backend=machine.backend,
                check=check,
            )
            self._stage = stage.__enter__()
        self._stage.stop_with(check)
        return self._stage

    def left(self) -> None:
        """Say that the render is over: what ended it must not end the next one."""
        self._left_at = time.monotonic()
        if self._stage:
            self._stage.stop_with(nothing)

    def close(self) -> None:
        """End the browser."""
        stage, self._stage = self._stage, None
        if stage:
            # One that died may complain while it is put away.
            with contextlib.suppress(AppError):
                stage.close()

    @property
    def backend(self) -> str | None:
        """What the browser draws with, while it is open."""
        return self._stage.backend if self._stage else None

    def _is_worn(self, stage: Stage) -> bool:
        return stage.memory_bytes() > _WORN_BYTES


class Visit:
    """A context manager around one render's use of the browser, which stays open."""

    def __init__(self, browser: WarmBrowser, machine: Machine) -> None:
        self._browser = browser
        self._machine = machine
        self._check: Callable[[], None] = nothing

    def stop_with(self, check: Callable[[], None]) -> None:
        """Have the start, too, ended by what `check` raises."""
        self._check = check

    def __enter__(self) -> Stage:
        return self._browser.opened(self._machine, self._check)

    def __exit__(self, *_: object) -> None:
        self._browser.left()
