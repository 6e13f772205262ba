"""What a storage does, whichever one it is, and what all of them agree on: names, checksums, sentences."""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

import google_crc32c

from oriel.errors import NotFound

# A name is what is safe in a bucket, in a URL and on every disk alike: no segment can be "." or "..", or hidden.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9][A-Za-z0-9._-]{0,199})*")
_PREFIX = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,199}/)*([A-Za-z0-9][A-Za-z0-9._-]{0,199})?")
_LONGEST_NAME = 512
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there: whole, with the checksum in the form that buckets use (base64, big-endian)."""

    name: str
    size_bytes: int
    crc32c: str


class Sink:
    """Takes the bytes of an object that is being written, one after the other: it cannot seek."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._size, self._crc = 0, 0

    def write(self, data: bytes) -> int:
        """Write bytes; return how many."""
        self._write(data)
        self._crc = google_crc32c.extend(self._crc, data)
        self._size += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: the object appears as a whole."""

    def stored(self, name: str) -> Stored:
        """Return what has been written, as it will be stored."""
        return Stored(name, self._size, in_base64(self._crc))


class Storage(Protocol):
    """Objects under names. Retries temporary failures; raises StorageFailed for lasting ones. Leaves nothing half done.

    A name that `check_name` refuses is a mistake in our code: ValueError.
    """

    def put(self, name: str, source: Path, *, content_type: str, once: bool = False) -> Stored:
        """Store a file under a name, in place of what was there.

        With `once` nothing is replaced: the same bytes are a success, others StorageFailed.
        """
        ...

    def get(self, name: str, target: Path) -> None:
        """Write an object to a file, which appears only when it is whole and right; NotFound where there is none."""
        ...

    def write(self, name: str, *, content_type: str) -> AbstractContextManager[Sink]:
        """Write an object as a stream, neither in memory nor on a disk before; after an exception there is none."""
        ...

    def read(self, name: str) -> AbstractContextManager[Iterator[bytes]]:
        """Open an object's bytes as blocks; NotFound where there is none, StoredFileDamaged at the end of one."""
        ...

    def stat(self, name: str, *, patience_s: float | None = None) -> Stored | None:
        """Return what is stored under a name; with `patience_s` raise StorageFailed after about so many seconds."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is fine."""
        ...

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield the objects whose names begin so, by name. "renders/1" finds "renders/10" too: end with a slash."""
        ...

    def delete_all(self, prefix: str) -> int:
        """Remove the objects below a prefix that ends with a slash; return how many there were."""
        ...

    def signed_url(self, name: str, *, filename: str, content_type: str, expires_in: timedelta) -> str | None:
        """Return a link that anybody may open for a while, None where this process must send the file itself."""
        ...

    def path(self, name: str) -> Path | None:
        """Return the object's own file, for reading only; None where objects are no files or there is none."""
        ...

    def ensure_lifecycle(self, days: int, prefixes: Sequence[str]) -> bool:
        """Let the storage itself delete what lies below the prefixes after so many days; return whether that is new.

        It is the net under our own clean-up. A folder has no such net, and nothing to do.
        """
        ...


def check_name(name: str) -> str:
    """Return the name; raise ValueError where it could mean another place, or where some disk cannot have it."""
    if not is_name(name):
        raise ValueError(f"{name!r} is no name for the storage")
    return name


def is_name(name: str) -> bool:
    """Whether something can be stored under this name; what others have put there may have any."""
    return len(name) <= _LONGEST_NAME and bool(_NAME.fullmatch(name))


def check_prefix(prefix: str) -> str:
    """Return the beginning of a name; raise ValueError where no name can begin so."""
    if len(prefix) > _LONGEST_NAME or not _PREFIX.fullmatch(prefix):
        raise ValueError(f"No name in the storage begins with {prefix!r}")
    return prefix


def check_folder(prefix: str) -> str:
    """Return a prefix that ends with a slash: one that does not would take "renders/10" for "renders/1"."""
    if not prefix.endswith("/"):
        raise ValueError(f"{prefix!r} must end with a slash")
    return check_prefix(prefix)


def checksum(source: BinaryIO) -> tuple[int, str]:
    """Read to the end; return the number of bytes and their crc32c."""
    return copy(blocks_of(source), None)


def copy(blocks: Iterable[bytes], target: BinaryIO | None) -> tuple[int, str]:
    """Write the blocks one after the other; return the number of bytes and their crc32c."""
    size, crc = 0, 0
    for block in blocks:
        if target:
            target.write(block)
        crc = google_crc32c.extend(crc, block)
        size += len(block)
    return size, in_base64(crc)


def in_base64(crc: int) -> str:
    """Return a checksum in the form that buckets use."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode("ascii")


def blocks_of(source: BinaryIO) -> Iterator[bytes]:
    """Read to the end, a block at a time."""
    while block := source.read(_BLOCK_BYTES):
        yield block


def missing(name: str) -> NotFound:
    """Return the error for an object that is not there."""
    return NotFound("This file no longer exists.", name=name)
