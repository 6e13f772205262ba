"""The audio formats that we know, and how a file's name and first bytes tell them apart."""

import codecs
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import InvalidConfiguration, UnsupportedAudioFormat
from oriel.rendering.pipeline.mp3 import first_frame, is_frame_header

DEFAULT_FORMATS = ("mp3", "wav", "m4a")

# Junk in front of an MP3's first frame may be as long as FFmpeg itself skips.
HEAD_BYTES = 1 << 16

_WAV_MAGIC = (b"RIFF", b"RF64", b"BW64")


@dataclass(frozen=True)
class AudioFormat:
    """How a format is recognised: by the end of the name, by its first bytes, and by FFmpeg's demuxer."""

    name: str
    suffixes: tuple[str, ...]
    demuxer: str
    matches: Callable[[bytes], bool]


def accepted_formats(names: Sequence[str]) -> tuple[AudioFormat, ...]:
    """Return the formats of these names; raise InvalidConfiguration for a name that is unknown."""
    unknown = [name for name in names if name not in AUDIO_FORMATS]
    if unknown:
        raise InvalidConfiguration(
            f"AUDIO_FORMATS names “{unknown[0]}”, which is not one of {', '.join(AUDIO_FORMATS)}.", format=unknown[0]
        )
    return tuple(AUDIO_FORMATS[name] for name in names)


def check_name(path: Path, accepted: Sequence[AudioFormat]) -> None:
    """Raise UnsupportedAudioFormat where the name ends in none of the accepted formats."""
    suffix = path.suffix.lower().removeprefix(".")
    if not any(suffix in audio_format.suffixes for audio_format in accepted):
        raise UnsupportedAudioFormat(suffix or "unknown", tuple(known.name for known in accepted))


def format_of_content(head: bytes, accepted: Sequence[AudioFormat]) -> AudioFormat:
    """Return the accepted format that the first bytes are of; raise UnsupportedAudioFormat for any other content."""
    for audio_format in accepted:
        if audio_format.matches(head):
            return audio_format
    content = _content_name(head)
    mp3 = AUDIO_FORMATS["mp3"]
    if mp3 in accepted and content in ("unknown", "text") and first_frame(head) is not None:
        return mp3
    raise UnsupportedAudioFormat(content, tuple(known.name for known in accepted))


def _is_mp3(head: bytes) -> bool:
    start = head.lstrip(b"\0")
    return start[:3] == b"ID3" or is_frame_header(start[:4])


def _is_adts(head: bytes) -> bool:
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


AUDIO_FORMATS: Mapping[str, AudioFormat] = {
    known.name: known
    for known in (
        AudioFormat("mp3", ("mp3",), "mp3", _is_mp3),
        AudioFormat("wav", ("wav", "wave"), "wav", lambda head: head[:4] in _WAV_MAGIC and head[8:12] == b"WAVE"),
        AudioFormat("m4a", ("m4a",), "m4a", lambda head: head[4:8] == b"ftyp"),
        AudioFormat("flac", ("flac",), "flac", lambda head: head[:4] == b"fLaC"),
        AudioFormat("ogg", ("ogg", "oga"), "ogg", lambda head: head[:4] == b"OggS"),
        AudioFormat("opus", ("opus",), "ogg", lambda head: head[:4] == b"OggS"),
        AudioFormat("aac", ("aac",), "aac", _is_adts),
    )
}

_OTHER_CONTENTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"PK\x03\x04", "zip"),
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"#EXTM3U", "m3u8"),
    (b"MThd", "midi"),
)


def _content_name(head: bytes) -> str:
    """Return what the refusal calls this content."""
    for known in AUDIO_FORMATS.values():
        if known.matches(head):
            return known.name
    for magic, name in _OTHER_CONTENTS:
        if head.startswith(magic):
            return name
    return "text" if _is_text(head) else "unknown"


def _is_text(head: bytes) -> bool:
    try:
        # Incremental, because the head may end in the middle of a letter.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char.isspace() for char in text)
