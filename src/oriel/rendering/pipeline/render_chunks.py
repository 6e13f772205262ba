"""Draw and encode the chunks of a plan that are not there yet, without a pause between them."""

import contextlib
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from oriel.errors import StageCrashed, StageHung
from oriel.rendering.pipeline.chunk_encoder import ChunkEncoder
from oriel.rendering.pipeline.encode import FrameLayout
from oriel.rendering.pipeline.plan import Chunk, RenderPlan, consecutive
from oriel.rendering.pipeline.process import Arguments, nothing
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.workdir import ChunkFiles

# The next FFmpeg is started so many frames before it is needed: it takes about 60 ms to be there.
_START_AHEAD = 12
_MOST_REPLACEMENTS = 2


class FrameSource(Protocol):
    """What draws: the stage, or a fake in tests. All calls come from one thread."""

    @property
    def backend(self) -> str:
        """Short name of what draws: gpu, llvmpipe or swiftshader."""

    @property
    def backend_id(self) -> str:
        """A stable name of what draws: renderer, browser version, class of CPU."""

    @property
    def frame_format(self) -> FrameLayout:
        """What the frames look like, known after `load`."""

    def analyse(
        self, pcm: Path, samples: int, on_fraction: Callable[[float], None], staging: Staging | None = None
    ) -> bytes:
        """Return the encoded feature track; get ready for a staging meanwhile."""

    def describe(self, track: bytes) -> dict[str, Any]:
        """Return the summary of a feature track."""

    def peak(self, track: bytes, start_s: float, end_s: float) -> float:
        """Return the strongest moment of a feature track between two times, in seconds of the song."""

    def load(self, staging: Staging, track: bytes) -> None:
        """Get ready to draw."""

    def frames(self, first: int, count: int) -> Iterator[memoryview]:
        """Yield raw frames in order; each is valid until the next is asked for."""

    def memory_bytes(self) -> int:
        """Return how much memory it uses, 0 where nobody knows."""


class Sources(Protocol):
    """Where a loaded frame source comes from, and a fresh one after it died."""

    def loaded(self) -> FrameSource:
        """Return the source, ready to draw."""

    def replace(self) -> None:
        """Throw the source away; the next one asked for is fresh."""

    def is_worn(self) -> bool:
        """Return whether the source uses so much memory that a fresh one is better."""


Command = Callable[[Chunk, Path, FrameLayout], Arguments]


def render_chunks(
    plan: RenderPlan,
    files: ChunkFiles,
    sources: Sources,
    command: Command,
    *,
    on_frames: Callable[[int], None] = lambda _: None,
    check: Callable[[], None] = nothing,
) -> None:
    """Make every chunk of the plan that is not finished; `on_frames` gets the number of frames that are there.

    A stage that crashes or hangs is replaced, at most twice for each chunk; FFmpeg's failures are raised at once.
    One that has grown too big is replaced between two chunks, as often as that happens.
    """
    missing = [chunk for chunk in plan.chunks if not files.is_finished(chunk)]
    replacements: Counter[int] = Counter()
    while missing:
        there = plan.frames - sum(chunk.count for chunk in missing)
        run = _Run(consecutive(missing)[0], files, command, _from(there, on_frames), check, sources.is_worn)
        try:
            run.draw(sources.loaded())
        except (StageCrashed, StageHung):
            replacements[run.current.index] += 1
            if replacements[run.current.index] > _MOST_REPLACEMENTS:
                raise
            sources.replace()
        else:
            if run.is_cut_short:
                sources.replace()
        missing = [chunk for chunk in missing if chunk.index not in run.finished]


def _from(there: int, on_frames: Callable[[int], None]) -> Callable[[int], None]:
    return lambda drawn: on_frames(there + drawn)


class _Run:
    """Chunks that follow each other, drawn in one go: their FFmpegs start early and are waited for late."""

    def __init__(
        self,
        chunks: Sequence[Chunk],
        files: ChunkFiles,
        command: Command,
        on_drawn: Callable[[int], None],
        check: Callable[[], None],
        is_worn: Callable[[], bool],
    ) -> None:
        self.current = chunks[0]
        self.finished: set[int] = set()
        self.is_cut_short = False
        self._chunks = chunks
        # After so many frames some chunks are whole and more are to come.
        self._boundaries = {chunk.first - chunks[0].first for chunk in chunks[1:]}
        self._files = files
        self._command = command
        self._on_drawn = on_drawn
        self._check = check
        self._is_worn = is_worn
        self._encoders: deque[ChunkEncoder] = deque()
        self._waiting = deque(chunks)

    def draw(self, source: FrameSource) -> None:
        """Draw and encode all frames; what is whole is finished even when the source dies on the way."""
        try:
            with contextlib.closing(self._frames(source)) as frames:
                for drawn, frame in enumerate(frames, start=1):
                    self._encode(frame, source.frame_format)
                    self._on_drawn(drawn)
                    if drawn in self._boundaries and self._is_worn():
                        self.is_cut_short = True
                        break
            self._finish_full(keep=0)
        except (StageCrashed, StageHung):
            self._finish_full(keep=0)
            raise
        finally:
            for encoder in self._encoders:
                encoder.stop()

    def _frames(self, source: FrameSource) -> Generator[memoryview, None, None]:
        first, count = self._chunks[0].first, sum(chunk.count for chunk in self._chunks)
        drawn = 0
        frames = source.frames(first, count)
        try:
            for frame in frames:
                self._check()
                yield frame
                drawn += 1
        finally:
            # Left early, the stage must stop drawing before anybody asks it for something else.
            if isinstance(frames, Generator):
                frames.close()
        if drawn != count:
            raise StageCrashed(f"The stage drew {drawn} of {count} frames.")

    def _encode(self, frame: memoryview, layout: FrameLayout) -> None:
        encoder = self._open_encoder(layout)
        self.current = encoder.chunk
        encoder.write(frame, self._check)
        if encoder.left == _START_AHEAD and self._waiting:
            self._start_next(layout)
        # Two may be flushing at once; waiting for the older one then holds nobody up.
        self._finish_full(keep=1)

    def _open_encoder(self, layout: FrameLayout) -> ChunkEncoder:
        opened = next((encoder for encoder in self._encoders if not encoder.is_full), None)
        return opened or self._start_next(layout)

    def _start_next(self, layout: FrameLayout) -> ChunkEncoder:
        chunk = self._waiting.popleft()
        command = self._command(chunk, self._files.part(chunk), layout)
        self._encoders.append(ChunkEncoder(chunk, self._files, command, layout.frame_bytes))
        return self._encoders[-1]

    def _finish_full(self, keep: int) -> None:
        """Finish full chunks from the oldest on; of those whose FFmpeg still flushes, `keep` may go on."""
        full = [encoder for encoder in self._encoders if encoder.is_full]
        for position, encoder in enumerate(full):
            if len(full) - position <= keep and not encoder.has_ended:
                return
            encoder.finish(self._check)
            self._encoders.remove(encoder)
            self.finished.add(encoder.chunk.index)
