"""Song → canonical PCM (48 kHz, 16 bit, stereo interleaved), the one sound that analysis and video share."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from oriel.errors import UndecodableSong
from oriel.rendering.pipeline.disk import refuse_full_disk, write_whole
from oriel.rendering.pipeline.length import LONGEST_S, missing_seconds
from oriel.rendering.pipeline.process import Limits, Process, nothing
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.song import Song, refuse_longer_than, sound_arguments
from oriel.rendering.pipeline.tools import Tools

RATE = 48_000
BYTES_PER_SAMPLE = 4

# An hour of MP3 takes about 20 s on one slow core.
_TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Pcm:
    """Canonical PCM on disk; a sample is one moment of both channels."""

    path: Path
    samples: int
    warnings: tuple[str, ...] = field(default=())

    @property
    def duration_s(self) -> float:
        """The exact length."""
        return self.samples / RATE


def write_manifest(pcm: Pcm, manifest: Path) -> None:
    """Write down beside the PCM that it is whole and what was wrong with its song."""
    write_whole(manifest, json.dumps({"samples": pcm.samples, "warnings": pcm.warnings}).encode())


def read_pcm(path: Path, manifest: Path) -> Pcm | None:
    """Return the PCM of an earlier run, or None if it is incomplete or unknown."""
    try:
        told = json.loads(manifest.read_bytes())
        pcm = Pcm(path, int(told["samples"]), tuple(str(warning) for warning in told["warnings"]))
        return pcm if path.stat().st_size == pcm.samples * BYTES_PER_SAMPLE else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def frame_count(samples: int, fps: int) -> int:
    """Return how many frames stand for so much sound: floor(samples * fps / rate + 1/2), in integers, at least one."""
    return max(1, (2 * samples * fps + RATE) // (2 * RATE))


def decode_command(song: Song, out: Path, limit_s: float, tools: Tools) -> list[str | Path]:
    """Return the FFmpeg command that writes the song, or its first `limit_s` seconds, as canonical PCM."""
    # The format is asked for behind the resampler: its own options for it are overruled without a word.
    canonical = f"aresample={RATE},aformat=sample_fmts=s16:channel_layouts=stereo"
    return [
        *(tools.ffmpeg, "-nostdin", "-v", "error", "-y"),
        *sound_arguments(song, canonical, f"atrim=end_sample={round(limit_s * RATE)}"),
        *("-c:a", "pcm_s16le", "-f", "s16le", out),
    ]


class Decoding:
    """A decode under way: started at once, so that the browser can start meanwhile. Leaving it ends FFmpeg."""

    def __init__(self, song: Song, out: Path, tools: Tools, max_seconds: float | None = None) -> None:
        self._song, self._out, self._max_seconds = song, out, LONGEST_S if max_seconds is None else max_seconds
        # One second more than allowed is enough to see that a song is too long, whatever its header claims.
        limit_s = self._max_seconds + 1.0
        limits = Limits(cpu_s=int(_TIMEOUT_S), file_bytes=int((limit_s + 1) * RATE * BYTES_PER_SAMPLE))
        access = Access(reads=(song.path,), writes=(out.parent,))
        self._process = Process(decode_command(song, out, limit_s, tools), access=access, limits=limits)
        self._process.close_stdin()

    def __enter__(self) -> "Decoding":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()

    def finish(self, check: Callable[[], None] = nothing) -> Pcm:
        """Wait for the end and return the PCM, or refuse a song that gave none."""
        returncode = self._process.wait(_TIMEOUT_S, check)
        if returncode:
            refuse_full_disk(self._out.parent)
        samples = self._out.stat().st_size // BYTES_PER_SAMPLE if self._out.exists() else 0
        if not samples:
            path = self._song.path
            raise UndecodableSong(f"No sound can be decoded from {path.name}.", path=str(path))
        pcm = Pcm(self._out, samples, self._warnings(samples / RATE, returncode))
        refuse_longer_than(self._max_seconds, pcm.duration_s)
        return pcm

    def _warnings(self, decoded_s: float, returncode: int) -> tuple[str, ...]:
        # Packets that can be read may still not be decoded.
        expected_s = self._song.announced_s or self._song.duration_s
        if self._song.missing_s or missing_seconds(expected_s, decoded_s):
            return (f"The song is damaged: {decoded_s:.1f} of {expected_s:.1f} seconds could be read.",)
        if returncode:
            return ("The song is damaged or cut off. The video uses the part that could be read.",)
        return ()


def decode_pcm(
    song: Song,
    out: Path,
    tools: Tools,
    *,
    max_seconds: float | None = None,
    check: Callable[[], None] = nothing,
) -> Pcm:
    """Decode the song into `out`; raise UndecodableSong where that gives nothing."""
    with Decoding(song, out, tools, max_seconds) as decoding:
        return decoding.finish(check)
