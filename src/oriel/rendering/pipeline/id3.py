"""Reads ID3v2 tags: all artists, and the pictures by their bytes.

FFmpeg gives the first artist only, and leaves out pictures whose label is empty or wrong.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from oriel.rendering.pipeline.mp3 import ID3_HEADER_BYTES, id3_size, synchsafe

_MOST_FRAMES = 1000
_MOST_TAGS = 8
# More of a text than this is never shown.
_LONGEST_TEXT_BYTES = 1 << 16
# A tag that is escaped as a whole has to be read as a whole.
_LARGEST_ESCAPED_TAG = 32 << 20
_ARTISTS = (b"TPE1", b"TP1")
_PICTURES = (b"APIC", b"PIC")
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")

_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_COMPRESSED_3, _ENCRYPTED_3, _GROUPED_3 = 0x80, 0x40, 0x20
_GROUPED_4, _COMPRESSED_4, _ENCRYPTED_4, _UNSYNCHRONISED_4, _WITH_LENGTH_4 = 0x40, 0x08, 0x04, 0x02, 0x01


@dataclass(frozen=True)
class _Tag:
    """A tag's frames: from `start` to `end` in `file`."""

    file: BinaryIO
    version: int
    is_escaped: bool
    start: int
    end: int


@dataclass(frozen=True)
class _Frame:
    name: bytes
    start: int
    size: int
    flags: int


def artists(file: BinaryIO, at: int) -> list[str]:
    """Return the artists that the tags at this place name, each once."""
    values: dict[str, None] = {}
    for content, _ in _contents(file, at, _ARTISTS, _LONGEST_TEXT_BYTES):
        values |= dict.fromkeys(value.strip() for value in _text(content).split("\0"))
    return [value for value in values if value]


def pictures(file: BinaryIO, at: int, most_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Yield (picture type, everything behind it) of each picture in the tags at this place, up to so many bytes."""
    for content, version in _contents(file, at, _PICTURES, most_bytes):
        # An image format of three letters, or a MIME type that ends with a zero.
        kind_at = 4 if version == 2 else content.find(b"\0", 1) + 1
        if 0 < kind_at < len(content):
            yield content[kind_at], content[kind_at + 1 :]


def _contents(file: BinaryIO, at: int, names: Sequence[bytes], most_bytes: int) -> Iterator[tuple[bytes, int]]:
    for tag in _tags(file, at):
        for frame in _frames(tag):
            if frame.name in names:
                yield _content(tag, frame, most_bytes), tag.version


def _tags(file: BinaryIO, at: int) -> Iterator[_Tag]:
    for _ in range(_MOST_TAGS):
        file.seek(at)
        header = file.read(ID3_HEADER_BYTES)
        size = id3_size(header)
        if not size:
            return
        tag = _tag(file, header, at + ID3_HEADER_BYTES)
        if tag:
            yield tag
        at += size


def _tag(file: BinaryIO, header: bytes, start: int) -> _Tag | None:
    version, flags, size = header[3], header[5], synchsafe(header[6:10])
    if version not in (2, 3, 4) or (version == 2 and flags & _EXTENDED):
        return None
    is_escaped = bool(flags & _UNSYNCHRONISED)
    tag = _Tag(file, version, is_escaped, start, start + size)
    if is_escaped and version < 4:
        body = _unescaped(file.read(min(size, _LARGEST_ESCAPED_TAG)))
        tag = _Tag(io.BytesIO(body), version, False, 0, len(body))
    return _without_extended_header(tag) if flags & _EXTENDED else tag


def _without_extended_header(tag: _Tag) -> _Tag:
    tag.file.seek(tag.start)
    size = tag.file.read(4)
    length = synchsafe(size) if tag.version == 4 else 4 + int.from_bytes(size, "big")
    return _Tag(tag.file, tag.version, tag.is_escaped, tag.start + length, tag.end)


def _frames(tag: _Tag) -> Iterator[_Frame]:
    at = tag.start
    for _ in range(_MOST_FRAMES):
        frame = _frame(tag, at)
        if frame is None:
            return
        yield frame
        at = frame.start + frame.size


def _frame(tag: _Tag, at: int) -> _Frame | None:
    name_bytes, header_bytes = (3, 6) if tag.version == 2 else (4, 10)
    tag.file.seek(at)
    header = tag.file.read(header_bytes)
    name = header[:name_bytes]
    if at + header_bytes > tag.end or not _is_name(name):
        return None
    start, number = at + header_bytes, header[name_bytes : 2 * name_bytes]
    size = int.from_bytes(number, "big")
    if tag.version == 4 and max(number) <= 0x7F:
        # iTunes has written plain numbers into tags of this version.
        shorter = synchsafe(number)
        size = size if _ends_well(tag, start + size) and not _ends_well(tag, start + shorter) else shorter
    return _Frame(name, start, size, header[9] if tag.version > 2 else 0) if start + size <= tag.end else None


def _ends_well(tag: _Tag, at: int) -> bool:
    """Whether another frame, the tag's end or its padding is at this place."""
    if at >= tag.end:
        return at == tag.end
    tag.file.seek(at)
    name = tag.file.read(4)
    return _is_name(name) or not any(name)


def _is_name(name: bytes) -> bool:
    return len(name) >= 3 and all(byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" for byte in name)


def _content(tag: _Tag, frame: _Frame, most_bytes: int) -> bytes:
    """Return what is in a frame; nothing of one that is compressed, since it may unpack to gigabytes."""
    tag.file.seek(frame.start)
    content = tag.file.read(min(frame.size, most_bytes))
    if tag.version == 3:
        if frame.flags & (_COMPRESSED_3 | _ENCRYPTED_3):
            return b""
        return content[1 if frame.flags & _GROUPED_3 else 0 :]
    if tag.version == 4:
        if frame.flags & (_COMPRESSED_4 | _ENCRYPTED_4):
            return b""
        ahead = (1 if frame.flags & _GROUPED_4 else 0) + (4 if frame.flags & _WITH_LENGTH_4 else 0)
        is_escaped = tag.is_escaped or frame.flags & _UNSYNCHRONISED_4
        return _unescaped(content[ahead:]) if is_escaped else content[ahead:]
    return content


def _unescaped(data: bytes) -> bytes:
    return data.replace(b"\xff\0", b"\xff")


def _text(content: bytes) -> str:
    encoding = _ENCODINGS[content[0]] if content and content[0] < len(_ENCODINGS) else "latin-1"
    # Every value may begin with a byte order mark of its own.
    return content[1:].decode(encoding, "replace").replace("\ufeff", "")
