"""A disk that fills up while a render is under way ends it with exit code 2, and nothing stays on it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.render.command import Command
from tests.render.songs import music, write_wav

from oriel.rendering.pipeline.looks import Looks

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
    assert sentence.endswith("is full: make room there and start again.")
    assert command.orphans() == []
    assert command.left_behind() == []
    assert [path.name for path in disk.rglob("*") if path.is_file()] == ["ballast"]


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
