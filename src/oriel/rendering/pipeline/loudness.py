"""How loud a song is, by FFmpeg's meter: for the list of uploads, before anything is rendered."""

import re
from pathlib import Path

from oriel.errors import ProcessFailed
from oriel.rendering.pipeline.process import Limits, reason_of, run
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.song import Song, probe_song, sound_arguments
from oriel.rendering.pipeline.tools import Tools

_TIMEOUT_S = 300.0
_SUMMARY = re.compile(r"Integrated loudness:\s+I:\s+(-?[\d.]+|-inf|nan) LUFS")
# What the meter says of silence (EBU R 128's absolute gate).
_SILENCE = -70.0


def loudness_command(song: Song, tools: Tools) -> list[str | Path]:
    """Return the command that measures a song's integrated loudness and prints it at the end."""
    meter = sound_arguments(song, "ebur128=framelog=verbose")
    return [tools.ffmpeg, "-hide_banner", "-nostats", "-nostdin", *meter, "-f", "null", "-"]


def measure_loudness(song: Path, tools: Tools, formats: tuple[str, ...]) -> float | None:
    """Return the integrated loudness (ITU-R BS.1770) in LUFS, None for silence.

    Raises what `probe_song` raises, ProcessFailed and ProcessTimedOut.
    """
    command = loudness_command(probe_song(song, tools, formats=formats), tools)
    finished = run(command, access=Access(reads=(song,)), timeout_s=_TIMEOUT_S, limits=Limits(cpu_s=int(_TIMEOUT_S)))
    found = _SUMMARY.search(finished.stderr)
    if finished.returncode or not found:
        raise ProcessFailed(f"The loudness cannot be measured: {reason_of(finished.returncode, finished.stderr)}")
    loudness = float(found[1])
    return round(loudness, 1) if loudness > _SILENCE else None
