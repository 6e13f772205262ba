"""Estimates a render's disk space before it starts."""

from oriel.rendering.pipeline.encode import Codec, codec_of
from oriel.rendering.pipeline.pcm import BYTES_PER_SAMPLE, RATE
from oriel.rendering.pipeline.resolve import ResolvedSettings
from oriel.rendering.pipeline.settings_document import Quality

# Bits for each pixel of each frame; measured on busy frames, and what is above that meets the full disk as it comes.
_BITS_PER_PIXEL: dict[Codec, dict[Quality, float]] = {
    "h264": {"draft": 0.14, "standard": 0.18, "high": 0.2},
    "vp9": {"draft": 0.03, "standard": 0.05, "high": 0.08},
    "prores": {"draft": 1.2, "standard": 1.7, "high": 2.5},
}
_AUDIO_BITS_PER_S = 192_000
# The browser's profile with the ring of raw frames.
_PROFILE_BYTES = 64 << 20
_RING_FRAMES = 10


def video_bytes(settings: ResolvedSettings, seconds: float) -> int:
    """Return about how large the finished video will be."""
    output = settings.output
    bits = _BITS_PER_PIXEL[codec_of(output, settings.transparent)][output.quality]
    pixels = output.width * output.height * output.fps
    return int(seconds * (pixels * bits + _AUDIO_BITS_PER_S) / 8)


def work_bytes(settings: ResolvedSettings, seconds: float, song_seconds: float) -> int:
    """Return about how much the work folder will hold: PCM of the whole song, ring, and the video twice."""
    frame = settings.output.width * settings.output.height * (4 if settings.transparent else 1.5)
    pcm = song_seconds * RATE * BYTES_PER_SAMPLE
    return int(pcm + frame * _RING_FRAMES + _PROFILE_BYTES + 2 * video_bytes(settings, seconds))
