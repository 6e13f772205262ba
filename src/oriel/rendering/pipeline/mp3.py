"""Reads MP3 frame headers: where the first frame is, and how long the file says that it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ID3_HEADER_BYTES = 10

_HEADER_BYTES = 4
# Junk that happens to look like one header is common; three that follow each other are not.
_FRAMES_IN_A_ROW = 3
_MOST_JUNK_BYTES = 1 << 16
_MOST_TAGS = 8
_KBITS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_FRAMES_FLAG = 1


@dataclass(frozen=True)
class Frame:
    """What a frame's header says."""

    size_bytes: int
    samples: int
    rate: int


def is_frame_header(header: bytes) -> bool:
    """Whether these four bytes begin a frame of MPEG audio layer III."""
    if len(header) < _HEADER_BYTES:
        return False
    return header[0] == 0xFF and header[1] & 0xE6 == 0xE2 and header[1] & 0x18 != 0x08


def first_frame(data: bytes) -> int | None:
    """Return where the first of three consecutive frames begins, or None where there are none."""
    at = data.find(b"\xff")
    while 0 <= at < len(data) - _HEADER_BYTES:
        if _frames_follow(data, at):
            return at
        at = data.find(b"\xff", at + 1)
    return None


def announced_seconds(path: Path) -> float | None:
    """Return how long the file says that it is, in seconds; None where it has no Xing, Info or VBRI header."""
    with path.open("rb") as file:
        file.seek(_end_of_tags(file))
        data = file.read(_MOST_JUNK_BYTES)
    # A file that was cut right behind its first frame has no three in a row.
    at = 0 if is_frame_header(data[:_HEADER_BYTES]) else first_frame(data)
    frame = _frame(data[at : at + _HEADER_BYTES]) if at is not None else None
    if at is None or frame is None:
        return None
    frames = _announced_frames(data[at : at + frame.size_bytes])
    return frames * frame.samples / frame.rate if frames else None


def id3_size(header: bytes) -> int:
    """Return the size of an ID3v2 tag with its header and footer, from its first ten bytes; 0 where it is none."""
    if len(header) < ID3_HEADER_BYTES or header[:3] != b"ID3" or max(header[6:10]) > 0x7F:
        return 0
    return ID3_HEADER_BYTES + synchsafe(header[6:10]) + (ID3_HEADER_BYTES if header[5] & 0x10 else 0)


def synchsafe(data: bytes) -> int:
    """Return a number that ID3 has written with seven bits a byte."""
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number


def _end_of_tags(file: BinaryIO) -> int:
    at = 0
    for _ in range(_MOST_TAGS):
        file.seek(at)
        size = id3_size(file.read(ID3_HEADER_BYTES))
        if not size:
            break
        at += size
    return at


def _frames_follow(data: bytes, at: int) -> bool:
    sizes = list(_sizes(data, at))
    return len(sizes) == _FRAMES_IN_A_ROW


def _sizes(data: bytes, at: int) -> Iterator[int]:
    for _ in range(_FRAMES_IN_A_ROW):
        frame = _frame(data[at : at + _HEADER_BYTES])
        if frame is None:
            return
        yield frame.size_bytes
        at += frame.size_bytes


def _frame(header: bytes) -> Frame | None:
    """Return what a header says; None for one with a reserved value or of the rare free format."""
    if not is_frame_header(header):
        return None
    version, kbit_index, rate_index = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if kbit_index in (0, 15) or rate_index == 3:
        return None
    is_mpeg1 = version == 3
    rate, samples = _RATES[version][rate_index], 1152 if is_mpeg1 else 576
    kbits = _KBITS[0 if is_mpeg1 else 1][kbit_index]
    return Frame(samples // 8 * kbits * 1000 // rate + (header[2] >> 1 & 1), samples, rate)


def _announced_frames(frame: bytes) -> int:
    for name in (b"Xing", b"Info"):
        at = frame.find(name)
        if at >= 0 and frame[at + 7 : at + 8] and frame[at + 7] & _FRAMES_FLAG:
            return int.from_bytes(frame[at + 8 : at + 12], "big")
    at = frame.find(b"VBRI")
    return int.from_bytes(frame[at + 14 : at + 18], "big") if at >= 0 else 0
