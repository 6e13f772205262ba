"""A browser that stops answering is noticed and replaced, at most twice for each chunk."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.render.conftest import Render
from tests.render.processes import Kind, is_kind, kill

from oriel.errors import StageHung
from oriel.rendering.pipeline.browser import browser_processes
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.progress import Progress
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest, RenderResult
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.workdir import WorkFolder

# Long enough for a browser on a busy machine, short enough to wait for.
HANG_S = 10.0
DOCUMENT: dict[str, Any] = {"output": {"width": 128, "height": 72, "fps": 60}}


class Theatre:
    """Opens stages with little patience, and makes their browsers stop."""

    def __init__(self, chromium: Path) -> None:
        self.chromium = chromium
        self.profiles: list[Path] = []
        self.loads = 0
        self.stop_while_loading = 0

    def open(self, _machine: Machine, folder: WorkFolder) -> Stage:
        self.profiles.append(folder.profile)
        theatre = self

        class Impatient(Stage):
            def load(self, staging: Staging, track: bytes) -> None:
                theatre.loads += 1
                if theatre.loads <= theatre.stop_while_loading:
                    theatre.stop("renderer")
                super().load(staging, track)

        return Impatient(profile_dir=folder.profile, tmp_dir=folder.tmp, chromium=self.chromium, hang_s=HANG_S)

    def stop(self, kind: Kind) -> None:
        """Make the processes of a kind of the present browser stand still."""
        stopped = [pid for pid in browser_processes(self.profiles[-1]) if is_kind(pid, kind)]
        assert stopped
        for pid in stopped:
            kill(pid, signal.SIGSTOP)

    @property
    def processes(self) -> list[int]:
        """What is left of all browsers."""
        return [pid for profile in set(self.profiles) for pid in browser_processes(profile)]


@pytest.fixture
def theatre(chromium: Path) -> Theatre:
    return Theatre(chromium)


@pytest.fixture
def request_of(machine: Machine, looks: Looks, short_song: Path, tmp_path: Path) -> RenderRequest:
    settings = parse_settings({"look": looks.all[0].name, **DOCUMENT})
    return RenderRequest(short_song, tmp_path / "hung.mp4", settings, looks, machine)


def once(action: Callable[[], None]) -> Callable[[Progress], None]:
    """Return a progress callback that acts when some frames are drawn, the first time only."""
    acted = False

    def on_progress(progress: Progress) -> None:
        nonlocal acted
        if progress.frames_done >= 10 and not acted:
            acted = True
            action()

    return on_progress


# The browser's main process is not needed to draw: where it alone stands still nobody need notice.
@pytest.mark.parametrize(
    ("kind", "browsers"),
    [
        pytest.param("browser", 1, marks=pytest.mark.long),
        pytest.param("renderer", 2, marks=pytest.mark.long),
        ("gpu", 2),
    ],
)
def test_a_browser_that_hangs_over_a_frame_is_replaced(
    apart: ThreadPoolExecutor,
    request_of: RenderRequest,
    theatre: Theatre,
    render: Render,
    short_song: Path,
    kind: Kind,
    browsers: int,
) -> None:
    undisturbed = render(short_song, **DOCUMENT)

    def hung() -> RenderResult:
        return render_song(request_of, once(lambda: theatre.stop(kind)), stage_factory=theatre.open)

    result = apart.submit(hung).result()
    assert len(theatre.profiles) >= browsers
    assert result.sha256 == undisturbed.sha256
    assert theatre.processes == []


@pytest.mark.long
def test_a_browser_that_hangs_while_it_loads_is_replaced(
    apart: ThreadPoolExecutor, request_of: RenderRequest, theatre: Theatre
) -> None:
    theatre.stop_while_loading = 1
    result = apart.submit(lambda: render_song(request_of, stage_factory=theatre.open)).result()
    assert theatre.loads >= 2
    assert result.output.exists()
    assert theatre.processes == []


@pytest.mark.long
def test_a_browser_that_hangs_again_and_again_is_replaced_twice(
    apart: ThreadPoolExecutor, request_of: RenderRequest, theatre: Theatre
) -> None:
    theatre.stop_while_loading = 9
    running = apart.submit(lambda: render_song(request_of, stage_factory=theatre.open))
    with pytest.raises(StageHung):
        running.result()
    assert theatre.loads == 3
    assert theatre.processes == []
    assert not request_of.output.exists()
    assert list(request_of.machine.work_root.iterdir()) == []
