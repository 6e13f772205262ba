"""A worker's temporary folder: removed when it ends; the next worker removes those of killed ones."""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_LOCK = "lock"
_GONE = ".gone"


@contextlib.contextmanager
def worker_folder(root: Path) -> Iterator[Path]:
    """Make a new folder below `root`, held while this process lives; sweep what others left, before and after."""
    sweep(root)
    lock, path = _held(root)
    try:
        yield path
    finally:
        _remove(path)
        lock.close()
        sweep(root)


def sweep(root: Path) -> int:
    """Remove the folders whose workers are dead; return how many. A whole browser profile lies in each."""
    removed = 0
    for path in list(root.iterdir()) if root.is_dir() else []:
        # Others sweep as well, and what one cannot remove now is swept the next time.
        with contextlib.suppress(OSError):
            removed += _remove_unheld(path)
    return removed


def _held(root: Path) -> tuple[BinaryIO, Path]:
    while True:
        path = root / f"{os.getpid()}-{secrets.token_hex(4)}"
        path.mkdir(parents=True)
        # A sweep between two of these lines takes the folder for a dead worker's.
        with contextlib.suppress(FileNotFoundError):
            lock = (path / _LOCK).open("xb")
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (path / _LOCK).exists():
                return lock, path
            lock.close()


def _remove_unheld(path: Path) -> bool:
    if path.suffix == _GONE:
        shutil.rmtree(path)
        return True
    try:
        lock = (path / _LOCK).open("rb")
    except FileNotFoundError:
        return _remove_unlocked(path)
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(path)
    return True


def _remove_unlocked(path: Path) -> bool:
    """Remove what a killed browser has made anew by the old name, but no folder that is being made just now."""
    if Path(f"/proc/{path.name.partition('-')[0]}").exists():
        return False
    _remove(path)
    return True


def _remove(path: Path) -> None:
    # Under another name first: a browser that is being killed writes by the old one.
    gone = path.with_name(f"{path.name}{_GONE}")
    with contextlib.suppress(OSError):
        path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
