"""Lines that say how far a backup or restore is: none in the first second, then one every few seconds."""

import sys
import time
from collections.abc import Callable

Say = Callable[[str], None]

_FIRST_S = 1.0
_EVERY_S = 5.0


class ProgressLines:
    """Counts files and bytes of one step, and says so from time to time."""

    def __init__(self, say: Say, step: str) -> None:
        self._say = say
        self._step = step
        self._next = time.monotonic() + _FIRST_S
        self._files = self._bytes = 0

    def add(self, files: int, size_bytes: int) -> None:
        """Count what is done; say it if it is time."""
        self._files += files
        self._bytes += size_bytes
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            self._say(f"{self._step}: {self._files:,} files, {in_words(self._bytes)}")


def say_to_stderr(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def in_words(size_bytes: int) -> str:
    """Return a size such as "12.3 MB"."""
    size, units = float(size_bytes), ["bytes", "kB", "MB", "GB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" else f"{size:.1f} {units[0]}"
