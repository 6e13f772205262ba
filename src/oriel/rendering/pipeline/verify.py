"""Verifies that a finished file is the planned video, before it is called done."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oriel.errors import VerificationError
from oriel.rendering.pipeline.encode import Codec
from oriel.rendering.pipeline.process import Finished, nothing, reason_of, run
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.tools import Tools

_TIMEOUT_S = 900.0
# Matroska counts milliseconds, so a frame's time is rounded by up to half of one.
_TIME_TOLERANCE_S = 0.001
# Opus ends on a step of 10 ms; no player shows what is shorter than a frame.
_THUMB_WIDTH, _THUMB_HEIGHT, _THUMB_BYTES = 160, 90, 160 * 90 * 3
_FLAT_LEVELS = 2

_BT709 = {"color_space": "bt709", "color_transfer": "bt709", "color_primaries": "bt709", "color_range": "tv"}
# ProRes is limited range by definition and has no field for it: FFprobe 5.1 answers "tv", newer ones leave it out.
_UNSAID: dict[Codec, dict[str, str]] = {"h264": {}, "vp9": {}, "prores": {"color_range": "tv"}}


@dataclass(frozen=True)
class Expected:
    """What the plan promises about the file."""

    codec: Codec
    width: int
    height: int
    fps: int
    frames: int
    chunk_starts: Sequence[int]
    alpha: bool = False
    may_be_flat: bool = False


def verify(video: Path, expected: Expected, tools: Tools, *, check: Callable[[], None] = nothing) -> None:
    """Raise VerificationError that says what is wrong with the file, by its packets and by its decoded keyframes."""
    facts = _facts(video, tools, check)
    _check_streams(facts, expected)
    _check_sound(_stream(facts, "audio"), expected)
    picture = _stream(facts, "video")
    packets = [packet for packet in facts["packets"] if packet["stream_index"] == picture["index"]]
    _check_packets(packets, expected)
    _check_durations(facts, expected)
    _check_pictures(_thumbnails(video, expected, tools, check), packets, expected)


def _facts(video: Path, tools: Tools, check: Callable[[], None]) -> Mapping[str, Any]:
    entries = "stream:format=duration:packet=stream_index,pts_time,duration_time,flags"
    command: list[str | Path] = [tools.ffprobe, "-v", "error", "-show_entries", entries, "-of", "json", video]
    finished = run(command, access=Access(reads=(video,)), timeout_s=_TIMEOUT_S, check=check)
    if finished.returncode:
        raise _refused("read", finished)
    facts: Mapping[str, Any] = json.loads(finished.stdout)
    return facts


def _stream(facts: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = [stream for stream in facts["streams"] if stream["codec_type"] == kind]
    if len(found) != 1:
        raise VerificationError(f"The video has {len(found)} {kind} streams instead of one.", found=len(found))
    stream: Mapping[str, Any] = found[0]
    return stream


def _check_streams(facts: Mapping[str, Any], expected: Expected) -> None:
    picture = {**_UNSAID[expected.codec], **_stream(facts, "video")}
    wanted: dict[str, object] = {"codec_name": expected.codec, "width": expected.width, "height": expected.height}
    wanted |= {"avg_frame_rate": f"{expected.fps}/1", **_BT709}
    for key, value in wanted.items():
        if picture.get(key) != value:
            raise VerificationError(
                f"The video's {key} is {picture.get(key)} instead of {value}.", key=key, found=picture.get(key)
            )
    if expected.alpha != ("a" in str(picture.get("pix_fmt")).removeprefix("gray")):
        raise VerificationError(f"The video's pixels are {picture.get('pix_fmt')}.", found=picture.get("pix_fmt"))


def _check_sound(sound: Mapping[str, Any], expected: Expected) -> None:
    wanted = {"codec_name": "opus" if expected.codec == "vp9" else "aac", "channels": 2}
    for key, value in wanted.items():
        if sound.get(key) != value:
            raise VerificationError(
                f"The sound's {key} is {sound.get(key)} instead of {value}.", key=key, found=sound.get(key)
            )


def _check_packets(packets: Sequence[Mapping[str, Any]], expected: Expected) -> None:
    if len(packets) != expected.frames:
        raise VerificationError(
            f"The video has {len(packets)} frames instead of {expected.frames}.",
            found=len(packets),
            expected=expected.frames,
        )
    for index, packet in enumerate(packets):
        if abs(float(packet.get("pts_time", "nan")) - index / expected.fps) <= _TIME_TOLERANCE_S:
            continue
        raise VerificationError(f"Frame {index} is shown at {packet.get('pts_time')} s.", frame=index)
    for start in expected.chunk_starts:
        if not packets[start]["flags"].startswith("K"):
            raise VerificationError(f"Frame {start} begins a chunk but is not a keyframe.", frame=start)


def _check_durations(facts: Mapping[str, Any], expected: Expected) -> None:
    wanted = expected.frames / expected.fps
    for kind in ("video", "audio"):
        found = _duration(facts, _stream(facts, kind))
        if abs(found - wanted) > 1 / expected.fps:
            raise VerificationError(
                f"The {kind} is {found:.3f} s long instead of {wanted:.3f} s.", kind=kind, found=found, expected=wanted
            )


def _duration(facts: Mapping[str, Any], stream: Mapping[str, Any]) -> float:
    """Return a stream's length; WebM states none per stream, so there the last packet's end is taken."""
    if "duration" in stream:
        return float(stream["duration"])
    packets = [packet for packet in facts["packets"] if packet["stream_index"] == stream["index"]]
    if not packets:
        return 0.0
    last = packets[-1]
    return float(last["pts_time"]) + float(last.get("duration_time", 0.0))


def _thumbnails(
    video: Path, expected: Expected, tools: Tools, check: Callable[[], None]
) -> Iterator[tuple[str, bytes]]:
    """Yield (what was decoded, its small RGB pictures)."""
    if expected.codec == "h264":
        # In one go, since each chunk starts with a keyframe; FFmpeg's other decoders do not know how to skip.
        yield "the keyframes", _decode(video, ["-skip_frame", "nokey"], [], tools, check)
        return
    for start in expected.chunk_starts:
        # Half a frame early, so that rounding never lands on the frame after.
        at = max(0.0, (start - 0.5) / expected.fps)
        yield f"frame {start}", _decode(video, ["-ss", f"{at:.6f}"], ["-frames:v", "1"], tools, check)


def _decode(video: Path, seek: Sequence[str], how: Sequence[str], tools: Tools, check: Callable[[], None]) -> bytes:
    small = ["-map", "0:v:0", "-vf", f"scale={_THUMB_WIDTH}:{_THUMB_HEIGHT}:flags=area", "-fps_mode", "passthrough"]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    command: list[str | Path] = [
        *(tools.ffmpeg, "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode"),
        *seek,
        "-i",
        video,
        *small,
        *how,
        *raw,
    ]
    finished = run(command, access=Access(reads=(video,)), timeout_s=_TIMEOUT_S, check=check)
    if finished.returncode:
        raise _refused("decoded", finished)
    return finished.stdout


def _check_pictures(
    decoded: Iterator[tuple[str, bytes]], packets: Sequence[Mapping[str, Any]], expected: Expected
) -> None:
    lowest, highest, count = [255] * 3, [0] * 3, 0
    for what, pictures in decoded:
        if len(pictures) < _THUMB_BYTES:
            raise VerificationError(f"Nothing could be decoded from {what}.")
        count += len(pictures) // _THUMB_BYTES
        for channel in range(3):
            levels = pictures[channel::3]
            lowest[channel] = min(lowest[channel], min(levels))
            highest[channel] = max(highest[channel], max(levels))
    keyframes = sum(packet["flags"].startswith("K") for packet in packets)
    wanted = keyframes if expected.codec == "h264" else len(expected.chunk_starts)
    if count != wanted:
        raise VerificationError(f"{count} of {wanted} keyframes could be decoded.", found=count, expected=wanted)
    flat = all(high - low <= _FLAT_LEVELS for low, high in zip(lowest, highest, strict=True))
    if flat and not expected.may_be_flat:
        raise VerificationError(f"The whole video is one flat colour (about rgb{tuple(lowest)}).", colour=lowest)


def _refused(what: str, finished: Finished) -> VerificationError:
    reason = reason_of(finished.returncode, finished.stderr)
    return VerificationError(f"The video cannot be {what}: {reason}", stderr=finished.stderr)
