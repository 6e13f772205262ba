"""Frames leave the browser through a ring file, and whatever is wrong with it is the stage's death."""

import os
import struct
from pathlib import Path

import pytest

from oriel.errors import StageCrashed
from oriel.rendering.pipeline.ring import EDGE, HEADER, MAGIC, Ring, open_file

FRAME_BYTES, STRIDE, SLOTS = 8, 4096, 2
SIZE, ID = HEADER + STRIDE * SLOTS, struct.pack("<I", 77)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profile" / "Default" / "File System" / "000" / "p" / "ring"
    path.parent.mkdir(parents=True)
    content = bytearray(SIZE)
    struct.pack_into("<5I", content, 0, 77, MAGIC, FRAME_BYTES, STRIDE, SLOTS)
    struct.pack_into("<I", content, HEADER, 3)
    content[HEADER + EDGE : HEADER + EDGE + FRAME_BYTES] = b"a frame."
    struct.pack_into("<I", content, HEADER + EDGE + FRAME_BYTES, 3)
    path.write_bytes(content)
    return path


def test_a_frame_comes_out(file: Path) -> None:
    ring = Ring(file.open("r+b"))
    with ring.frame(3) as frame:
        assert bytes(frame) == b"a frame."
    ring.close()


def test_another_frame_than_the_one_that_was_due_is_a_crash(file: Path) -> None:
    ring = Ring(file.open("r+b"))
    with pytest.raises(StageCrashed, match="mixed up"):
        ring.frame(4)
    ring.close()


def test_a_file_is_found_by_its_size_and_beginning(file: Path, tmp_path: Path) -> None:
    with open_file(tmp_path / "profile", SIZE, ID) as found:
        assert found.read() == file.read_bytes()


@pytest.mark.parametrize(("size", "prefix"), [(1, b""), (SIZE, b"other")])
def test_a_file_that_is_not_there_is_a_crash(file: Path, tmp_path: Path, size: int, prefix: bytes) -> None:
    with pytest.raises(StageCrashed, match="lost a file"):
        open_file(tmp_path / "profile", size, prefix)


@pytest.mark.parametrize("linked", ["Default", "Default/File System", "Default/File System/000/p/ring"])
def test_no_link_of_the_browsers_is_followed(file: Path, tmp_path: Path, linked: str) -> None:
    path = tmp_path / "profile" / linked
    path.rename(tmp_path / "outside")
    path.symlink_to(tmp_path / "outside")
    assert file.stat().st_size == SIZE
    with pytest.raises(StageCrashed, match="lost a file"):
        open_file(tmp_path / "profile", SIZE, ID)


def test_a_pipe_of_the_browsers_holds_nobody_up(file: Path, tmp_path: Path) -> None:
    os.mkfifo(file.with_name("pipe"))
    with pytest.raises(StageCrashed, match="lost a file"):
        open_file(tmp_path / "profile", 0, b"")


def test_a_profile_that_is_gone_is_a_crash(tmp_path: Path) -> None:
    with pytest.raises(StageCrashed, match="lost a file"):
        open_file(tmp_path / "none", SIZE, ID)
