"""A disk that fills up while a render is under way ends it with exit code 2, and nothing stays on it."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.render.command import Command
from tests.render.processes import descendants, is_kind, kill
from tests.render.songs import music, write_wav

from oriel.errors import DiskFull
from oriel.rendering.pipeline import disk
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.progress import Progress
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage

# What a render wants to see free before it starts, and some more.
DISK_MB = 96

Start = Callable[[Path, Path], Command]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def start(command: Callable[..., Command], looks: Looks, tmp_path: Path) -> Start:
    """Start a render of 300 frames with these work and output folders."""
    song = write_wav(tmp_path / "song.wav", music(5.0))

    def started(work: Path, out: Path) -> Command:
        size = ("--size", "320x180", "--fps", "60")
        return command("render", song, "-o", out / "out.mp4", "--work", work, "--look", looks.all[0].name, *size)

    return started


def fill(disk: Path) -> None:
    """Write until nothing more can be written."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(1 << 16))
        except OSError:
            return


def assert_refused(command: Command, disk: Path) -> None:
    assert command.wait() == 2, command.stderr
    sentence = command.stderr.splitlines()[-1]
    assert sentence.startswith(f"Error: The disk that holds {disk}")
    assert sentence.endswith("is full. Free some space and start again.")
    assert command.orphans() == []
    assert command.left_behind() == []
    assert [path.name for path in disk.rglob("*") if path.is_file()] == ["ballast"]


@pytest.mark.long
def test_a_work_disk_that_fills_up_before_the_first_frame(start: Start, small_disk: Path, tmp_path: Path) -> None:
    command = start(small_disk / "work", tmp_path / "command" / "out")
    command.wait_until(lambda: any(small_disk.glob("work/*/song.s16le")), "the song is decoded")
    fill(small_disk)
    assert_refused(command, small_disk)


def test_a_work_disk_that_fills_up_while_frames_are_drawn(start: Start, small_disk: Path, tmp_path: Path) -> None:
    command = start(small_disk / "work", tmp_path / "command" / "out")
    command.wait_until(lambda: bool(command.processes("ffmpeg")), "frames are encoded")
    fill(small_disk)
    assert_refused(command, small_disk)


def test_an_output_disk_that_fills_up_before_the_end(start: Start, small_disk: Path, tmp_path: Path) -> None:
    command = start(tmp_path / "work", small_disk)
    command.wait_until(lambda: bool(command.processes("ffmpeg")), "frames are encoded")
    fill(small_disk)
    assert_refused(command, small_disk)
    assert list((tmp_path / "work").iterdir()) == []


def test_an_encoder_that_dies_for_want_of_room_is_understood_everywhere(
    stage: Stage, machine: Machine, looks: Looks, short_song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without a disk of our own: what is asked of the disk is made up, the rest is real."""
    settings = parse_settings({"look": looks.all[0].name, "output": {"width": 128, "height": 72, "fps": 60}})
    request = RenderRequest(short_song, tmp_path / "out.mp4", settings, looks, machine)

    def fill_up(progress: Progress) -> None:
        if progress.frames_done == 20:
            monkeypatch.setattr(disk, "free_bytes", lambda _: 0)
            for pid in descendants(os.getpid()):
                if is_kind(pid, "ffmpeg"):
                    kill(pid, signal.SIGKILL)

    with pytest.raises(DiskFull, match="Free some space and start again"):
        render_song(request, fill_up, stage_factory=lambda _machine, _folder: contextlib.nullcontext(stage))
    assert not request.output.exists()
    assert list(machine.work_root.iterdir()) == []
