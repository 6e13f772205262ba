"""Tags that FFmpeg does not pass on: all artists, and pictures by their bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from oriel.rendering.pipeline import id3, mp4_tags
from oriel.rendering.pipeline.wav import find_chunks

LARGEST_PICTURE = 20_000_000

_MOST_PICTURES = 16
_FRONT, _OTHER, _ICONS = 3, 0, (1, 2)
# Between a picture and its type in ID3 there is a description, of which nobody needs more.
_LONGEST_DESCRIPTION = 1024
# The marker of a JPEG is followed by that of its first segment.
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass(frozen=True)
class EmbeddedPicture:
    """A PNG, JPEG or WebP file inside a song; `kind` is ID3's picture type, 3 for the front cover."""

    kind: int
    data: bytes


def read_artists(path: Path, audio_format: str) -> list[str]:
    """Return the artists that the file names one by one; an empty list where FFmpeg knows as much."""
    with path.open("rb") as file:
        if audio_format == "m4a":
            return mp4_tags.artists(file)
        return [artist for at in _id3_places(file, audio_format) for artist in id3.artists(file, at)]


def has_pictures(path: Path, audio_format: str) -> bool:
    """Whether anything in the tags begins as a picture does."""
    return any(True for _ in _pictures(path, audio_format, 2 * _LONGEST_DESCRIPTION))


def read_pictures(path: Path, audio_format: str) -> list[EmbeddedPicture]:
    """Return the pictures in the tags, the front cover first, then the others in the file's order, icons last."""
    pictures = islice(_pictures(path, audio_format, LARGEST_PICTURE), _MOST_PICTURES)
    return sorted(pictures, key=lambda picture: _rank(picture.kind))


def _rank(kind: int) -> int:
    return {_FRONT: 0, _OTHER: 1}.get(kind, 3 if kind in _ICONS else 2)


def _pictures(path: Path, audio_format: str, most_bytes: int) -> Iterator[EmbeddedPicture]:
    with path.open("rb") as file:
        for kind, content in _contents(file, audio_format, most_bytes):
            at = _start(content[: 2 * _LONGEST_DESCRIPTION])
            if at is not None:
                yield EmbeddedPicture(kind, content[at:])


def _contents(file: BinaryIO, audio_format: str, most_bytes: int) -> Iterator[tuple[int, bytes]]:
    if audio_format == "m4a":
        yield from ((_FRONT, content) for content in mp4_tags.pictures(file, most_bytes))
    for at in _id3_places(file, audio_format):
        yield from id3.pictures(file, at, most_bytes)


def _id3_places(file: BinaryIO, audio_format: str) -> list[int]:
    if audio_format == "wav":
        return find_chunks(file, (b"id3 ", b"ID3 "))
    return [0] if audio_format in ("mp3", "aac") else []


def _start(content: bytes) -> int | None:
    """Return where a picture begins, by its first bytes: labels are empty or wrong too often."""
    places = [content.find(magic) for magic in _MAGIC]
    webp = content.find(b"WEBP") - 8
    places += [webp] if webp >= 0 and content[webp : webp + 4] == b"RIFF" else []
    return min((place for place in places if place >= 0), default=None)
