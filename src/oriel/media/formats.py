"""What a file is by its name and by its first bytes, before any program looks at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import puremagic

from oriel.errors import InvalidPicture, UnsupportedAudioFormat, UnsupportedPictureFormat
from oriel.media.models import PICTURE
from oriel.names import cut, one_line

HEAD_BYTES = 4096

_LONGEST_NAME = 200
_LONGEST_SUFFIX = 10
# Signatures of fewer than four bytes turn up anywhere: puremagic's confidence is a tenth for each byte that fits.
_SURE = 0.4


@dataclass(frozen=True)
class Format:
    """A format: ends of names, what puremagic may call its content, and its content type."""

    name: str
    suffixes: tuple[str, ...]
    contents: tuple[str, ...]
    content_type: str


_MPEG4 = ("m4a", "m4b", "mp4", "m4v", "f4a", "mov", "3gp", "3g2")
_OGG = ("ogg", "oga", "ogv", "ogx", "opus", "spx")
_SONGS = (
    Format("mp3", ("mp3",), ("mp3", "mpga", "mp2"), "audio/mpeg"),
    Format("wav", ("wav", "wave"), ("wav", "wave", "rf64", "bwf"), "audio/wav"),
    Format("m4a", ("m4a",), _MPEG4, "audio/mp4"),
    Format("flac", ("flac",), ("flac",), "audio/flac"),
    Format("ogg", ("ogg", "oga"), _OGG, "audio/ogg"),
    Format("opus", ("opus",), _OGG, "audio/ogg"),
    Format("aac", ("aac",), ("aac",), "audio/aac"),
)
_PICTURES = (
    Format("png", ("png",), ("png", "apng"), "image/png"),
    Format("jpeg", ("jpg", "jpeg"), ("jpg", "jpeg", "jpe", "jfif"), "image/jpeg"),
    Format("webp", ("webp",), ("webp",), "image/webp"),
)


CONTENT_TYPES = {known.name: known.content_type for known in (*_SONGS, *_PICTURES)}


def shown_name(given: str) -> str:
    """Return a file's name fit for display: its last part, on one line of at most 200 characters."""
    last = given.replace("\\", "/").rpartition("/")[2]
    name = one_line(last, for_control="") or "unnamed"
    if len(name) <= _LONGEST_NAME:
        return name
    suffix = PurePath(name).suffix[:_LONGEST_SUFFIX]
    return cut(name, _LONGEST_NAME - len(suffix)) + suffix


def format_by_name(name: str, kind: str, audio_formats: Sequence[str]) -> Format:
    """Return the format that a name ends in; raise the refusal, with what is supported, for any other."""
    suffix = PurePath(name).suffix.lower().removeprefix(".")
    for known in _taken(kind, audio_formats):
        if suffix in known.suffixes:
            return known
    raise _unsupported(suffix[:_LONGEST_SUFFIX] or "unknown", kind, audio_formats)


def refuse_other_content(head: bytes, claimed: Format, kind: str, audio_formats: Sequence[str]) -> None:
    """Raise the refusal where the first bytes are surely of something else than the name says.

    What cannot be told here is left to the probe, which wants the content to be of exactly one format.
    """
    contents = _contents(head)
    sure = [name for name, confidence in contents.items() if confidence >= _SURE]
    if sure and not set(contents) & set(claimed.contents):
        # Dozens of formats are zip files inside, and none of them is meant.
        received = "zip" if "zip" in sure else _our_name(sure[0])
        raise _unsupported(received, kind, audio_formats, claimed)
    if not contents and kind == PICTURE:
        raise InvalidPicture("We cannot read this picture. Please send a PNG, JPEG or WebP file.")


def _contents(head: bytes) -> Mapping[str, float]:
    """Return what puremagic takes it for, the most likely first."""
    # Some MP3 begin with silence as zeros, which are the signature of something else.
    start = head.lstrip(b"\0") if head.startswith(bytes(4)) else head
    try:
        matches = puremagic.magic_string(start)
    except (puremagic.PureError, ValueError):
        return {}
    ordered = sorted(matches, key=lambda match: -match.confidence)
    found: dict[str, float] = {}
    for match in ordered:
        found.setdefault(match.extension.removeprefix("."), match.confidence)
    return found


def _our_name(content: str) -> str:
    return next((known.name for known in (*_SONGS, *_PICTURES) if content in known.contents), content)


def _taken(kind: str, audio_formats: Sequence[str]) -> tuple[Format, ...]:
    return _PICTURES if kind == PICTURE else tuple(known for known in _SONGS if known.name in audio_formats)


def _unsupported(
    received: str, kind: str, audio_formats: Sequence[str], claimed: Format | None = None
) -> UnsupportedAudioFormat | UnsupportedPictureFormat:
    misnamed = _misnamed(received, claimed, _taken(kind, audio_formats)) if claimed else ""
    if kind != PICTURE:
        return UnsupportedAudioFormat(received, tuple(audio_formats), misnamed)
    names = [known.name for known in _PICTURES]
    sentence = misnamed or "A picture must be a PNG, JPEG or WebP file."
    return UnsupportedPictureFormat(sentence, received_format=received, supported_formats=names)


def _misnamed(received: str, claimed: Format, taken: Sequence[Format]) -> str:
    """Return what to say of a file whose content we take under its own name."""
    known = next((known for known in taken if known.name == received), None)
    if known is None:
        return ""
    name, content = claimed.name.upper(), known.name.upper()
    return f"The name says {name}, but the content is {content}. Rename the file to end with .{known.suffixes[0]}."
