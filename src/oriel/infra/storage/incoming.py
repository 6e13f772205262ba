"""Partial files: written aside and locked, so that a sweep removes only those of dead processes."""

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from oriel.errors import DiskFull

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def incoming_file(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Open a new file in a folder, locked while it is open; it is gone afterwards unless it was moved away."""
    file, path = _locked_file(folder)
    try:
        with file:
            yield file, path
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """Open a file that becomes `target` at the end; after an exception `target` is as it was.

    A disk without room is DiskFull: the object is well, and another machine may have the room.
    """
    try:
        with incoming_file(target.parent) as (file, path):
            yield file
            file.flush()
            path.replace(target)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DiskFull("The disk has no room for the file.") from error


def sweep(folder: Path) -> int:
    """Remove the files whose writers are dead; return how many. A kill -9 in the middle of a put leaves one."""
    removed = 0
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            removed += 1
    return removed


def sync_folder(folder: Path) -> None:
    """Make a name in this folder survive a power cut: without it the file may be there and its name not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked_file(folder: Path) -> tuple[BinaryIO, Path]:
    while True:
        path = folder / f".{secrets.token_hex(16)}.part"
        file = path.open("x+b")
        fcntl.flock(file, fcntl.LOCK_EX)
        # A sweep may have come between the two lines above and taken the file for a dead one's.
        if path.exists():
            return file, path
        file.close()
