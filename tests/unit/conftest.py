"""Programs, looks and songs for the unit tests."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes import LOOKS

from oriel.rendering.pipeline.looks import Looks, load_looks
from oriel.rendering.pipeline.tools import Tools, find_tools

MakeSong = Callable[..., Path]
SongsSoFar = tuple[Path, dict[tuple[str, str, tuple[str, ...]], Path]]


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools()


@pytest.fixture(scope="session")
def looks(tmp_path_factory: pytest.TempPathFactory) -> Looks:
    path = tmp_path_factory.mktemp("looks") / "looks.json"
    path.write_text(json.dumps(LOOKS), "utf-8")
    return load_looks(path)


@pytest.fixture
def ffmpeg(tools: Tools) -> Callable[..., None]:
    """Run FFmpeg with these arguments."""

    def run(*arguments: str | Path) -> None:
        subprocess.run([tools.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments], check=True, timeout=120)

    return run


@pytest.fixture(scope="session")
def songs_so_far(tmp_path_factory: pytest.TempPathFactory) -> SongsSoFar:
    """A folder, and the songs that lie there, by what they are made of."""
    return tmp_path_factory.mktemp("songs"), {}


@pytest.fixture
def make_song(tmp_path: Path, ffmpeg: Callable[..., None], songs_so_far: SongsSoFar) -> MakeSong:
    """Write a sine of `seconds` under `name`, with FFmpeg's `options` for the output."""
    folder, songs = songs_so_far

    def make(name: str = "song.wav", seconds: float = 1.0, *options: str, source: str | None = None) -> Path:
        recipe = Path(name).suffix, source or f"sine=440:r=48000:d={seconds}", options
        if recipe not in songs:
            song = folder / f"{len(songs)}{recipe[0]}"
            ffmpeg("-f", "lavfi", "-i", recipe[1], *options, song)
            songs[recipe] = song
        # A test may change its copy.
        return shutil.copyfile(songs[recipe], tmp_path / name)

    return make
