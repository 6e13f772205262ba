"""Room on disk, and writing so that a file is whole or not there."""

import contextlib
import errno
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from oriel.errors import DiskFull, OurError

# A disk with less than this is full: FFmpeg and the browser write in blocks of about this size.
_FULL_BELOW_BYTES = 4 << 20


def free_bytes(folder: Path) -> int:
    """Return how many bytes we may still write below `folder`."""
    return shutil.disk_usage(folder).free


def refuse_full_disk(folder: Path) -> None:
    """Raise DiskFull if there is no room: asked after a program failed, since its own words are not to be relied on."""
    if free_bytes(folder) < _FULL_BELOW_BYTES:
        raise disk_full(folder)


@contextlib.contextmanager
def full_disk_is_said(folder: Path) -> Iterator[None]:
    """Turn whatever fails because `folder` or the place of a file is full into DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(Path(error.filename or folder)) from error
        raise
    except OurError:
        # A browser or an FFmpeg without room dies in ways of its own.
        refuse_full_disk(folder)
        raise


def disk_full(place: Path) -> DiskFull:
    """Return the error for a disk on which nothing more can be written."""
    return DiskFull(f"The disk that holds {place} is full. Free some space and start again.", folder=str(place))


def require_free(folder: Path, needed: int) -> None:
    """Raise DiskFull if `needed` bytes do not fit."""
    free = free_bytes(folder)
    if free < needed:
        raise DiskFull(
            f"This render needs about {needed >> 20} MB in {folder}, and {free >> 20} MB are free.",
            folder=str(folder),
            needed_bytes=needed,
            free_bytes=free,
        )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there with all its content or not at all."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    beside.replace(path)
