"""What a finished video holds, decoded by FFmpeg: pictures and sound as arrays, and what the file says of itself."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oriel.rendering.pipeline.tools import Tools

Picture = NDArray[np.uint8]

_TIMEOUT_S = 300


def probed(video: Path, tools: Tools) -> dict[str, Any]:
    """Return streams, with their packets counted, and format as FFprobe tells them."""
    command = [tools.ffprobe, "-v", "error", "-count_packets", "-show_streams", "-show_format", "-of", "json", video]
    facts: dict[str, Any] = json.loads(_run(command))
    return facts


def stream(video: Path, tools: Tools, kind: str) -> dict[str, Any]:
    """Return the one stream of a kind, audio or video."""
    (found,) = [stream for stream in probed(video, tools)["streams"] if stream["codec_type"] == kind]
    return dict(found)


def frame(video: Path, tools: Tools, index: int, pixel: str = "rgb24") -> Picture:
    """Return one frame as rows of pixels, from BT.709 in limited range."""
    about = stream(video, tools, "video")
    width, height = about["width"], about["height"]
    # Exact rounding: swscale's usual shortcuts are off by up to three levels.
    chain = f"select=eq(n\\,{index}),scale=in_color_matrix=bt709:in_range=tv:out_range=full:{_EXACT},format={pixel}"
    raw = _run([tools.ffmpeg, "-v", "error", "-i", video, "-vf", chain, "-frames:v", "1", *_RAW])
    return np.frombuffer(raw, np.uint8).reshape(height, width, -1)


def lumas(video: Path, tools: Tools) -> Iterator[NDArray[np.int16]]:
    """Yield the luma of every frame, in order."""
    about = stream(video, tools, "video")
    size = about["width"] * about["height"]
    command: list[str | Path]
    command = [tools.ffmpeg, "-v", "error", "-i", video, "-vf", "extractplanes=y", "-fps_mode", "passthrough", *_RAW]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        while raw := process.stdout.read(size):
            yield np.frombuffer(raw, np.uint8).astype(np.int16)


def sound(video: Path, tools: Tools) -> NDArray[np.int16]:
    """Return the sound from its first sample on: rows of left and right."""
    command = [tools.ffmpeg, "-v", "error", "-i", video, "-map", "0:a:0", "-ac", "2", "-ar", "48000"]
    raw = _run([*command, "-f", "s16le", "pipe:1"])
    return np.frombuffer(raw, np.int16).reshape(-1, 2)


_EXACT = "flags=accurate_rnd+full_chroma_int+full_chroma_inp+bicubic"
_RAW = ("-f", "rawvideo", "pipe:1")


def _run(command: list[Any]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S).stdout
