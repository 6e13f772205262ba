"""The command: what it prints where, and how it ends."""

import contextlib
import functools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from examples.first_light import score
from tests.fakes import FakeStage

from oriel import cli
from oriel.errors import StageCrashed
from oriel.rendering.pipeline.analyse import analyse_song
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.render import render_song

MakeSong = Callable[..., Path]


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage()


@pytest.fixture(autouse=True)
def without_browser(looks: Looks, stage: FakeStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("CHROMIUM_PATH", sys.executable)
    monkeypatch.setattr(cli, "load_looks", lambda: looks)
    for function in (render_song, analyse_song):
        patched = functools.partial(function, stage_factory=lambda *_: stage)
        monkeypatch.setattr(cli, function.__name__, patched)


Output = pytest.CaptureFixture[str]


def test_a_render_prints_its_result_and_tells_its_progress_beside(make_song: MakeSong, capsys: Output) -> None:
    song = make_song("a.wav", 2)
    assert cli.run(["render", str(song), "-o", "out.mp4", "--size", "96x64"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("out.mp4: 96x64, 60 frames at 30 a second, 2.00 s, made in ")
    assert err.splitlines()[-1] == "100 % encoding"
    assert Path("out.mp4").is_file()


def test_a_render_prints_json(make_song: MakeSong, capsys: Output) -> None:
    song = make_song("a.wav", 1)
    assert cli.run(["render", str(song), "-o", "o.webm", "--size", "96x64", "--fps", "24", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["output"], result["frames"], result["fps"]) == ("o.webm", 24, 24)


def test_a_name_with_a_leading_dash_is_a_name(make_song: MakeSong, capsys: Output) -> None:
    make_song("-x.wav", 1)
    assert cli.run(["render", "-o", "-out.mp4", "--size", "96x64", "--", "-x.wav"]) == 0
    assert Path("-out.mp4").is_file()


def test_assignments_reach_the_stage(make_song: MakeSong, stage: FakeStage) -> None:
    song = make_song("a.wav", 1)
    options = ["--size", "96x64", "--set", "glowColor=255", "--set", "text.title=New", "--watermark"]
    assert cli.run(["render", str(song), "-o", "out.mp4", *options]) == 0
    assert stage.loads[0]["settings"]["params"]["glowColor"] == "#0000ff"
    assert (stage.loads[0]["title"], stage.loads[0]["watermark"]) == ("New", True)


def failing(capsys: Output, *arguments: str) -> tuple[int, str]:
    """Return the exit code and the one sentence that a failing command leaves."""
    code = cli.run(list(arguments))
    out, err = capsys.readouterr()
    assert out == ""
    said = [line for line in err.splitlines() if " % " not in line]
    assert len(said) == 1
    return code, said[0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--look", "prisn"], "There is no look “prisn”: did you mean “prism”?"),
        (["--set", "sise=1"], "has no parameter “sise”: did you mean “size”?"),
        (["--set", "output.widht=1"], "There is no setting “output.widht”"),
        (["--settings", "none.json"], "The settings file none.json cannot be read"),
        (["--fps", "25"], "'25' is not one of '24', '30', '60'"),
        (["--set", "background.colors=" + "[" * 5000], "“background.colors” is nested too deeply"),
        (["--size", "7x7"], "Setting “output.width” cannot be used"),
        (["--start", "99"], "starts at 99 s, but the song ends at 1.00 s"),
        (["--cover", "none.png"], "The picture none.png cannot be read"),
        (["--nonesuch"], "No such option"),
        (["-o", "no/where.mp4"], "The folder no does not exist"),
        (["-o", "."], "is a folder"),
        (["-o", ""], "Invalid value for '-o' / '--output': the name is empty."),
        (["--cover", ""], "Invalid value for '--cover': the name is empty."),
        (["-o", "out.webm", "--format", "mp4"], "out.webm would be no WEBM, since the format was set to mp4"),
        (["--work", "/proc/work"], "cannot be used"),
    ],
)
def test_what_the_caller_can_mend_ends_with_2(
    make_song: MakeSong, capsys: Output, options: list[str], sentence: str
) -> None:
    code, said = failing(capsys, "render", str(make_song("a.wav", 1)), "-o", "out.mp4", *options)
    assert code == 2
    assert said.startswith("Error: ")
    assert sentence in said


@pytest.mark.parametrize("group", [[], ["billing"], ["jobs"]])
def test_without_a_command_the_help_is_shown(capsys: Output, group: list[str]) -> None:
    assert cli.run([*group, "--help"]) == 0
    usual = capsys.readouterr().out
    assert cli.run(group) == 2
    assert capsys.readouterr() == ("", usual)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["render", "none.mp3", "-o", "out.mp4", "--json"], "AUDIO_NOT_FOUND"),
        (["render", "none.mp3", "-o", "out.mp4", "--json", "--fps", "25"], "INVALID_REQUEST"),
        (["analyse", "none.mp3", "--json"], "AUDIO_NOT_FOUND"),
    ],
)
def test_a_program_that_asked_for_json_is_told_failures_in_json(
    capsys: Output, arguments: list[str], code: str
) -> None:
    assert cli.run(arguments) == 2
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert error["code"] == code
    assert error["message"] in err


def test_a_song_that_is_none_ends_with_2(capsys: Output, tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_text("no song", "utf-8")
    code, said = failing(capsys, "render", "a.mp3", "-o", "out.mp4")
    assert (code, said) == (2, "Error: Audio file must be MP3, WAV, or M4A format")


def test_a_missing_program_ends_with_2(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFMPEG_PATH", "/no/ffmpeg")
    code, said = failing(capsys, "render", "a.mp3", "-o", "out.mp4")
    assert code == 2
    assert "FFmpeg was not found at /no/ffmpeg: install it" in said


def test_our_failure_ends_with_1(make_song: MakeSong, capsys: Output, stage: FakeStage) -> None:
    stage.flat = True
    code, said = failing(capsys, "render", str(make_song("a.wav", 1)), "-o", "out.mp4", "--size", "96x64")
    assert code == 1
    assert "one flat colour" in said


def test_our_failure_says_its_reason(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(_details: dict[str, str]) -> None:
        raise StageCrashed("Chromium could not start.", **_details)

    for details in ({"reason": "no such library\nlog: a\nlog: b"}, {"stderr": "warning\nno such library\n"}):
        monkeypatch.setattr(cli, "load_looks", functools.partial(failed, details))
        assert failing(capsys, "looks") == (1, "Error: Chromium could not start. (no such library)")


def test_debug_shows_where_our_failure_comes_from(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed() -> None:
        raise StageCrashed("Chromium could not start.")

    monkeypatch.setattr(cli, "load_looks", failed)
    assert cli.run(["--debug", "looks"]) == 1
    assert "in failed" in capsys.readouterr().err


def test_a_poster_is_written(make_song: MakeSong) -> None:
    song = make_song("a.wav", 1)
    assert cli.run(["render", str(song), "-o", "out.mp4", "--size", "96x64", "--poster", "out.jpg"]) == 0
    assert Path("out.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


def test_an_unexpected_failure_is_a_sentence_too(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "load_looks", lambda: 1 / 0)
    code, said = failing(capsys, "looks")
    assert code == 1
    assert "ZeroDivisionError: division by zero" in said


@contextlib.contextmanager
def heard_as(number: signal.Signals, handler: Any) -> Iterator[None]:  # noqa: ANN401
    """Handle a signal so at first, whatever who started the tests has made of it (`nohup` takes SIGHUP away)."""
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_render_in_order(
    make_song: MakeSong, capsys: Output, stage: FakeStage, tmp_path: Path, number: signal.Signals
) -> None:
    stage.on_frame = lambda index: os.kill(os.getpid(), number) if index == 10 else None
    before = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    with heard_as(number, before):
        code, said = failing(capsys, "render", str(make_song("a.wav", 2)), "-o", "out.mp4", "--size", "96x64")
        assert signal.getsignal(number) == before
    assert (code, said) == (130, "Error: Interrupted.")
    assert not (tmp_path / "out.mp4").exists()
    assert list((tmp_path / "work").iterdir()) == []


def test_looks_are_listed(capsys: Output) -> None:
    assert cli.run(["looks"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["prism: A solid of cut glass", "  dusk: Dusk"]


def test_one_look_is_described_with_its_parameters(capsys: Output) -> None:
    assert cli.run(["looks", "prism"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prism: A solid of cut glass"
    assert "  glowColor  a colour such as #8309d5 (default #8309d5)" in lines
    assert "  size       0 to 2 (default 1)" in lines
    assert "  facets     3 to 12, a whole number (default 6)" in lines
    assert "  shape      cube, gem (default gem)" in lines
    assert "             What the glass is cut into." in lines
    assert "  mirror     true or false (default false)" in lines
    assert lines[-2:] == ["  dusk: Dusk", "  clear: Clear"]


def test_one_look_is_printed_as_json(capsys: Output) -> None:
    assert cli.run(["looks", "halo", "--json"]) == 0
    assert [look["name"] for look in json.loads(capsys.readouterr().out)["looks"]] == ["halo"]


def test_a_look_that_does_not_exist_is_refused(capsys: Output) -> None:
    assert failing(capsys, "looks", "prisma") == (2, "Error: There is no look “prisma”: did you mean “prism”?")


def test_the_help_of_set_leads_to_the_parameters(capsys: Output) -> None:
    assert cli.run(["render", "--help"]) == 0
    assert "`oriel looks NAME` lists them" in " ".join(capsys.readouterr().out.split())


def test_a_part_that_is_longer_than_what_is_left_is_made_with_a_warning(make_song: MakeSong, capsys: Output) -> None:
    part = ["--start", "1.5", "--duration", "2"]
    assert cli.run(["render", str(make_song("a.wav", 2)), "-o", "out.mp4", "--size", "96x64", *part]) == 0
    out, err = capsys.readouterr()
    assert "15 frames" in out
    warning = "Warning: The song ends at 2.00 s, so the video is 0.50 s long instead of 2 s."
    assert err.splitlines()[-1] == warning


def test_looks_are_listed_as_json(capsys: Output) -> None:
    assert cli.run(["looks", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["looks"][0]
    assert list(first) == ["name", "title", "description", "presets", "parameters"]


def test_an_analysis_is_told(make_song: MakeSong, capsys: Output) -> None:
    assert cli.run(["analyse", str(make_song("Night.wav", 2))]) == 0
    assert "2.00 s, -14.0 LUFS, 120.0 bpm, 1 beats, 2 onsets" in capsys.readouterr().out


def test_an_analysis_is_told_as_json(make_song: MakeSong, capsys: Output) -> None:
    assert cli.run(["analyse", "--json", str(make_song("Night.wav", 2))]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Night"


def test_the_part_of_a_song_that_the_readme_shows_is_in_the_example_song() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    parts = re.findall(r"--start (\d+) --duration (\d+)", readme)
    assert parts
    assert max(int(start) + int(duration) for start, duration in parts) <= score.BARS * score.BAR_S


def test_the_module_is_the_command() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "oriel", "--help"], capture_output=True, text=True, check=True, timeout=120
    )
    assert "render" in finished.stdout
