"""A render's request, its machine, and its result."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from oriel.rendering.pipeline.audio_formats import DEFAULT_FORMATS
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.render_chunks import FrameSource
from oriel.rendering.pipeline.settings_document import SettingsDocument
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.workdir import WorkFolder

BackendChoice = Literal["auto", "gpu", "llvmpipe", "swiftshader"]


@dataclass(frozen=True)
class Machine:
    """Where a render finds its programs and its room."""

    tools: Tools
    chromium: Path
    work_root: Path
    backend: BackendChoice = "auto"


class Keeper(Protocol):
    """Keeps what a render has finished outside its work folder, so that another machine can go on from there."""

    def restore(self, folder: WorkFolder) -> None:
        """Put what was kept back into a work folder; what does not fit the render is not used by it."""

    def keep(self, path: Path) -> None:
        """Keep a finished file of the work folder; must not hold up the caller."""


@dataclass(frozen=True)
class RenderRequest:
    """One video to be made.

    `poster`, if given, gets the strongest frame as a JPEG, with a longer side of `poster_side` pixels at most.
    `on_poster` gets the picture in the work folder as soon as it is there, early in the render; it must not hold up the
    caller.
    """

    song: Path
    output: Path
    settings: SettingsDocument
    looks: Looks
    machine: Machine
    formats: tuple[str, ...] = DEFAULT_FORMATS
    max_seconds: float | None = None
    watermark: bool = False
    poster: Path | None = None
    poster_side: int | None = None
    on_poster: Callable[[Path], None] = lambda _: None
    keeper: Keeper | None = None
    # How fast it will probably be drawn, for the first estimates.
    expected_frames_per_s: float | None = None


@dataclass(frozen=True)
class RenderResult:
    """What was made, and how fast."""

    output: Path
    frames: int
    fps: int
    width: int
    height: int
    duration_s: float
    render_s: float
    frames_per_s: float
    backend: str
    chunks: int
    sha256: str
    warnings: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return what `oriel render --json` prints."""
        return {
            "output": str(self.output),
            "frames": self.frames,
            "fps": self.fps,
            "width": self.width,
            "height": self.height,
            "duration_s": self.duration_s,
            "render_s": round(self.render_s, 3),
            "frames_per_s": round(self.frames_per_s, 2),
            "backend": self.backend,
            "chunks": self.chunks,
            "sha256": self.sha256,
        }


StageFactory = Callable[[Machine, WorkFolder], AbstractContextManager[FrameSource]]


def open_stage(machine: Machine, folder: WorkFolder) -> AbstractContextManager[FrameSource]:
    """Start a browser for this render."""
    # Imported late: Playwright takes a third of a second, which `oriel looks` need not pay.
    from oriel.rendering.pipeline.stage import Stage

    return Stage(profile_dir=folder.profile, tmp_dir=folder.tmp, chromium=machine.chromium, backend=machine.backend)
