"""CPU time and memory of this process and of everything that it has started (Linux)."""

import contextlib
import os
import threading
from pathlib import Path
from typing import Self

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def descendants() -> dict[int, float]:
    """Map the ids of this process and all its descendants to the CPU milliseconds that each has used so far."""
    parents: dict[int, int] = {}
    times: dict[int, float] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            pid = int(process.name)
            parents[pid], times[pid] = int(fields[1]), (int(fields[11]) + int(fields[12])) * _TICK_MS
    return {pid: time for pid, time in times.items() if _descends(pid, parents)}


def cpu_ms() -> float:
    """CPU time so far of the processes that are alive, and of those that this one has seen end."""
    ended = os.times()
    return sum(descendants().values()) + (ended.children_user + ended.children_system) * 1000


def pss_bytes() -> int:
    """Memory of all of them together, pages that several share counted once (proportional set size)."""
    total = 0
    for pid in descendants():
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


class PeakMemory:
    """Samples `pss_bytes` twice a second while it is entered; `peak_bytes` is the most that was seen."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(0.5):
            self.peak_bytes = max(self.peak_bytes, pss_bytes())


def _descends(pid: int, parents: dict[int, int]) -> bool:
    while pid:
        if pid == os.getpid():
            return True
        pid = parents.get(pid, 0)
    return False
