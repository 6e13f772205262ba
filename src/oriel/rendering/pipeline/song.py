"""Is this file a song that we take, and what does it say about itself? Nothing is decoded here."""

import codecs
import json
import math
import stat
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oriel.errors import (
    EmptySong,
    InvalidConfiguration,
    SongNotFound,
    SongTooLong,
    SongWithoutSound,
    UndecodableSong,
    UnsupportedAudioFormat,
)
from oriel.rendering.pipeline.process import Limits, nothing, run
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.whitelist import decoders_for

DEFAULT_FORMATS = ("mp3", "wav", "m4a")

_HEAD_BYTES = 4096
_PROBE_TIMEOUT_S = 20.0
_CHANNELS = range(1, 65)
_RATES = range(1_000, 768_001)
_LONGEST_TAG = 200


@dataclass(frozen=True)
class AudioFormat:
    """How a format is recognised: by the end of the name, by its first bytes, and by FFmpeg's demuxer."""

    name: str
    suffixes: tuple[str, ...]
    demuxer: str
    matches: Callable[[bytes], bool]


@dataclass(frozen=True)
class Song:
    """A song on disk, as its file describes it; `duration_s` is None where the file does not say."""

    path: Path
    format: str
    codec: str
    duration_s: float | None
    channels: int
    sample_rate: int
    size_bytes: int
    title: str
    artist: str
    cover_stream: int | None
    complete: bool

    @property
    def has_cover(self) -> bool:
        """Whether a picture is embedded."""
        return self.cover_stream is not None


def probe_song(
    path: Path,
    tools: Tools,
    *,
    formats: Sequence[str] = DEFAULT_FORMATS,
    max_seconds: float | None = None,
    check: Callable[[], None] = nothing,
) -> Song:
    """Return what the file says about itself, or refuse it with the reason.

    Name, first bytes and FFprobe must each agree with `formats`; FFprobe may use that one demuxer only, since a text
    file with "ffconcat" inside makes it read the neighbours otherwise.
    """
    accepted = _accepted(formats)
    head, size = _head(path)
    _check_name(path, accepted)
    audio_format = _by_content(head, accepted)
    facts = _ffprobe(path, tools, audio_format, check)
    stream = _sound_stream(path, facts)
    song = _song(path, audio_format, facts, stream, size, _is_complete(head, size))
    refuse_longer_than(max_seconds, song.duration_s)
    return song


def refuse_longer_than(limit_s: float | None, duration_s: float | None) -> None:
    """Raise SongTooLong where a known duration is over a known limit."""
    if limit_s is not None and duration_s is not None and duration_s > limit_s:
        raise SongTooLong(
            f"The song is {math.ceil(duration_s)} seconds long and the limit is {limit_s:.0f} seconds.",
            duration_s=duration_s,
            limit_s=limit_s,
        )


def input_arguments(path: Path, demuxer: str) -> list[str]:
    """Return FFmpeg's arguments for reading a stranger's file: one demuxer, few decoders, local files.

    The name is never taken for an option or a URL.
    """
    allowed = ["-protocol_whitelist", "file,pipe", "-format_whitelist", demuxer]
    allowed += ["-codec_whitelist", decoders_for(demuxer)]
    # The real path, since a link's target has no other name in the sandbox.
    return [*allowed, "-i", f"file:{path.resolve()}"]


def demuxer_of(song: Song) -> str:
    """Return the name of FFmpeg's demuxer for this song."""
    return _FORMATS[song.format].demuxer


def _accepted(names: Sequence[str]) -> tuple[AudioFormat, ...]:
    unknown = [name for name in names if name not in _FORMATS]
    if unknown:
        raise InvalidConfiguration(
            f"AUDIO_FORMATS names “{unknown[0]}”, which is not one of {', '.join(_FORMATS)}.", format=unknown[0]
        )
    return tuple(_FORMATS[name] for name in names)


def _head(path: Path) -> tuple[bytes, int]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SongNotFound(f"{path} is not a file.", path=str(path))
        with path.open("rb") as file:
            head, size = file.read(_HEAD_BYTES), path.stat().st_size
    except OSError as error:
        raise SongNotFound(f"The song {path} cannot be read: {error.strerror}.", path=str(path)) from error
    if size == 0:
        raise EmptySong(f"The file {path.name} is empty.", path=str(path))
    return head, size


def _check_name(path: Path, accepted: Sequence[AudioFormat]) -> None:
    suffix = path.suffix.lower().removeprefix(".")
    if not any(suffix in audio_format.suffixes for audio_format in accepted):
        raise UnsupportedAudioFormat(suffix or "unknown", tuple(known.name for known in accepted))


def _by_content(head: bytes, accepted: Sequence[AudioFormat]) -> AudioFormat:
    for audio_format in accepted:
        if audio_format.matches(head):
            return audio_format
    raise UnsupportedAudioFormat(_what_it_is(head), tuple(known.name for known in accepted))


def _ffprobe(path: Path, tools: Tools, audio_format: AudioFormat, check: Callable[[], None]) -> Mapping[str, Any]:
    arguments: list[str | Path] = [tools.ffprobe, "-v", "error", "-show_format", "-show_streams", "-of", "json"]
    finished = run(
        [*arguments, *input_arguments(path, audio_format.demuxer)],
        access=Access(reads=(path,)),
        timeout_s=_PROBE_TIMEOUT_S,
        check=check,
        limits=Limits(cpu_s=int(_PROBE_TIMEOUT_S)),
    )
    try:
        facts: Mapping[str, Any] = json.loads(finished.stdout.decode("utf-8", "replace"))
    except ValueError:
        facts = {}
    if finished.returncode or audio_format.demuxer not in facts.get("format", {}).get("format_name", "").split(","):
        raise UndecodableSong(f"The file {path.name} is damaged: no sound can be read from it.", path=str(path))
    return facts


def _sound_stream(path: Path, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    streams = [stream for stream in facts.get("streams", []) if stream.get("codec_type") == "audio"]
    if not streams:
        raise SongWithoutSound(f"The file {path.name} contains no sound.", path=str(path))
    stream: Mapping[str, Any] = streams[0]
    if int(stream.get("channels", 0)) not in _CHANNELS or int(stream.get("sample_rate", 0)) not in _RATES:
        raise UndecodableSong(f"The sound in {path.name} has no usable channels or sample rate.", path=str(path))
    return stream


def _song(
    path: Path,
    audio_format: AudioFormat,
    facts: Mapping[str, Any],
    stream: Mapping[str, Any],
    size: int,
    complete: bool,
) -> Song:
    tags = {**_lower(stream.get("tags", {})), **_lower(facts["format"].get("tags", {}))}
    return Song(
        path=path,
        format=audio_format.name,
        codec=str(stream.get("codec_name", "unknown")),
        duration_s=_seconds(stream.get("duration")) or _seconds(facts["format"].get("duration")),
        channels=int(stream["channels"]),
        sample_rate=int(stream["sample_rate"]),
        size_bytes=size,
        title=tag_text(tags.get("title", "")) or tag_text(path.stem),
        artist=tag_text(tags.get("artist", "")),
        cover_stream=_cover_stream(facts),
        complete=complete,
    )


def tag_text(value: str) -> str:
    """Return a tag as one printable line of at most 200 characters."""
    printable = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in value)
    return " ".join(printable.split())[:_LONGEST_TAG].strip()


def _lower(tags: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in tags.items()}


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value) if value is not None else 0.0
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _cover_stream(facts: Mapping[str, Any]) -> int | None:
    for stream in facts["streams"]:
        if stream.get("codec_type") == "video" and stream.get("disposition", {}).get("attached_pic"):
            return int(stream["index"])
    return None


def _is_complete(head: bytes, size: int) -> bool:
    """Whether a WAV is as long as its header says: FFmpeg takes what is there without a word."""
    if head[:4] != b"RIFF":
        return True
    declared = int.from_bytes(head[4:8], "little")
    # Programs that write into a pipe cannot know the length and leave nothing or all ones.
    return declared in (0, 0xFFFFFFFF) or declared >= 0xFFFFFF00 or declared + 8 <= size + 1


def _is_mp3(head: bytes) -> bool:
    start = head.lstrip(b"\0")
    if start[:3] == b"ID3":
        return True
    return len(start) > 2 and start[0] == 0xFF and start[1] & 0xE6 == 0xE2 and start[1] & 0x18 != 0x08


def _is_adts(head: bytes) -> bool:
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


_FORMATS: Mapping[str, AudioFormat] = {
    known.name: known
    for known in (
        AudioFormat("mp3", ("mp3",), "mp3", _is_mp3),
        AudioFormat(
            "wav", ("wav", "wave"), "wav", lambda head: head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE"
        ),
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


def _what_it_is(head: bytes) -> str:
    """Name the content for the refusal."""
    for known in _FORMATS.values():
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
