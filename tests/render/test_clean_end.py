"""However a render ends, it leaves a whole video or nothing: no part of one, no process, no temporary file."""

import hashlib
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Literal

import pytest
from tests.render.command import Command
from tests.render.conftest import renderer
from tests.render.processes import Kind, kill
from tests.render.songs import music, write_wav

from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.request import Machine
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.tools import Tools

# Two chunks of 300 frames.
SMALL = ("--size", "128x72", "--fps", "60", "--title", "", "--artist", "")
SMALL_DOCUMENT = {"output": {"width": 128, "height": 72, "fps": 60}, "text": {"title": "", "artist": ""}}

Start = Callable[..., Command]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", music(10.0))


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """As long as this file is there, no joined video is verified: what happens meanwhile can be met for sure."""
    return tmp_path / "held"


@pytest.fixture
def start(command: Start, song: Path, looks: Looks, tools: Tools, held: Path) -> Callable[[], Command]:
    """Start the render that all tests here disturb."""
    # It does not start in the sandbox, where it could not see whether the file is there, and so runs outside it.
    probe, outside = held.with_name("ffprobe"), held.with_name("outside")
    outside.touch()
    waits = f"while [ -e {quote(str(held))} ]; do sleep 0.05; done"
    probe.write_text(
        f"#!/bin/sh\n[ -e {quote(str(outside))} ] || exit 1\n"
        f'case "$*" in */video.*) {waits};; esac\nexec {quote(str(tools.ffprobe))} "$@"\n'
    )
    probe.chmod(0o755)

    def started() -> Command:
        arguments = ("-o", "out.mp4", "--look", looks.all[0].name, "--work", "../work", *SMALL)
        return command("render", song, *arguments, FFPROBE_PATH=str(probe))

    return started


@pytest.fixture(scope="module")
def undisturbed(
    stage: Stage, tools: Tools, chromium: Path, looks: Looks, song: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """SHA-256 of the video that comes of it when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    machine = Machine(tools=tools, chromium=chromium, work_root=folder / "work")
    return renderer(stage, machine, looks, folder)(song, **SMALL_DOCUMENT).sha256


def starting(command: Command) -> None:
    command.wait_until(lambda: bool(command.processes("browser")), "a browser starts")


def analysed(command: Command) -> None:
    command.wait_until(lambda: any(command.work.glob("*/track.orft")), "the song is analysed")


def drawing(command: Command) -> None:
    command.wait_until(lambda: "rendering, frame" in command.stderr, "frames are drawn")


def first_chunk_finished(command: Command) -> None:
    command.wait_until(lambda: any(command.work.glob("*/chunks/00000-*.json")), "the first chunk is finished")


def joining(command: Command) -> None:
    command.wait_until(lambda: any(command.work.glob("*/video.*")), "the video is joined")


def assert_nothing_left(command: Command) -> None:
    assert command.orphans() == []
    assert command.left_behind() == []
    assert [str(path) for path in command.work.rglob("*")] == []


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM])
@pytest.mark.parametrize("moment", [starting, drawing, joining])
def test_a_render_that_is_asked_to_stop_leaves_nothing(
    start: Callable[[], Command], number: signal.Signals, moment: Callable[[Command], None], held: Path
) -> None:
    held.touch()
    command = start()
    moment(command)
    command.send(number)
    assert command.wait() == 130
    assert command.stderr.splitlines()[-1] == "Error: Interrupted."
    assert_nothing_left(command)


@pytest.mark.parametrize("moment", [starting, drawing])
def test_ctrl_c_on_a_terminal_reaches_all_processes_and_leaves_nothing(
    start: Callable[[], Command], moment: Callable[[Command], None]
) -> None:
    command = start()
    moment(command)
    command.send(signal.SIGINT, to="group")
    assert command.wait() == 130
    assert_nothing_left(command)


def test_a_browser_that_hangs_holds_nobody_up_who_wants_to_stop(start: Callable[[], Command]) -> None:
    command = start()
    command.wait_until(lambda: bool(command.processes("ffmpeg")), "frames are encoded")
    for pid in command.processes("gpu"):
        kill(pid, signal.SIGSTOP)
    command.send(signal.SIGTERM)
    asked = time.monotonic()
    assert command.wait() == 130
    # A hang is called one after 60 s.
    assert time.monotonic() - asked < 40
    assert_nothing_left(command)


@pytest.mark.parametrize("to", ["command", pytest.param("group", marks=pytest.mark.long)])
def test_a_killed_render_goes_on_where_it_was(
    start: Callable[[], Command], undisturbed: str, to: Literal["command", "group"], held: Path
) -> None:
    held.touch()
    killed = start()
    first_chunk_finished(killed)
    killed.send(signal.SIGKILL, to=to)
    assert killed.wait() == -signal.SIGKILL
    assert killed.orphans() == []
    assert killed.left_behind() == []
    chunk = next(killed.work.glob("*/chunks/00000-*.mp4"))
    before = chunk.stat()

    again = start()
    joining(again)
    assert (chunk.stat().st_ino, chunk.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    held.unlink()
    assert again.wait() == 0
    assert sha256(again.out / "out.mp4") == undisturbed
    assert again.orphans() == []
    assert again.left_behind() == [str(again.out / "out.mp4")]
    assert list(again.work.iterdir()) == []


def is_replaced(command: Command, kind: Kind) -> bool:
    """Crash a part of the browser once a chunk is finished; return whether another browser draws the rest.

    On a busy machine the last frame may be drawn before we have seen the first chunk: then there is no rest.
    """
    first_chunk_finished(command)
    chunk = next(command.work.glob("*/chunks/00000-*.mp4"))
    finished, browsers = chunk.stat().st_mtime_ns, set(command.processes("browser"))
    for pid in command.processes(kind):
        kill(pid, signal.SIGKILL)
    command.wait_until(
        lambda: command.has_ended or bool(set(command.processes("browser")) - browsers),
        "there is another browser",
        may_end=True,
    )
    if command.has_ended:
        return False
    assert chunk.stat().st_mtime_ns == finished
    return True


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("renderer", marks=pytest.mark.long),
        pytest.param("gpu", marks=pytest.mark.long),
        "browser",
        pytest.param("driver", marks=pytest.mark.long),
    ],
)
def test_a_crashed_browser_is_replaced_and_nobody_sees_it(
    start: Callable[[], Command], undisturbed: str, kind: Kind
) -> None:
    tries = 5
    while not is_replaced(command := start(), kind):
        assert command.wait() == 0, command.stderr
        tries -= 1
        assert tries, "no crash came in time"
        (command.out / "out.mp4").unlink()
    assert command.wait() == 0, command.stderr
    assert sha256(command.out / "out.mp4") == undisturbed
    assert command.orphans() == []
    assert command.left_behind() == [str(command.out / "out.mp4")]
    assert list(command.work.iterdir()) == []


def test_a_crashed_ffmpeg_ends_the_render_with_one_sentence(start: Callable[[], Command]) -> None:
    command = start()

    def crashed() -> bool:
        # Again and again: the one that is found may just end by itself.
        for pid in command.processes("ffmpeg"):
            kill(pid, signal.SIGKILL)
        return "Error: " in command.stderr

    command.wait_until(crashed, "a crash is noticed", may_end=True)
    assert command.wait() == 1
    assert command.stderr.splitlines()[-1].startswith("Error: ")
    assert_nothing_left(command)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_part_of_the_browser_killed_at_any_moment_changes_nothing(
    start: Callable[[], Command], undisturbed: str, seed: int, held: Path
) -> None:
    held.touch()
    chance = random.Random(seed)
    kinds: list[Kind] = ["renderer", "gpu", "browser", "driver"]
    kind, moment = chance.choice(kinds), chance.choice([starting, analysed, drawing, first_chunk_finished, joining])
    command = start()
    moment(command)
    time.sleep(chance.uniform(0, 1.5))
    for pid in command.processes(kind):
        kill(pid, signal.SIGKILL)
    held.unlink()
    assert command.wait() == 0, command.stderr
    assert sha256(command.out / "out.mp4") == undisturbed
    assert command.orphans() == []
    assert command.left_behind() == [str(command.out / "out.mp4")]
    assert list(command.work.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_command_killed_at_any_moments_ends_with_the_same_bytes(
    start: Callable[[], Command], undisturbed: str, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        command = start()
        deadline = time.monotonic() + chance.uniform(0, 9)
        while time.monotonic() < deadline and not command.has_ended:
            time.sleep(0.01)
        to: list[Literal["command", "group"]] = ["command", "group"]
        if not command.has_ended:
            command.send(signal.SIGKILL, to=chance.choice(to))
        command.wait()
        assert command.orphans() == []
    last = start()
    assert last.wait() == 0, last.stderr
    assert sha256(last.out / "out.mp4") == undisturbed
    assert last.left_behind() == [str(last.out / "out.mp4")]
    assert list(last.work.iterdir()) == []


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
