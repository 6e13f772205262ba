"""A shared folder in which the web processes of one machine count requests, so that any of them can answer /metrics."""

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
from pathlib import Path

_log = logging.getLogger("oriel.metrics")

# Read by prometheus_client when it is imported: to be set before, in the process that becomes the service.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_HELD = "held"
# As prometheus_client names a process's files.
_FILES = ("counter_{pid}.db", "histogram_{pid}.db")
# The histogram of a route takes 2 kB: room for four times the routes that there are.
_ROOM_BYTES = 512 * 1024


def count_together(data: Path) -> None:
    """Have the processes that come from this one count together from zero; where that fails, each counts by itself.

    They do so in a folder of their own, which is held as long as one of them lives. What nobody holds is removed.
    """
    folders = data / ".metrics"
    try:
        folders.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folders / "lock").open("a") as lock:
            # Between making a folder and holding it nobody may look.
            fcntl.flock(lock, fcntl.LOCK_EX)
            _remove_left(folders)
            folder = tempfile.mkdtemp(dir=folders)
            held = os.open(Path(folder) / _HELD, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(held, fcntl.LOCK_SH)
    except OSError as error:
        _log.warning("Request metrics are not shared between the web processes: %s", error)
        return
    os.set_inheritable(held, True)
    os.environ[FOLDER] = folder


def _remove_left(folders: Path) -> None:
    for held in folders.glob(f"*/{_HELD}"):
        with contextlib.suppress(OSError), held.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(held.parent)


class _Counting:
    """Whether this process counts requests."""

    is_on = True


def make_room_or_stop_counting() -> None:
    """Prepare a process that was forked from the one that made the application."""
    _Counting.is_on = has_room()


def is_counting() -> bool:
    """Return whether there is room for counts."""
    return _Counting.is_on


def has_room() -> bool:
    """Make room for what this process counts; return whether there is any.

    The counts are mapped into memory: where the disk is full, a count that has no room yet would end the process with
    a SIGBUS.
    """
    if FOLDER not in os.environ:
        return True
    folder = Path(os.environ[FOLDER])
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in (folder / name.format(pid=os.getpid()) for name in _FILES):
            if not file.exists():
                _make_room(file)
    except OSError as error:
        _log.warning("This process has no request metrics: %s", error)
        return False
    return True


def _make_room(file: Path) -> None:
    # Whoever adds the counts up must not find half of it; zeros are no count yet.
    part = file.with_suffix(".part")
    try:
        part.write_bytes(bytes(_ROOM_BYTES))
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
