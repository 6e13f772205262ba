"""Frames leave the browser through a ring file, and whatever is wrong with it is the stage's death."""

import struct
from pathlib import Path

import pytest

from oriel.errors import StageCrashed
from oriel.rendering.pipeline.ring import EDGE, HEADER, MAGIC, Ring, find_file

FRAME_BYTES, STRIDE, SLOTS = 8, 4096, 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profile" / "Default" / "File System" / "000" / "p" / "ring"
    path.parent.mkdir(parents=True)
    content = bytearray(HEADER + STRIDE * SLOTS)
    struct.pack_into("<5I", content, 0, 77, MAGIC, FRAME_BYTES, STRIDE, SLOTS)
    struct.pack_into("<I", content, HEADER, 3)
    content[HEADER + EDGE : HEADER + EDGE + FRAME_BYTES] = b"a frame."
    struct.pack_into("<I", content, HEADER + EDGE + FRAME_BYTES, 3)
    path.write_bytes(content)
    return path


def test_a_frame_comes_out(file: Path) -> None:
    ring = Ring(file)
    with ring.frame(3) as frame:
        assert bytes(frame) == b"a frame."
    ring.close()


def test_another_frame_than_the_one_that_was_due_is_a_crash(file: Path) -> None:
    ring = Ring(file)
    with pytest.raises(StageCrashed, match="mixed up"):
        ring.frame(4)
    ring.close()


def test_a_file_is_found_by_its_size_and_beginning(file: Path, tmp_path: Path) -> None:
    assert find_file(tmp_path / "profile", HEADER + STRIDE * SLOTS, struct.pack("<I", 77)) == file


@pytest.mark.parametrize(("size", "prefix"), [(1, b""), (HEADER + STRIDE * SLOTS, b"other")])
def test_a_file_that_is_not_there_is_a_crash(file: Path, tmp_path: Path, size: int, prefix: bytes) -> None:
    with pytest.raises(StageCrashed, match="lost a file"):
        find_file(tmp_path / "profile", size, prefix)
