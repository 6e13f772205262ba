"""Keeps one stage warm, and replaces it when it crashes."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Protocol, TypeVar, runtime_checkable

from oriel.errors import AppError, StageCrashed, StageHung
from oriel.rendering.pipeline.process import nothing
from oriel.rendering.pipeline.render_chunks import FrameSource

OpenStage = Callable[[], AbstractContextManager[FrameSource]]

_MOST_ATTEMPTS = 3

# Memory that a browser gives back to nobody; a big picture's browser may need as much from the start.
_WORN_BYTES = 900_000_000
_WORN_GROWTH = 1.5

Answer = TypeVar("Answer")


@runtime_checkable
class Stoppable(Protocol):
    """A stage whose start and waiting can be cut short."""

    def stop_with(self, check: Callable[[], None]) -> None:
        """Have everything ended by what `check` raises."""


class Stages:
    """A context manager around the stage of the moment; opens it when it is first needed."""

    def __init__(
        self, open_stage: OpenStage, on_replaced: Callable[[], None] = nothing, check: Callable[[], None] = nothing
    ) -> None:
        self._open_stage = open_stage
        self._check = check
        self._on_replaced = on_replaced
        self._load: Callable[[FrameSource], None] | None = None
        self._context: AbstractContextManager[FrameSource] | None = None
        self._stage: FrameSource | None = None
        self._loaded = False
        self._first_bytes: int | None = None
        self._backend_id: str | None = None

    def __enter__(self) -> "Stages":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def opened(self) -> FrameSource:
        """Return the stage, without having loaded anything into it."""
        if self._stage is None:
            context = self._open_stage()
            if isinstance(context, Stoppable):
                context.stop_with(self._check)
            self._stage, self._context = context.__enter__(), context
            self._refuse_mixture(self._stage)
        return self._stage

    def load_with(self, load: Callable[[FrameSource], None]) -> None:
        """Say how a stage is made ready to draw, the present one and any that replaces it."""
        self._load, self._loaded = load, False

    def loaded(self) -> FrameSource:
        """Return the stage, ready to draw."""
        stage = self.opened()
        if not self._loaded and self._load:
            self._load(stage)
            self._loaded = True
        return stage

    def replace(self) -> None:
        """Throw the stage away; the next one asked for is fresh."""
        # A signal to a terminal's whole group ends the browser as well: that is no crash.
        self._check()
        self._close()
        self._on_replaced()

    def is_worn(self) -> bool:
        """Return whether the stage has grown so much that a fresh one is better; ask once for each chunk."""
        used = self._stage.memory_bytes() if self._stage else 0
        self._first_bytes = self._first_bytes or used
        return used > max(_WORN_BYTES, _WORN_GROWTH * self._first_bytes)

    def ask(self, question: Callable[[FrameSource], Answer]) -> Answer:
        """Return the stage's answer, asking a fresh one where it dies over it, at most twice."""
        return self._ask(self.opened, question)

    def ask_loaded(self, question: Callable[[FrameSource], Answer]) -> Answer:
        """Return the answer of a stage that is ready to draw, as `ask` does."""
        return self._ask(self.loaded, question)

    def _ask(self, stage: Callable[[], FrameSource], question: Callable[[FrameSource], Answer]) -> Answer:
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            try:
                return question(stage())
            except (StageCrashed, StageHung):
                self.replace()
                if attempt == _MOST_ATTEMPTS:
                    raise
        raise AssertionError("the loop above returns or raises")

    def _refuse_mixture(self, stage: FrameSource) -> None:
        # Two backends round differently: a seam would be seen between their chunks.
        if self._backend_id not in (None, stage.backend_id):
            raise StageCrashed("The graphics backend changed during the render.", now=stage.backend_id)
        self._backend_id = stage.backend_id

    def _close(self) -> None:
        context, self._context, self._stage, self._loaded = self._context, None, None, False
        self._first_bytes = None
        if context:
            # A stage that died may complain while it is put away; what counts is said already.
            with suppress(AppError):
                context.__exit__(None, None, None)
