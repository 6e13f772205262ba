"""Programs, looks and songs for the unit tests."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes import LOOKS

from oriel.rendering.pipeline.looks import Looks, load_looks
from oriel.rendering.pipeline.tools import Tools, find_tools

MakeSong = Callable[..., Path]


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
        subprocess.run([tools.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments], check=True, timeout=60)

    return run


@pytest.fixture
def make_song(tmp_path: Path, ffmpeg: Callable[..., None]) -> MakeSong:
    """Write a sine of `seconds` under `name`, with FFmpeg's `options` for the output."""

    def make(name: str = "song.wav", seconds: float = 1.0, *options: str, source: str | None = None) -> Path:
        path = tmp_path / name
        ffmpeg("-f", "lavfi", "-i", source or f"sine=440:r=48000:d={seconds}", *options, f"file:{path}")
        return path

    return make
