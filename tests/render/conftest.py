"""One warm browser for each test process, songs for it, and the command in a process of its own."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.render.command import Command
from tests.render.patches import PATCHES, web_with_patches
from tests.render.songs import music, write_wav

from oriel.rendering.pipeline.looks import Looks, load_looks
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest, RenderResult
from oriel.rendering.pipeline.resolve import ResolvedSettings, resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.tools import Tools, find_chromium, find_tools

Render = Callable[..., RenderResult]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium and FFmpeg."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.render)


@pytest.fixture(scope="session")
def looks() -> Looks:
    """The looks that ship, and one for tests."""
    return Looks((*load_looks().all, PATCHES))


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools()


@pytest.fixture(scope="session")
def chromium() -> Path:
    return find_chromium()


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, chromium: Path) -> Iterator[Stage]:
    """A browser that stays open for all tests of this process; every test loads what it needs."""
    folder = tmp_path_factory.mktemp("stage")
    web = web_with_patches(folder / "web")
    with Stage(profile_dir=folder / "profile", tmp_dir=folder / "tmp", chromium=chromium, web=web) as stage:
        yield stage


@pytest.fixture
def machine(tools: Tools, chromium: Path, tmp_path: Path) -> Machine:
    return Machine(tools=tools, chromium=chromium, work_root=tmp_path / "work")


@pytest.fixture
def render(stage: Stage, machine: Machine, looks: Looks, tmp_path: Path) -> Render:
    """Render in this process, on the warm stage: everything of the pipeline but the browser's start."""
    return renderer(stage, machine, looks, tmp_path)


def renderer(stage: Stage, machine: Machine, looks: Looks, folder: Path) -> Render:
    """Return a function that renders a song on a stage into a folder."""

    def run(song: Path, name: str = "out.mp4", **document: Any) -> RenderResult:  # noqa: ANN401
        output = {"width": 320, "height": 180, "format": name.rpartition(".")[2], **document.pop("output", {})}
        settings = parse_settings({"look": looks.all[0].name, "output": output, **document})
        request = RenderRequest(song, folder / name, settings, looks, machine, max_seconds=3600.0)
        return render_song(request, stage_factory=lambda _machine, _folder: contextlib.nullcontext(stage))

    return run


@pytest.fixture(scope="session")
def settings_of(looks: Looks) -> Callable[..., ResolvedSettings]:
    """Resolve a settings document that is given by its keys; no text, so that only sound and look move the picture."""

    def resolved(look: str, **document: Any) -> ResolvedSettings:  # noqa: ANN401
        return resolve(parse_settings({"look": look, "text": {"title": "", "artist": ""}, **document}), looks)

    return resolved


@pytest.fixture(scope="session")
def short_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of music."""
    return write_wav(tmp_path_factory.mktemp("song") / "short.wav", music(2.0))


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Start `oriel` with these arguments, watched; whatever is still there at the end of the test is ended."""
    with contextlib.ExitStack() as started:

        def start(*arguments: str | Path, **environment: str) -> Command:
            folder = tmp_path / "command"
            return started.enter_context(Command(folder, [str(part) for part in arguments], environment))

        yield start


@pytest.fixture
def apart() -> Iterator[ThreadPoolExecutor]:
    """A thread for browsers of their own: Playwright lives once in each thread, and this one has the warm stage."""
    with ThreadPoolExecutor(1) as executor:
        yield executor
