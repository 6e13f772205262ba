"""How a JPEG is to be turned: cameras store the picture as the sensor lay, and its orientation beside it (EXIF)."""

import struct
from pathlib import Path

# FFmpeg's filters for the orientations 2 to 8 of EXIF; 1 is upright.
_FILTERS = {
    2: ("hflip",),
    3: ("hflip", "vflip"),
    4: ("vflip",),
    5: ("transpose=cclock_flip",),
    6: ("transpose=clock",),
    7: ("transpose=clock_flip",),
    8: ("transpose=cclock",),
}
_TAG = 0x0112
_EXIF = b"Exif\0\0"
_APP1, _SCAN = 0xE1, 0xDA
# EXIF is one of the first segments, and each has 64 KB at most.
_HEAD_BYTES = 1 << 18
_ENTRY_BYTES = 12


def turning_filters(picture: Path) -> tuple[str, ...]:
    """Return the FFmpeg filters that turn a JPEG upright; none where it says nothing, or nothing that can be read."""
    with picture.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        return _FILTERS.get(_orientation(_exif(head)), ())
    except struct.error:
        return ()


def _exif(jpeg: bytes) -> bytes:
    """Return the EXIF block, which is a small TIFF; empty where there is none."""
    at = 2
    while True:
        marker, kind, size = struct.unpack_from(">BBH", jpeg, at)
        if marker != 0xFF or kind == _SCAN:
            return b""
        content = jpeg[at + 4 : at + 2 + size]
        if kind == _APP1 and content.startswith(_EXIF):
            return content.removeprefix(_EXIF)
        at += 2 + size


def _orientation(tiff: bytes) -> int:
    if not tiff:
        return 1
    order = "<" if tiff.startswith(b"II") else ">"
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    for entry in range(count):
        at = first + 2 + entry * _ENTRY_BYTES
        tag, value = struct.unpack_from(f"{order}H6xH", tiff, at)
        if tag == _TAG:
            return int(value)
    return 1
