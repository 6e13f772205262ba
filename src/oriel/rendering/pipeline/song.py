"""Probes a song: whether it is supported, its real length, its tags."""

import json
import math
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oriel.errors import EmptySong, SongNotFound, SongTooLong, SongWithoutSound, UndecodableSong
from oriel.names import cut, one_line
from oriel.rendering.pipeline.audio_formats import (
    DEFAULT_FORMATS,
    HEAD_BYTES,
    AudioFormat,
    accepted_formats,
    check_name,
    format_of_content,
)
from oriel.rendering.pipeline.length import LONGEST_S, missing_seconds, read_seconds
from oriel.rendering.pipeline.mp3 import announced_seconds
from oriel.rendering.pipeline.process import Limits, nothing, run
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.stereo import to_stereo
from oriel.rendering.pipeline.tags import has_pictures, read_artists
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.wav import read_wav
from oriel.rendering.pipeline.whitelist import decoders_for

_PROBE_TIMEOUT_S = 20.0
# All that FFprobe says of a song, tags in full.
_MOST_FACTS_BYTES = 16 << 20
_CHANNELS = range(1, 65)
_RATES = range(1_000, 768_001)
_LONGEST_TAG = 200
# The first frames of a song that was cut out of another one refer to what is gone, so they decode to nothing.
_TRIAL_S = 10
# More than this in a picture is decoded nowhere.
MOST_PIXELS = 40_000_000
# Tags in these say nothing of a picture's size; where the file does, FFprobe refuses a file with a larger picture.
_WITHOUT_SIZES = ("mp3", "wav", "aac")
# FFmpeg's name for ID3's picture type 3.
_FRONT_COVER = "Cover (front)"
# The header of these announces a length, which their packets may not reach.
_ANNOUNCING_FORMATS = ("m4a", "flac")


@dataclass(frozen=True)
class Song:
    """A song on disk. `duration_s` is what can be read of it, `announced_s` what its header promises, if it does.

    FFmpeg needs the options in `reading` to read it right.
    """

    path: Path
    format: str
    demuxer: str
    reading: tuple[str, ...]
    codec: str
    duration_s: float
    announced_s: float | None
    channels: int
    channel_layout: str
    sample_rate: int
    size_bytes: int
    title: str
    artist: str
    has_cover: bool
    # The pictures that FFmpeg offers, the front cover first; tags.py finds more of them.
    cover_streams: tuple[int, ...]

    @property
    def missing_s(self) -> float:
        """How many of the announced seconds cannot be read; 0 for a song that is whole."""
        return missing_seconds(self.announced_s, self.duration_s, is_exact=self.format == "wav")


def probe_song(
    path: Path,
    tools: Tools,
    *,
    formats: Sequence[str] = DEFAULT_FORMATS,
    max_seconds: float | None = None,
    check: Callable[[], None] = nothing,
) -> Song:
    """Return what is known of a song that can be rendered, or refuse it with the reason.

    Uploads, renders and the command line all ask this function. A song that is cut off is returned, with `missing_s`.

    Name, first bytes and FFprobe must each agree with `formats`; FFprobe may use that one demuxer only, since a text
    file with "ffconcat" inside makes it read the neighbours otherwise.
    """
    accepted = accepted_formats(formats)
    head, size = _head(path)
    check_name(path, accepted)
    song = _Probe(path, size, format_of_content(head, accepted), tools, check).song()
    refuse_longer_than(LONGEST_S if max_seconds is None else min(max_seconds, LONGEST_S), song.duration_s)
    return song


def refuse_longer_than(limit_s: float, duration_s: float) -> None:
    """Raise SongTooLong where a song is over the limit."""
    if duration_s > limit_s:
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
    # Forced: FFmpeg may take an MP3 with junk in front for something else, and a JPEG, by its name, for many files.
    # The real path, since a link's target has no other name in the sandbox.
    return [*allowed, "-f", demuxer, "-i", f"file:{path.resolve()}"]


def sound_arguments(song: Song, *filters: str) -> list[str]:
    """Return FFmpeg's arguments for decoding the song as stereo, which goes through these filters."""
    source = [*song.reading, *_few_pixels(song.demuxer), *input_arguments(song.path, song.demuxer)]
    source += ["-map", "0:a:0", "-vn", "-sn", "-dn"]
    return [*source, "-af", ",".join([to_stereo(song.channels, song.channel_layout), *filters])]


def _few_pixels(demuxer: str) -> tuple[str, str]:
    """Return FFmpeg's option against large pictures where only the sound is wanted.

    It decodes a whole picture just to know its size: one of 15,000 pixels square takes 900 MB. Pictures are decoded in
    cover.py, two at once.
    """
    return ("-max_pixels", "1" if demuxer in _WITHOUT_SIZES else str(MOST_PIXELS))


def tag_text(value: str) -> str:
    """Return a tag on one line of at most 200 characters."""
    return cut(one_line(value), _LONGEST_TAG)


def _head(path: Path) -> tuple[bytes, int]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SongNotFound(f"{path} is not a file.", path=str(path))
        with path.open("rb") as file:
            head, size = file.read(HEAD_BYTES), path.stat().st_size
    except OSError as error:
        raise SongNotFound(f"The song {path} cannot be read: {error.strerror}.", path=str(path)) from error
    if size == 0:
        raise EmptySong(f"The file {path.name} is empty.", path=str(path))
    return head, size


class _Probe:
    """The steps in which one file is looked at."""

    def __init__(
        self, path: Path, size: int, audio_format: AudioFormat, tools: Tools, check: Callable[[], None]
    ) -> None:
        self._path, self._size, self._format = path, size, audio_format
        self._tools, self._check = tools, check
        self._access = Access(reads=(path,))
        self._wav = read_wav(path) if audio_format.name == "wav" else None
        self._options = ("-ignore_length", "1") if self._wav and self._wav.ignores_size else ()

    def song(self) -> Song:
        facts = self._facts()
        stream = self._sound_stream(facts)
        duration_s, announced_s = self._lengths(stream)
        if not duration_s:
            raise EmptySong(f"The file {self._path.name} contains no sound.", path=str(self._path))
        song = self._song(facts, stream, duration_s, announced_s)
        if not (self._wav and self._wav.codec):
            self._refuse_undecodable(song)
        return song

    @property
    def _source(self) -> list[str]:
        demuxer = self._format.demuxer
        return [*self._options, *_few_pixels(demuxer), *input_arguments(self._path, demuxer)]

    def _facts(self) -> Mapping[str, Any]:
        arguments: list[str | Path] = [self._tools.ffprobe, "-v", "error", "-show_format", "-show_streams"]
        finished = run(
            [*arguments, "-of", "json", *self._source],
            access=self._access,
            timeout_s=_PROBE_TIMEOUT_S,
            check=self._check,
            limits=Limits(cpu_s=int(_PROBE_TIMEOUT_S), stdout_bytes=_MOST_FACTS_BYTES),
        )
        try:
            facts: Mapping[str, Any] = json.loads(finished.stdout.decode("utf-8", "replace"))
        except ValueError:
            facts = {}
        if finished.returncode or "format" not in facts:
            raise self._undecodable()
        return facts

    def _sound_stream(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        streams = [stream for stream in facts.get("streams", []) if stream.get("codec_type") == "audio"]
        if not streams:
            raise SongWithoutSound(f"The file {self._path.name} contains no sound.", path=str(self._path))
        stream: Mapping[str, Any] = streams[0]
        if int(stream.get("channels", 0)) not in _CHANNELS or int(stream.get("sample_rate", 0)) not in _RATES:
            raise UndecodableSong(
                f"The sound in {self._path.name} has no usable channels or sample rate.", path=str(self._path)
            )
        return stream

    def _lengths(self, stream: Mapping[str, Any]) -> tuple[float, float | None]:
        """Return how many seconds can be read, and how many the header announces."""
        wav = self._wav
        if wav and wav.codec:
            return wav.duration_s, wav.announced_s
        rate, time_base = int(stream["sample_rate"]), str(stream["time_base"])
        readable_s, padding_s = read_seconds(
            self._source, time_base, rate, self._access, self._tools, check=self._check
        )
        if wav:
            return readable_s, readable_s * wav.announced / max(1, wav.readable)
        if self._format.name == "mp3":
            announced_s = announced_seconds(self._path)
            return readable_s, announced_s and announced_s - padding_s
        stated_s = _seconds(stream.get("duration")) if self._format.name in _ANNOUNCING_FORMATS else None
        # Packets that an edit list leaves out are read, but not played.
        return (min(readable_s, stated_s), stated_s) if stated_s else (readable_s, None)

    def _song(
        self, facts: Mapping[str, Any], stream: Mapping[str, Any], duration_s: float, announced_s: float | None
    ) -> Song:
        # FFprobe knows no option for the decoder.
        decoder = ("-c:a", self._wav.codec) if self._wav and self._wav.codec else ()
        cover_streams = _cover_streams(facts)
        tags = {**_lower(stream.get("tags", {})), **_lower(facts["format"].get("tags", {}))}
        return Song(
            path=self._path,
            format=self._format.name,
            demuxer=self._format.demuxer,
            reading=(*self._options, *decoder),
            codec=(self._wav and self._wav.codec) or str(stream.get("codec_name", "unknown")),
            duration_s=duration_s,
            announced_s=announced_s,
            channels=int(stream["channels"]),
            channel_layout=str(stream.get("channel_layout", "")),
            sample_rate=int(stream["sample_rate"]),
            size_bytes=self._size,
            title=tag_text(tags.get("title", "")) or tag_text(self._path.stem),
            artist=tag_text(_artist(read_artists(self._path, self._format.name), tags)),
            has_cover=bool(cover_streams) or has_pictures(self._path, self._format.name),
            cover_streams=cover_streams,
        )

    def _refuse_undecodable(self, song: Song) -> None:
        """Decode a little of the song: an encrypted one, for example, has packets that nobody can decode."""
        command: list[str | Path] = [self._tools.ffmpeg, "-nostdin", "-v", "error", *sound_arguments(song)]
        command += ["-t", str(_TRIAL_S), "-ar", "8000", "-f", "s16le", "pipe:1"]
        limits = Limits(cpu_s=int(_PROBE_TIMEOUT_S))
        if not run(command, access=self._access, timeout_s=_PROBE_TIMEOUT_S, check=self._check, limits=limits).stdout:
            raise self._undecodable()

    def _undecodable(self) -> UndecodableSong:
        return UndecodableSong(
            f"The file {self._path.name} is damaged: no sound can be read from it.", path=str(self._path)
        )


def _lower(tags: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in tags.items()}


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value) if value is not None else 0.0
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _artist(artists: Sequence[str], tags: Mapping[str, str]) -> str:
    # FFprobe gives the first one only.
    return ", ".join(artists) if len(artists) > 1 else tags.get("artist", "")


def _cover_streams(facts: Mapping[str, Any]) -> tuple[int, ...]:
    pictures = [
        stream
        for stream in facts["streams"]
        if stream.get("codec_type") == "video" and stream.get("disposition", {}).get("attached_pic")
    ]
    pictures.sort(key=lambda stream: _lower(stream.get("tags", {})).get("comment") != _FRONT_COVER)
    return tuple(int(stream["index"]) for stream in pictures)
