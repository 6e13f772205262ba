"""Where an MP3 begins, and how long it says that it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from oriel.rendering.pipeline.mp3 import announced_seconds, first_frame, id3_size, is_frame_header

MakeSong = Callable[..., Path]

# MPEG 1, layer III, 128 kbit/s, 48 kHz, stereo: 384 bytes and 24 ms.
HEADER = b"\xff\xfb\x94\x00"
FRAME = HEADER + bytes(380)


@pytest.mark.parametrize(
    "junk", [b"", b"    ", b"\r\n" * 9, bytes(5000), b"\xff" * 50, HEADER + b"only looks like one"]
)
def test_junk_in_front_of_the_first_frame_is_skipped(junk: bytes) -> None:
    assert first_frame(junk + FRAME * 3) == len(junk)


def test_fewer_than_three_frames_in_a_row_may_be_chance() -> None:
    assert first_frame(FRAME * 2) is None
    assert first_frame(FRAME + b"x" + FRAME * 2) is None


@pytest.mark.parametrize(
    ("header", "is_one"), [(HEADER, True), (b"\xff\xfb", False), (b"\xff\xe2\0\0", True), (b"\xff\xff\xff\xff", False)]
)
def test_a_header_is_told_by_its_sync_and_its_layer(header: bytes, is_one: bool) -> None:
    assert is_frame_header(header) == is_one


@pytest.mark.parametrize(("rate", "seconds"), [("48000", 2.016), ("44100", 2.0375), ("22050", 2.0637), ("8000", 2.16)])
def test_the_info_header_announces_a_length(make_song: MakeSong, rate: str, seconds: float) -> None:
    song = make_song("a.mp3", 2, "-ar", rate)
    assert announced_seconds(song) == pytest.approx(seconds, abs=0.15)
    tagged = song.with_name("b.mp3")
    tagged.write_bytes(b"ID3\4\0\0\0\0\2\0" + bytes(256) + song.read_bytes())
    assert announced_seconds(tagged) == announced_seconds(song)


def test_a_vbri_header_announces_a_length_too(tmp_path: Path) -> None:
    frame = HEADER + bytes(32) + b"VBRI" + bytes(10) + (250).to_bytes(4, "big")
    path = tmp_path / "a.mp3"
    path.write_bytes(frame.ljust(384, b"\0") + FRAME * 3)
    assert announced_seconds(path) == 6.0


@pytest.mark.parametrize("content", [b"", b"ID3", FRAME * 3, b"\xff\xfb\x04\x00" + bytes(400)])
def test_without_such_a_header_nothing_is_announced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp3").write_bytes(content)
    assert announced_seconds(tmp_path / "a.mp3") is None


def test_the_size_of_a_tag_counts_its_header_and_footer() -> None:
    assert id3_size(b"ID3\4\0\0\0\0\2\1") == 10 + 257
    assert id3_size(b"ID3\4\0\x10\0\0\2\1") == 20 + 257
    assert id3_size(b"ID3\4\0\0\0\0\2\x80") == id3_size(b"TAG\4\0\0\0\0\2\1") == id3_size(b"ID3") == 0
