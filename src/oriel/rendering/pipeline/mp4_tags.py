"""Reads the tags of an MP4 file: all artists, and the pictures by their bytes."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

_MOST_ATOMS = 1000
_MOST_PLACES = 20
_LONGEST_TEXT_BYTES = 1 << 16
# In front of a value: its type, which is often wrong, and its language.
_VALUE_HEADER_BYTES = 8


def artists(file: BinaryIO) -> list[str]:
    """Return the artists that the file names, each once."""
    values = (value.decode("utf-8", "replace").strip() for value in _values(file, b"\xa9ART", _LONGEST_TEXT_BYTES))
    return [value for value in dict.fromkeys(values) if value]


def pictures(file: BinaryIO, most_bytes: int) -> Iterator[bytes]:
    """Yield each picture, up to so many bytes of it."""
    return _values(file, b"covr", most_bytes)


def _values(file: BinaryIO, name: bytes, most_bytes: int) -> Iterator[bytes]:
    for start, end in _inside(file, [b"moov", b"udta", b"meta", b"ilst", name, b"data"]):
        file.seek(start + _VALUE_HEADER_BYTES)
        yield file.read(max(0, min(end - start - _VALUE_HEADER_BYTES, most_bytes)))


def _inside(file: BinaryIO, path: list[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where the content of each atom at the end of this path starts and ends."""
    places = [(0, file.seek(0, 2))]
    for name in path:
        found = (place for start, end in places for place in _atoms(file, start, end, name))
        places = list(islice(found, _MOST_PLACES))
    return iter(places)


def _atoms(file: BinaryIO, at: int, end: int, name: bytes) -> Iterator[tuple[int, int]]:
    for _ in range(_MOST_ATOMS):
        file.seek(at)
        header = file.read(16)
        size, start = int.from_bytes(header[:4], "big"), at + 8
        if size == 1:
            size, start = int.from_bytes(header[8:16], "big"), at + 16
        if at + 8 > end or size < start - at:
            return
        if header[4:8] == name:
            # This one has a version in front of its content.
            yield (start + 4 if name == b"meta" else start), min(at + size, end)
        at += size
