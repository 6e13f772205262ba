"""What cannot become a video is refused with exit code 2 and one sentence that helps, and leaves nothing behind."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.render.command import Command
from tests.render.songs import music, write_wav

from oriel.cli import run
from oriel.rendering.pipeline import disk
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.tools import Tools

LOOK = load_looks().all[0].name

Refused = Callable[..., str]
Ffmpeg = Callable[..., None]


@pytest.fixture
def ffmpeg(tools: Tools) -> Ffmpeg:
    def convert(*arguments: str | Path) -> None:
        subprocess.run([tools.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments], check=True, timeout=120)

    return convert


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home, temporary, work and output folder of our own, which must be empty in the end."""
    for name in ("home", "tmp", "out"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "out")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    for variable in ("WORK_DIR", "XDG_CACHE_HOME", "MAX_SONG_SECONDS", "AUDIO_FORMATS"):
        monkeypatch.delenv(variable, raising=False)
    yield tmp_path
    left = [path for name in ("home", "tmp", "out", "work") for path in (tmp_path / name).rglob("*")]
    assert left == []


@pytest.fixture
def refused(places: Path, capfd: pytest.CaptureFixture[str]) -> Refused:
    """Run `oriel render` in this process, which must end with 2; returns its sentence."""

    def given(song: str | Path, *options: str | Path, output: str | Path = "out.mp4") -> str:
        arguments = ["render", song, "-o", output, "--look", LOOK, "--work", places / "work", *options]
        code = run([str(part) for part in arguments])
        said = capfd.readouterr()
        assert (code, said.out) == (2, "")
        sentence = said.err.splitlines()[-1]
        assert sentence.startswith("Error: ")
        assert "Traceback" not in said.err
        # Progress lines may come before, but nothing else than one sentence of a reasonable length.
        assert all(line.endswith(("preparing", sentence)) for line in said.err.splitlines())
        assert 20 < len(sentence) < 400
        return sentence

    return given


# --- songs ------------------------------------------------------------------------------------------------------------

NOT_SONGS = [
    pytest.param("song.mp3", b"Dear diary,\nno music today.\n", "must be MP3, WAV, or M4A", id="text"),
    pytest.param("song.mp3", b"%PDF-1.7\n" + bytes(2000), "must be MP3", id="pdf"),
    pytest.param("song.wav", b"\x89PNG\r\n\x1a\n" + bytes(2000), "must be MP3", id="png"),
    pytest.param("song.mp3", b"ffconcat version 1.0\nfile neighbour.wav\n", "must be MP3", id="ffconcat"),
    pytest.param("song.mp3", b"#EXTM3U\n#EXTINF:9,\nneighbour.wav\n#EXT-X-ENDLIST\n", "must be MP3", id="hls"),
    pytest.param("song.m4a", b"#EXTM3U\n#EXTINF:9,\nneighbour.wav\n#EXT-X-ENDLIST\n", "must be MP3", id="hls m4a"),
    pytest.param("song.mp3", b"", "is empty", id="empty"),
    pytest.param("song.m4a", b"\0\0\0\x20ftypM4A " + bytes(900), "damaged", id="m4a without content"),
    pytest.param("song.mp3", b"ID3\x04\0\0\0\0\0\0" + bytes(3000), "damaged", id="tag and nothing else"),
    pytest.param("song.ogg", b"OggS" + bytes(900), "must be MP3", id="format that is not taken"),
    pytest.param("song", b"RIFF\x24\0\0\0WAVEfmt ", "must be MP3", id="no suffix"),
]


@pytest.mark.parametrize(("name", "content", "reason"), NOT_SONGS)
def test_what_is_no_song_is_refused(refused: Refused, tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    write_wav(tmp_path / "neighbour.wav", music(0.2))
    (tmp_path / name).write_bytes(content)
    assert reason in refused(tmp_path / name)


def test_a_song_that_is_not_there_is_refused(refused: Refused, tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.mp3")
    assert "is not a file" in refused(tmp_path)


def test_a_film_without_sound_is_refused(refused: Refused, ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    silent = tmp_path / "film.m4a"
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=0.5", "-c:v", "libx264", "-f", "mp4", silent)
    assert "contains no sound" in refused(silent)


def test_an_m4a_whose_end_is_missing_is_refused(refused: Refused, ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    whole = tmp_path / "whole.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=d=2", whole)
    (tmp_path / "cut.m4a").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "damaged" in refused(tmp_path / "cut.m4a")


def test_a_song_longer_than_the_limit_is_refused(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, short_song: Path
) -> None:
    monkeypatch.setenv("MAX_SONG_SECONDS", "1")
    assert "2 seconds long and the limit is 1 seconds" in refused(short_song)


# --- settings ---------------------------------------------------------------------------------------------------------

WRONG_OPTIONS = [
    pytest.param(["--look", "prizm"], "did you mean “prism”?", id="look"),
    pytest.param(["--preset", "nonesuch"], "has no preset “nonesuch”", id="preset"),
    pytest.param(["--set", "nonesuch=1"], "has no parameter “nonesuch”", id="parameter"),
    pytest.param(["--set", "finish.nonesuch=1"], "There is no setting “finish.nonesuch”", id="setting"),
    pytest.param(["--set", "nonesuch"], "KEY=VALUE", id="no value"),
    pytest.param(["--set", "finish.glow=9"], "less than or equal to 2", id="value too large"),
    pytest.param(["--set", "finish.glow=bright"], "finish.glow", id="value of another kind"),
    pytest.param(["--set", "seed=-1"], "greater than or equal to 0", id="negative seed"),
    pytest.param(["--set", "background.color=reddish"], "background.color", id="not a colour"),
    pytest.param(["--size", "large"], "is no size", id="no size"),
    pytest.param(["--size", "20p"], "output.", id="too small"),
    pytest.param(["--size", "8000x8000"], "less than or equal to 4096", id="too large"),
    pytest.param(["--size", "321x181"], "multiple of 2", id="odd"),
    pytest.param(["--fps", "25"], "is not one of '24', '30', '60'", id="fps"),
    pytest.param(["--format", "avi"], "is not one of 'mp4', 'webm', 'mov'", id="format"),
    pytest.param(["--quality", "best"], "is not one of", id="quality"),
    pytest.param(["--start", "-1"], "range.start_s", id="negative start"),
    pytest.param(["--duration", "0"], "range.duration_s", id="no duration"),
    pytest.param(["--set", "background.type=transparent"], "needs the format “mov”", id="alpha in mp4"),
    pytest.param(["--settings", "none.json"], "cannot be read", id="no settings file"),
    pytest.param(["--cover", "none.png"], "cannot be read", id="no cover"),
    pytest.param(
        ["--set", "background.type=image", "--set", "background.image=none.png"], "cannot be read", id="no image"
    ),
    pytest.param(["--nonesuch"], "No such option", id="option"),
]


@pytest.mark.parametrize(("options", "reason"), WRONG_OPTIONS)
def test_wrong_options_are_refused(refused: Refused, short_song: Path, options: list[str], reason: str) -> None:
    assert reason in refused(short_song, *options)


# --- places -----------------------------------------------------------------------------------------------------------


def test_an_output_that_cannot_be_written_is_refused(refused: Refused, tmp_path: Path, short_song: Path) -> None:
    (tmp_path / "file").touch()
    assert "is a folder" in refused(short_song, output=tmp_path / "out")
    assert "does not exist" in refused(short_song, output=tmp_path / "none" / "out.mp4")
    assert "does not exist" in refused(short_song, output=tmp_path / "file" / "out.mp4")
    assert "cannot be written" in refused(short_song, output="/proc/out.mp4")
    assert "is not a regular file" in refused(short_song, output="/dev/full")
    assert "would be overwritten" in refused(short_song, "--format", "mp4", output=short_song)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_output_folder_without_permission_is_refused(refused: Refused, tmp_path: Path, short_song: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert "cannot be written" in refused(short_song, output=locked / "out.mp4")


def test_a_work_folder_that_cannot_be_used_is_refused(refused: Refused, tmp_path: Path, short_song: Path) -> None:
    (tmp_path / "file").touch()
    for work in (tmp_path / "file", tmp_path / "file" / "work", Path("/proc/work")):
        assert "Choose another one with --work" in refused(short_song, "--work", work)


def test_a_disk_with_too_little_room_is_refused_before_any_work(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, short_song: Path
) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda _: 1 << 20)
    assert "1 MB are free" in refused(short_song)


@pytest.mark.parametrize("variable", ["CHROMIUM_PATH", "FFMPEG_PATH", "FFPROBE_PATH"])
def test_a_program_that_is_not_there_is_named(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, short_song: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, "/none/program")
    sentence = refused(short_song)
    assert "was not found at /none/program" in sentence
    assert variable in sentence


# --- what is found out when the browser has been started already ------------------------------------------------------


def refused_by(started: Command) -> str:
    assert started.wait() == 2, started.stderr
    assert started.stdout == ""
    assert started.orphans() == []
    assert started.left_behind() == []
    assert list(started.work.rglob("*")) == []
    return started.stderr.splitlines()[-1]


def test_a_song_cut_off_so_that_nothing_decodes_is_refused(
    command: Callable[..., Command], ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole.wav", tmp_path / "cut.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=d=2", whole)
    content = whole.read_bytes()
    cut.write_bytes(content[: content.index(b"data") + 9])
    started = command("render", cut, "-o", "out.mp4", "--look", LOOK, "--work", "../work")
    assert "The file cut.wav contains no sound." in refused_by(started)


def test_a_range_behind_the_end_is_refused(command: Callable[..., Command], short_song: Path) -> None:
    started = command("render", short_song, "-o", "out.mp4", "--look", LOOK, "--work", "../work", "--start", "9")
    assert "the song ends at 2.00 s" in refused_by(started)
