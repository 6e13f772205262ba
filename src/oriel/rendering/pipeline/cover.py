"""A picture from a stranger → a small PNG or JPEG of our own, before any browser sees it."""

import contextlib
import json
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from oriel.errors import AnimatedPicture, InvalidPicture
from oriel.rendering.pipeline.disk import refuse_full_disk
from oriel.rendering.pipeline.exif_orientation import turning_filters
from oriel.rendering.pipeline.process import Limits, nothing, run
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.song import MOST_PIXELS, Song, input_arguments
from oriel.rendering.pipeline.tags import read_pictures
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.turnstile import one_of

LARGEST_SIDE = 1024
LARGEST_BACKGROUND = 4096
AVATAR_SIDE = 512

_TIMEOUT_S = 30.0
# A picture of 40 megapixels takes 160 MB as RGBA, and FFmpeg holds it two or three times: two at once fit 1 GB.
_AT_ONCE = 2
_WAIT_S = 60.0
_LIMITS = Limits(memory_bytes=2 << 30, cpu_s=30, file_bytes=256 << 20)
_HEAD_BYTES = 32
_ANIMATION_FLAG = 0x02
# FFmpeg fills what is missing of a JPEG with green and reports success, unless it is told to end at the first error.
_STRICT = ("-xerror", "-err_detect", "explode")
# FFprobe decodes a picture to learn its size, unless it is larger than it may be.
_TOO_LARGE = re.compile(r"Picture size (\d+)x(\d+) exceeds")
_MAGIC = ((b"\x89PNG\r\n\x1a\n", "png_pipe"), (b"\xff\xd8\xff", "jpeg_pipe"))


def extract_cover(song: Song, out: Path, tools: Tools, *, check: Callable[[], None] = nothing) -> bool:
    """Write the best picture embedded in the song as PNG; False where there is none, or none that can be read."""
    for convert in chain(_from_tags(song, out, tools, check), _from_streams(song, out, tools, check)):
        # The caller asked for a video of a song; a broken picture inside is no reason to refuse it.
        with contextlib.suppress(InvalidPicture):
            convert()
            return True
    return False


def _from_tags(song: Song, out: Path, tools: Tools, check: Callable[[], None]) -> Iterator[Callable[[], None]]:
    for picture in read_pictures(song.path, song.format):
        yield partial(_convert_embedded, picture.data, out, tools, check)


def _convert_embedded(picture: bytes, out: Path, tools: Tools, check: Callable[[], None]) -> None:
    embedded = out.with_suffix(".embedded")
    embedded.write_bytes(picture)
    try:
        convert_picture(embedded, out, tools, check=check)
    finally:
        embedded.unlink()


def _from_streams(song: Song, out: Path, tools: Tools, check: Callable[[], None]) -> Iterator[Callable[[], None]]:
    source = input_arguments(song.path, song.demuxer)
    for stream in song.cover_streams:
        yield partial(_convert, source, stream, out, _as_png(LARGEST_SIDE), song.path, tools, check)


def convert_picture(
    picture: Path, out: Path, tools: Tools, *, largest_side: int = LARGEST_SIDE, check: Callable[[], None] = nothing
) -> None:
    """Write a PNG, JPEG or WebP file as PNG of at most `largest_side` a side; raise InvalidPicture with the reason."""
    _convert_file(picture, out, _as_png(largest_side), tools, check)


def crop_avatar(picture: Path, out: Path, tools: Tools, *, check: Callable[[], None] = nothing) -> None:
    """Write the middle of a PNG, JPEG or WebP file as a square JPEG of at most AVATAR_SIDE a side, on white.

    Raise InvalidPicture with the reason.
    """
    square = (
        "crop=w='min(iw,ih)':h='min(iw,ih)'",
        f"scale=w='min({AVATAR_SIDE},iw)':h='min({AVATAR_SIDE},ih)':flags=lanczos",
    )
    # The negative on black is the picture on white.
    on_white = ("format=gbrap", "negate", "premultiply=inplace=1", "negate", "format=yuvj420p")
    encoding = _Encoding((*square, *on_white), ("-c:v", "mjpeg", "-q:v", "3", "-flags:v", "+bitexact"))
    _convert_file(picture, out, encoding, tools, check)


@dataclass(frozen=True)
class _Encoding:
    """What FFmpeg makes of a picture: its filters, and the arguments of the encoder."""

    filters: Sequence[str]
    encoder: Sequence[str]


def _as_png(side: int) -> _Encoding:
    fit = f"scale=w='min({side},iw)':h='min({side},ih)':force_original_aspect_ratio=decrease:flags=lanczos"
    return _Encoding((fit, "format=rgba"), ("-c:v", "png"))


def _convert_file(picture: Path, out: Path, encoding: _Encoding, tools: Tools, check: Callable[[], None]) -> None:
    demuxer = _demuxer(picture)
    # Browsers turn a photo of a phone upright, and so must a video.
    turning = turning_filters(picture) if demuxer == "jpeg_pipe" else ()
    upright = replace(encoding, filters=(*turning, *encoding.filters))
    _convert(input_arguments(picture, demuxer), 0, out, upright, picture, tools, check)


def _demuxer(picture: Path) -> str:
    try:
        # Opening a named pipe would wait for somebody to write into it, for ever.
        if not stat.S_ISREG(picture.stat().st_mode):
            raise InvalidPicture(f"The picture {picture} is not a regular file.", path=str(picture))
        with picture.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise InvalidPicture(f"The picture {picture} cannot be read: {error.strerror}.", path=str(picture)) from error
    except ValueError as error:
        raise InvalidPicture(f"{str(picture)!r} is not a file name.", path=str(picture)) from error
    for magic, demuxer in _MAGIC:
        if head.startswith(magic):
            return demuxer
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        _refuse_animation(head, picture)
        return "webp_pipe"
    raise InvalidPicture(f"The picture {picture.name} must be a PNG, JPEG or WebP file.", path=str(picture))


def _refuse_animation(head: bytes, picture: Path) -> None:
    if head[12:16] == b"VP8X" and len(head) > 20 and head[20] & _ANIMATION_FLAG:
        raise AnimatedPicture("An animated WebP cannot be used. Please choose a still picture.", picture=picture.name)


def _convert(
    source: list[str], stream: int, out: Path, encoding: _Encoding, file: Path, tools: Tools, check: Callable[[], None]
) -> None:
    with one_of(_AT_ONCE, "pictures", timeout_s=_WAIT_S, check=check):
        _convert_now(source, stream, out, encoding, file, tools, check)


def _convert_now(
    source: list[str], stream: int, out: Path, encoding: _Encoding, file: Path, tools: Tools, check: Callable[[], None]
) -> None:
    _refuse_bomb(source, stream, file, tools, check)
    command: list[str | Path] = [
        tools.ffmpeg,
        "-nostdin",
        "-v",
        "error",
        "-y",
        *_STRICT,
        # Newer ones turn it by themselves, older ones do not; we do it in both.
        "-noautorotate",
        *source,
        "-map",
        f"0:{stream}",
    ]
    command += ["-frames:v", "1", "-vf", ",".join(encoding.filters), *encoding.encoder, "-threads", "1"]
    command += ["-map_metadata", "-1", "-fflags", "+bitexact", "-f", "image2", "-update", "1", out]
    access = Access(reads=(file,), writes=(out.parent,))
    finished = run(command, access=access, timeout_s=_TIMEOUT_S, check=check, limits=_LIMITS)
    if finished.returncode or not out.exists() or not out.stat().st_size:
        refuse_full_disk(out.parent)
        raise InvalidPicture(f"The picture in {file.name} is damaged.", picture=file.name)


def _refuse_bomb(source: list[str], stream: int, file: Path, tools: Tools, check: Callable[[], None]) -> None:
    """Refuse what has too many pixels before it is decoded: a few kilobytes can stand for gigabytes of them."""
    entries = ["-show_entries", "stream=index,width,height", "-of", "json"]
    limit = ["-max_pixels", str(MOST_PIXELS)]
    command: list[str | Path] = [tools.ffprobe, "-v", "error", *entries, *limit, *source]
    access = Access(reads=(file,))
    finished = run(command, access=access, timeout_s=_TIMEOUT_S, check=check, limits=_LIMITS)
    try:
        streams = json.loads(finished.stdout).get("streams", [])
    except ValueError:
        streams = []
    sizes = [(int(s.get("width", 0)), int(s.get("height", 0))) for s in streams if s["index"] == stream]
    width, height = sizes[0] if sizes else (0, 0)
    if not (width and height) and (refused := _TOO_LARGE.search(finished.stderr)):
        width, height = int(refused[1]), int(refused[2])
    if not (width and height):
        raise InvalidPicture(f"The picture in {file.name} is damaged.", picture=file.name)
    if width * height > MOST_PIXELS:
        raise InvalidPicture(
            f"The picture in {file.name} has {width} x {height} pixels,"
            f" and {MOST_PIXELS // 1_000_000} megapixels are the limit.",
            picture=file.name,
            width=width,
            height=height,
        )
