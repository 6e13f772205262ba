"""Estimates a video's size, and a render's disk space, before it starts."""

import math

from oriel.rendering.pipeline.encode import codec_of
from oriel.rendering.pipeline.pcm import BYTES_PER_SAMPLE, RATE
from oriel.rendering.pipeline.resolve import ResolvedSettings
from oriel.rendering.pipeline.settings_document import Quality

# Bits for each pixel of each frame at 1080p and 30 frames a second, of H.264. Measured over presets and
# songs (docs/decisions/0023).
_BITS_PER_PIXEL: dict[str, dict[Quality, float]] = {
    "halo": {"draft": 0.125, "standard": 0.175, "high": 0.15},
    "horizon": {"draft": 0.12, "standard": 0.17, "high": 0.125},
    "prism": {"draft": 0.08, "standard": 0.11, "high": 0.14},
}
# A look that was not measured counts as this one.
_BUSIEST = "halo"
# In the tunnel every line runs towards the viewer, and no block stays as it was.
_TUNNEL = 2.1
# What VP9 takes of that.
_VP9: dict[Quality, float] = {"draft": 0.45, "standard": 0.5, "high": 0.75}
# ProRes stores every frame by itself, so detail counts and motion does not.
_PRORES_BITS: dict[str, float] = {"halo": 3.7, "horizon": 1.8, "prism": 1.3}
_PRORES: dict[Quality, float] = {"draft": 0.9, "standard": 1, "high": 1.2}
# The larger the picture, the fewer bits each pixel takes: lines and edges grow in one direction only.
_REFERENCE_PIXELS = 1920 * 1080
_SIZE_EXPONENT = -0.3
# The more frames a second, the less each differs from the one before.
_REFERENCE_FPS = 30
_FPS_EXPONENT = -0.5
_AUDIO_BITS_PER_S = 192_000
# The browser's profile with the ring of raw frames.
_PROFILE_BYTES = 64 << 20
_RING_FRAMES = 10


def video_bytes(settings: ResolvedSettings, seconds: float) -> int:
    """Return about how large the finished video will be."""
    output = settings.output
    pixels = output.width * output.height
    bits = _bits_per_pixel(settings) * math.pow(pixels / _REFERENCE_PIXELS, _SIZE_EXPONENT)
    return int(seconds * (pixels * output.fps * bits + _AUDIO_BITS_PER_S) / 8)


def _bits_per_pixel(settings: ResolvedSettings) -> float:
    """Return the bits of a pixel of a frame, for a frame of 1080p."""
    output, codec = settings.output, codec_of(settings.output, settings.transparent)
    if codec == "prores":
        return _PRORES_BITS.get(settings.look, _PRORES_BITS[_BUSIEST]) * _PRORES[output.quality]
    bits = _BITS_PER_PIXEL.get(settings.look, _BITS_PER_PIXEL[_BUSIEST])[output.quality]
    bits *= math.pow(output.fps / _REFERENCE_FPS, _FPS_EXPONENT)
    if settings.params.get("style") == "tunnel":
        bits *= _TUNNEL
    return bits * _VP9[output.quality] if codec == "vp9" else bits


def work_bytes(settings: ResolvedSettings, seconds: float, song_seconds: float) -> int:
    """Return about how much the work folder will hold: PCM of the whole song, ring, and the video twice."""
    frame = settings.output.width * settings.output.height * (4 if settings.transparent else 1.5)
    pcm = song_seconds * RATE * BYTES_PER_SAMPLE
    return int(pcm + frame * _RING_FRAMES + _PROFILE_BYTES + 2 * video_bytes(settings, seconds))
