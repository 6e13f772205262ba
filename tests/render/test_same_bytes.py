"""The same song and settings give the same bytes, whoever draws which part of it and when."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.render import chunks
from tests.render.command import Command
from tests.render.conftest import Render
from tests.render.songs import RATE, music, write_wav
from tests.render.videos import stream

from oriel.rendering.pipeline.looks import Look, Looks, load_looks
from oriel.rendering.pipeline.resolve import ResolvedSettings, resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import Tools

ROOT = Path(__file__).parents[2]
SMALL = {"width": 128, "height": 72}

PRESETS = [(look, preset.name) for look in load_looks().all for preset in look.presets]
every_look = pytest.mark.parametrize("look", load_looks().all, ids=lambda look: look.name)
# Where the look hardly matters, the others are for `make test-full`.
_OTHERS = (pytest.param(look, marks=pytest.mark.long) for look in load_looks().all[1:])
one_look = pytest.mark.parametrize("look", [load_looks().all[0], *_OTHERS], ids=lambda look: look.name)


@pytest.fixture(scope="module")
def track(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    samples = music(chunks.SECONDS)
    pcm = tmp_path_factory.mktemp("song") / "song.s16le"
    pcm.write_bytes(samples.tobytes())
    return stage.analyse(pcm, len(samples))


@pytest.mark.parametrize(
    ("samples", "fps", "frames"),
    [(49_000, 24, 25), (48_799, 30, 30), (48_800, 30, 31), (48_399, 60, 60), (48_400, 60, 61), (200, 24, 1)],
)
def test_a_video_has_as_many_frames_as_the_song_is_long(
    render: Render, tools: Tools, tmp_path: Path, samples: int, fps: int, frames: int
) -> None:
    song = write_wav(tmp_path / "song.wav", music(2.0)[:samples])
    result = render(song, look="patches", output={**SMALL, "fps": fps})
    about = stream(result.output, tools, "video")
    assert (result.frames, int(about["nb_read_packets"])) == (frames, frames)
    assert float(about["duration"]) == pytest.approx(frames / fps, abs=1e-6)
    assert about["avg_frame_rate"] == f"{fps}/1"
    assert abs(float(stream(result.output, tools, "audio")["duration"]) - samples / RATE) <= 1 / fps


@pytest.mark.parametrize(
    ("name", "background"),
    [
        ("a.mp4", None),
        pytest.param("a.webm", None, marks=pytest.mark.long),
        pytest.param("a.mov", None, marks=pytest.mark.long),
        pytest.param("a.mov", "transparent", marks=pytest.mark.long),
    ],
    ids=["mp4", "webm", "mov", "mov with alpha"],
)
def test_a_second_run_in_another_process_gives_the_same_bytes(
    render: Render, command: Callable[..., Command], looks: Looks, short_song: Path, name: str, background: str | None
) -> None:
    given: Mapping[str, Any] = {"background": {"type": background}} if background else {}
    first = render(short_song, name, output=SMALL, **given)
    options = ["--set", f"background.type={background}"] if background else []
    look = looks.all[0].name
    second = command("render", short_song, "-o", name, "--look", look, "--size", "128x72", "--work", "w", *options)
    assert second.wait() == 0, second.stderr
    assert (second.out / name).read_bytes() == first.output.read_bytes()
    assert hashlib.sha256(first.output.read_bytes()).hexdigest() == first.sha256


@every_look
def test_a_frame_is_the_same_whatever_was_drawn_before_it(
    stage: Stage, settings_of: Callable[..., ResolvedSettings], track: bytes, look: Look
) -> None:
    assert_pure(stage, settings_of(look.name, output=SMALL), track)


@pytest.mark.long
@pytest.mark.parametrize(("look", "preset"), PRESETS, ids=[f"{look.name}-{preset}" for look, preset in PRESETS])
def test_a_frame_of_a_preset_is_the_same_whatever_was_drawn_before_it(
    stage: Stage, settings_of: Callable[..., ResolvedSettings], track: bytes, look: Look, preset: str
) -> None:
    assert_pure(stage, settings_of(look.name, preset=preset, output=SMALL), track)


def assert_pure(stage: Stage, settings: ResolvedSettings, track: bytes) -> None:
    stage.load(Staging(settings.canonical_json, title="A title", artist="An artist"), track)
    forward = [bytes(raw) for raw in stage.frames(0, 60)]
    stage.load(Staging(settings.canonical_json, title="A title", artist="An artist"), track)
    for index in (59, 3, 31, 30, 0):
        (alone,) = [bytes(raw) for raw in stage.frames(index, 1)]
        assert alone == forward[index], f"frame {index} depends on what was drawn before it"


@one_look
def test_two_processes_that_share_the_chunks_draw_what_one_does(
    stage: Stage, looks: Looks, track: bytes, look: Look, tmp_path: Path
) -> None:
    document = {"look": look.name, "output": {"width": 320, "height": 180}}
    settings = resolve(parse_settings(document), looks)
    (tmp_path / "settings.json").write_text(json.dumps(document))
    (tmp_path / "track.orft").write_bytes(track)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    other = subprocess.Popen([sys.executable, chunks.__file__, tmp_path, "2", "0"], env=environment)
    try:
        chunks.draw_chunks(stage, settings, track, tmp_path / "alone", [0, 1, 2])
        chunks.draw_chunks(stage, settings, track, tmp_path / "chunks", [1])
        assert other.wait(240) == 0
    finally:
        other.kill()
    alone, shared = contents(tmp_path / "alone"), contents(tmp_path / "chunks")
    assert len(alone) == 6
    assert shared == alone


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
