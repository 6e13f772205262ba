"""Song and settings become a verified video, and nothing else is left."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import FakeStage

from oriel.errors import (
    AppError,
    Cancelled,
    DiskFull,
    InvalidPicture,
    InvalidSettings,
    OutputNotWritable,
    StageCrashed,
    StageHung,
)
from oriel.rendering.pipeline import disk, engine, render, workdir
from oriel.rendering.pipeline.analyse import analyse_song
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.progress import CancelToken, Progress
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest, RenderResult
from oriel.rendering.pipeline.resolve import resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import Tools

MakeSong = Callable[..., Path]
SMALL = {"width": 96, "height": 64}


class Studio:
    """Everything that a render needs, with a fake stage."""

    def __init__(self, folder: Path, tools: Tools, looks: Looks) -> None:
        self.stage = FakeStage()
        self.out = folder / "out" / "video.mp4"
        self.out.parent.mkdir()
        self.machine = Machine(tools, Path("/no/chromium"), folder / "work")
        self.progress: list[Progress] = []
        self.cancel = CancelToken()
        self._looks = looks

    def request(self, song: Path, document: dict[str, Any], **others: Any) -> RenderRequest:  # noqa: ANN401
        settings = parse_settings({**document, "output": {**SMALL, **document.get("output", {})}})
        out = self.out.with_suffix(f".{settings.output.format}")
        return RenderRequest(song, out, settings, self._looks, self.machine, **others)

    def render(self, song: Path, document: dict[str, Any] | None = None, **others: Any) -> RenderResult:  # noqa: ANN401
        request = self.request(song, document or {}, **others)
        return render_song(request, self.progress.append, self.cancel, stage_factory=lambda *_: self.stage)

    @property
    def left_behind(self) -> list[Path]:
        return [*self.out.parent.iterdir(), *self.machine.work_root.glob("*")]


@pytest.fixture
def studio(tmp_path: Path, tools: Tools, looks: Looks) -> Studio:
    return Studio(tmp_path, tools, looks)


def test_a_song_becomes_a_video(studio: Studio, make_song: MakeSong) -> None:
    result = studio.render(make_song("Night.mp3", 12))
    assert (result.frames, result.fps, result.chunks, result.backend) == (360, 30, 2, "llvmpipe")
    assert result.sha256 == hashlib.sha256(studio.out.read_bytes()).hexdigest()
    assert studio.left_behind == [studio.out]
    assert studio.stage.opened == ["open", "close"]
    assert studio.stage.loads[0]["title"] == "Night"


@pytest.mark.parametrize(
    "document",
    [
        {"output": {"format": "webm", "fps": 60}},
        {"output": {"format": "mov"}},
        {"output": {"format": "mov"}, "background": {"type": "transparent"}},
        {"output": {"fps": 24, "width": 98, "height": 66}},
        {"output": {"fps": 60, "quality": "draft"}},
    ],
)
def test_every_output_is_verified(studio: Studio, make_song: MakeSong, document: dict[str, Any]) -> None:
    assert studio.render(make_song("a.wav", 1), document).duration_s == pytest.approx(1.0)


def test_the_same_render_gives_the_same_bytes(studio: Studio, make_song: MakeSong) -> None:
    song = make_song("a.mp3", 11)
    assert studio.render(song).sha256 == studio.render(song).sha256


def test_a_replaced_stage_gives_the_same_bytes(studio: Studio, make_song: MakeSong) -> None:
    song = make_song("a.wav", 11)
    whole = studio.render(song).sha256
    studio.stage.failures = {20: [StageCrashed("died")], 310: [StageCrashed("died")]}
    assert studio.render(song).sha256 == whole
    assert not any(studio.stage.failures.values())


def test_half_a_second_is_a_video(studio: Studio, make_song: MakeSong) -> None:
    assert studio.render(make_song("a.mp3", 0.5)).frames in range(15, 18)


def test_a_range_is_a_part_of_the_whole_song(studio: Studio, make_song: MakeSong) -> None:
    assert studio.render(make_song("a.wav", 5), {"range": {"start_s": 1, "duration_s": 2}}).frames == 60
    assert studio.stage.analyses == [240_000]


def test_texts_of_the_settings_win_over_tags(studio: Studio, make_song: MakeSong) -> None:
    song = make_song("a.mp3", 1, "-metadata", "title=Tag", "-metadata", "artist=Band")
    studio.render(song, {"text": {"title": ""}})
    assert (studio.stage.loads[0]["title"], studio.stage.loads[0]["artist"]) == ("", "Band")


def test_the_stage_gets_resolved_settings_and_harmless_pictures(
    studio: Studio, make_song: MakeSong, tmp_path: Path, ffmpeg: Callable[..., None]
) -> None:
    picture = tmp_path / "p.webp"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=90x60:d=0.04", "-frames:v", "1", picture)
    seen: list[bytes] = []
    load = studio.stage.load

    def reading(staging: Staging, track: bytes) -> None:
        assert staging.cover
        assert staging.background_image
        seen.extend([staging.cover.read_bytes()[:4], staging.background_image.read_bytes()[:4]])
        load(staging, track)

    studio.stage.load = reading  # type: ignore[method-assign]
    document = {
        "cover": {"source": "file", "file": str(picture)},
        "background": {"type": "image", "image": str(picture)},
    }
    studio.render(make_song("a.wav", 1), document, watermark=True)
    assert seen == [b"\x89PNG", b"\x89PNG"]
    assert studio.stage.loads[0]["settings"]["params"]["facets"] == 6
    assert studio.stage.loads[0]["watermark"] is True


def test_the_stage_gets_ready_for_the_same_picture_while_it_listens(studio: Studio, make_song: MakeSong) -> None:
    studio.render(make_song("a.wav", 1), {"params": {"facets": 5}}, watermark=True)
    (awaited,) = studio.stage.awaited
    assert awaited
    assert vars(awaited).items() <= {**studio.stage.loads[0], "settings_json": awaited.settings_json}.items()
    assert json.loads(awaited.settings_json) == studio.stage.loads[0]["settings"]


def test_a_poster_is_made_on_request_before_the_chunks(studio: Studio, make_song: MakeSong, tmp_path: Path) -> None:
    shown: list[tuple[bytes, list[tuple[int, int]]]] = []

    def show(poster: Path) -> None:
        shown.append((poster.read_bytes(), list(studio.stage.runs)))

    studio.render(make_song("a.wav", 1), poster=tmp_path / "poster.jpg", on_poster=show)
    picture = (tmp_path / "poster.jpg").read_bytes()
    assert picture.startswith(b"\xff\xd8\xff")
    assert shown == [(picture, [(15, 1)])]
    assert studio.stage.runs == [(15, 1), (0, 30)]


def test_a_stage_that_dies_over_the_poster_is_replaced(studio: Studio, make_song: MakeSong, tmp_path: Path) -> None:
    studio.stage.failures = {15: [StageCrashed("died"), StageHung("hung")]}
    studio.render(make_song("a.wav", 1), poster=tmp_path / "poster.jpg")
    assert (tmp_path / "poster.jpg").exists()


def test_a_frame_that_always_kills_the_stage_ends_the_render(
    studio: Studio, make_song: MakeSong, tmp_path: Path
) -> None:
    studio.stage.failures = {15: [StageCrashed("died") for _ in range(3)]}
    with pytest.raises(StageCrashed):
        studio.render(make_song("a.wav", 1), poster=tmp_path / "poster.jpg")
    assert studio.left_behind == []


def test_a_poster_that_cannot_be_written_is_refused_before_anything_starts(
    studio: Studio, make_song: MakeSong, tmp_path: Path
) -> None:
    with pytest.raises(OutputNotWritable, match="does not exist"):
        studio.render(make_song("a.wav", 1), poster=tmp_path / "none" / "poster.jpg")
    assert studio.stage.opened == []


def test_a_poster_that_fails_in_the_end_leaves_nothing(studio: Studio, make_song: MakeSong, tmp_path: Path) -> None:
    folder = tmp_path / "posters"
    folder.mkdir()
    studio.stage.on_frame = lambda index: folder.rmdir() if index == 5 else None
    with pytest.raises(OutputNotWritable):
        studio.render(make_song("a.wav", 1), poster=folder / "poster.jpg")
    assert studio.left_behind == []


@pytest.mark.parametrize(
    "document",
    [
        lambda out: {"cover": {"source": "file", "file": out}},
        lambda out: {"background": {"type": "image", "image": out}},
    ],
)
def test_a_picture_is_never_overwritten(
    studio: Studio, make_song: MakeSong, document: Callable[[str], dict[str, Any]]
) -> None:
    studio.out.write_bytes(b"picture")
    with pytest.raises(OutputNotWritable, match="is an input"):
        studio.render(make_song("a.wav", 1), document(str(studio.out)))
    assert studio.out.read_bytes() == b"picture"


def test_a_picture_whose_name_is_too_long_is_refused(studio: Studio, make_song: MakeSong) -> None:
    with pytest.raises(InvalidPicture, match="File name too long"):
        studio.render(make_song("a.wav", 1), {"cover": {"source": "file", "file": "a" * 300}})


def test_a_duration_beyond_the_end_is_no_full_disk(
    studio: Studio, make_song: MakeSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda _: 1 << 30)
    document = {"range": {"duration_s": 86_400.0}, "output": {"width": 1920, "height": 1080, "quality": "draft"}}
    request = studio.request(make_song("a.wav", 1), document)
    song = probe_song(request.song, studio.machine.tools)
    with workdir.work_folder(studio.machine.work_root, "key") as work:
        render._require_room(request, resolve(request.settings, request.looks), song, work)


def test_another_ffmpeg_takes_nothing_from_an_earlier_ones_folder(
    studio: Studio, make_song: MakeSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workdir, "remove_folder", lambda _: None)
    song = make_song("a.wav", 1)
    studio.render(song)
    monkeypatch.setattr(engine, "ffmpeg_id", lambda _: "another")
    studio.render(song)
    assert len(list(studio.machine.work_root.iterdir())) == 2
    assert studio.stage.runs == [(0, 30), (0, 30)]


def test_a_resumed_render_still_says_that_the_song_is_damaged(
    studio: Studio, make_song: MakeSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = make_song("a.wav", 2)
    song.write_bytes(song.read_bytes()[:100_000])
    monkeypatch.setattr(workdir, "remove_folder", lambda _: None)
    first = studio.render(song)
    assert studio.render(song).warnings == first.warnings != ()
    assert len(studio.stage.runs) == 1


def test_a_damaged_song_is_rendered_with_a_warning(studio: Studio, make_song: MakeSong) -> None:
    song = make_song("a.wav", 2)
    song.write_bytes(song.read_bytes()[:100_000])
    assert "damaged" in studio.render(song).warnings[0]


def test_software_drawing_by_swiftshader_is_said(studio: Studio, make_song: MakeSong) -> None:
    studio.stage.backend = "swiftshader"
    assert "SwiftShader" in studio.render(make_song("a.wav", 1)).warnings[0]


def test_progress_goes_through_the_stages_and_never_back(studio: Studio, make_song: MakeSong) -> None:
    studio.render(make_song("a.wav", 2))
    fractions = [progress.fraction for progress in studio.progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    stages = list(dict.fromkeys(progress.stage for progress in studio.progress))
    assert stages == ["preparing", "analysing", "rendering", "encoding"]


def test_cancelling_leaves_nothing(studio: Studio, make_song: MakeSong) -> None:
    studio.stage.on_frame = lambda index: studio.cancel.cancel() if index == 20 else None
    with pytest.raises(Cancelled):
        studio.render(make_song("a.wav", 2))
    assert studio.left_behind == []
    assert studio.stage.opened == ["open", "close"]


def test_a_failure_leaves_the_older_video_alone(studio: Studio, make_song: MakeSong) -> None:
    studio.out.write_bytes(b"old")
    studio.stage.failures[3] = [StageCrashed("died")] * 3
    with pytest.raises(StageCrashed):
        studio.render(make_song("a.wav", 1))
    assert [path.read_bytes() for path in studio.left_behind] == [b"old"]


def test_a_blank_video_is_not_handed_out(studio: Studio, make_song: MakeSong) -> None:
    studio.stage.flat = True
    with pytest.raises(AppError, match="one flat colour"):
        studio.render(make_song("a.wav", 1))
    assert studio.left_behind == []


def test_wrong_settings_are_refused_before_anything_starts(studio: Studio, make_song: MakeSong) -> None:
    with pytest.raises(InvalidSettings):
        studio.render(make_song("a.wav", 1), {"params": {"size": 9}})
    assert studio.stage.opened == []


def test_the_song_is_never_overwritten(studio: Studio, make_song: MakeSong) -> None:
    song = make_song("a.wav", 1)
    song.rename(studio.out)
    with pytest.raises(OutputNotWritable):
        studio.render(studio.out)


def test_a_full_disk_is_refused_before_anything_starts(
    studio: Studio, make_song: MakeSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda _: 5 << 20)
    with pytest.raises(DiskFull, match=r"needs about .* MB .* 5 MB are free"):
        studio.render(make_song("a.wav", 1))
    assert studio.stage.opened == []


def test_an_analysis_is_told_in_the_documented_words(studio: Studio, make_song: MakeSong) -> None:
    heard = analyse_song(make_song("a.wav", 2), studio.machine, stage_factory=lambda *_: studio.stage)
    assert list(heard) == [
        "duration_s",
        "loudness_lufs",
        "tempo_bpm",
        "beats",
        "onsets",
        "sections",
        "title",
        "artist",
    ]
    assert heard["duration_s"] == 2.0
    assert studio.left_behind == []


SLOW_RENDER = """
import json, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.tools import find_tools
from tests.fakes import LOOKS, FakeStage

def slow(index):
    print(index, flush=True)
    if index > 320:
        time.sleep(0.2)

folder = Path({folder!r})
(folder / "looks.json").write_text(json.dumps(LOOKS))
settings = parse_settings({{"output": {{"width": 96, "height": 64}}}})
machine = Machine(find_tools(), Path("/no/chromium"), folder / "work")
looks = load_looks(folder / "looks.json")
request = RenderRequest(Path({song!r}), folder / "out" / "video.mp4", settings, looks, machine)
render_song(request, stage_factory=lambda *_: FakeStage(on_frame=slow))
"""


def killed_at_frame(frame: int, song: Path, folder: Path) -> None:
    """Start the same render in a process of its own and kill it when it has drawn so far."""
    root = str(Path(__file__).parents[4])
    code = SLOW_RENDER.format(root=root, folder=str(folder), song=str(song))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if int(line) >= frame:
                os.kill(process.pid, signal.SIGKILL)


def test_a_killed_render_goes_on_at_the_first_missing_chunk(
    studio: Studio, make_song: MakeSong, tmp_path: Path
) -> None:
    song = make_song("a.wav", 22)
    whole = studio.render(song).sha256
    studio.stage.runs.clear()
    studio.stage.analyses.clear()
    killed_at_frame(330, song, tmp_path)
    assert len(list(studio.machine.work_root.iterdir())) == 1
    assert studio.render(song).sha256 == whole
    assert studio.stage.runs == [(300, 360)]
    assert studio.stage.analyses == []
    assert studio.left_behind == [studio.out]


def test_no_ffmpeg_survives_a_kill(make_song: MakeSong, studio: Studio, tmp_path: Path) -> None:
    killed_at_frame(330, make_song("a.wav", 22), tmp_path)
    deadline = time.monotonic() + 5
    while (alive := processes_in(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert alive == []


def processes_in(folder: Path) -> list[str]:
    commands = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
        except OSError:
            continue
        if command.startswith("/") and "ffmpeg" in command and str(folder) in command:
            commands.append(command)
    return commands


def test_the_result_is_told_in_the_documented_words(studio: Studio, make_song: MakeSong) -> None:
    shown = json.loads(json.dumps(studio.render(make_song("a.wav", 1)).as_json()))
    assert list(shown) == [
        "output",
        "frames",
        "fps",
        "width",
        "height",
        "duration_s",
        "render_s",
        "frames_per_s",
        "backend",
        "chunks",
        "sha256",
    ]
