"""Limits concurrent work on this machine across a user's processes; the kernel frees a dead process's place."""

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from oriel.errors import Unavailable

_POLL_S = 0.05


@contextlib.contextmanager
def one_of(places: int, name: str, *, timeout_s: float, check: Callable[[], None]) -> Iterator[None]:
    """Hold one of `places` places for the block; `check` is called while it waits and may raise.

    Raises Unavailable where none is free in time. The places are locked files in the temporary folder.
    """
    deadline = time.monotonic() + timeout_s
    with contextlib.ExitStack() as held:
        while not any(_taken(path, held) for path in _files(places, name)):
            check()
            if time.monotonic() > deadline:
                raise Unavailable(f"Too many {name} are being read at once. Please try again shortly.")
            time.sleep(_POLL_S)
        yield


def _files(places: int, name: str) -> list[Path]:
    return [Path(tempfile.gettempdir()) / f"oriel-{os.geteuid()}-{name}-{place}" for place in range(places)]


def _taken(path: Path, held: contextlib.ExitStack) -> bool:
    """Take a place; a file that another user has put there is never free."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError:
        return False
    try:
        found = os.fstat(lock)
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held.callback(os.close, lock)
            return True
    except BlockingIOError:
        pass
    os.close(lock)
    return False
