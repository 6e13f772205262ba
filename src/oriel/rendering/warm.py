"""One warm browser for a worker: it outlives a render, unless it died or grew."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from oriel.errors import AppError
from oriel.rendering.pipeline.request import Machine
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.workdir import WorkFolder

# What a browser has after its first songs, and half as much again.
_WORN_BYTES = 900_000_000


class WarmBrowser:
    """A context manager that gives the same browser to render after render. All calls come from one thread.

    A render that asks twice asks because the first one died: it gets a fresh one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stage: Stage | None = None
        self._asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self) -> None:
        """Say that another render begins."""
        self._asked = False
        if self._stage and self._is_worn(self._stage):
            self.close()

    @contextlib.contextmanager
    def stage(self, machine: Machine, _folder: WorkFolder) -> Iterator[Stage]:
        """Open the browser of this render, as the pipeline's stage factory."""
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
            )
            self._stage = stage.__enter__()
        yield self._stage

    def close(self) -> None:
        """End the browser."""
        stage, self._stage = self._stage, None
        if stage:
            # One that died may complain while it is put away.
            with contextlib.suppress(AppError):
                stage.close()

    def _is_worn(self, stage: Stage) -> bool:
        return stage.memory_bytes() > _WORN_BYTES
