"""How long a song really is: its packets are read to the end, and their lengths added up.

FFprobe's own figure is an estimate for many MP3 and AAC files, and a promise for all others.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from oriel.errors import UndecodableSong
from oriel.rendering.pipeline.process import Limits, nothing, run
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.tools import Tools

# No song of any plan is half as long; packets behind this are not read.
LONGEST_S = 6 * 3600.0

# Nothing is decoded: an hour of MP3 takes 0.4 s of one core, where decoding it takes 2.6 s.
_TIMEOUT_S = 120.0
_LIMITS = Limits(cpu_s=60)
# Codecs count in frames, of which the first or the last may not be played; WAV counts each sample.
_TOLERANCE_S, _TOLERANCE_SHARE = 0.15, 0.001
_EXACT_TOLERANCE_S = 0.02


def read_seconds(
    source: Sequence[str],
    time_base: str,
    rate: int,
    access: Access,
    tools: Tools,
    *,
    check: Callable[[], None] = nothing,
) -> tuple[float, float]:
    """Return how many seconds of the first audio stream are played, and how many more its packets hold.

    At most LONGEST_S and a second are read. `source` are FFprobe's arguments for the file.

    Raises UndecodableSong where the packets cannot be read, and ProcessTimedOut.
    """
    entries = "packet=duration:packet_side_data=skip_samples,discard_padding"
    command: list[str | Path] = [tools.ffprobe, "-v", "error", "-select_streams", "a:0", "-show_entries", entries]
    command += ["-read_intervals", f"%+{LONGEST_S + 1:.0f}", "-of", "default=noprint_wrappers=1", *source]
    finished = run(command, access=access, timeout_s=_TIMEOUT_S, check=check, limits=_LIMITS)
    if finished.returncode and not finished.stdout:
        raise UndecodableSong("No sound can be read from the file.")
    totals: Counter[str] = Counter()
    for name, value in _values(finished.stdout):
        totals[name] += value
    # Samples that an encoder has added at both ends are not played.
    padding_s = (totals["skip_samples"] + totals["discard_padding"]) / rate
    return max(0.0, float(totals["duration"] * Fraction(time_base)) - padding_s), padding_s


def missing_seconds(announced_s: float | None, readable_s: float, *, is_exact: bool = False) -> float:
    """Return how much of the announced length is missing; 0 for what is only a matter of rounding."""
    if announced_s is None:
        return 0.0
    missing = announced_s - readable_s
    tolerance = _EXACT_TOLERANCE_S if is_exact else _TOLERANCE_S + _TOLERANCE_SHARE * announced_s
    return missing if missing > tolerance else 0.0


def _values(output: bytes) -> Iterator[tuple[str, int]]:
    # Hundreds of thousands of packets have a handful of different lines between them.
    for line, count in Counter(io.BytesIO(output)).items():
        name, _, value = line.decode("ascii", "replace").strip().rpartition("=")
        if value.isdecimal():
            yield name.rpartition(":")[2], int(value) * count
