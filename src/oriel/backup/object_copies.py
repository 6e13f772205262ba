"""Copies the storage's files into a backup folder: each content once, and nothing that is there already."""

import hashlib
import os
import secrets
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import google_crc32c

from oriel.backup.layout import OBJECTS, StoredObject, line_of, object_path, objects_of, sha256_of
from oriel.backup.progress import ProgressLines
from oriel.errors import CallerError, NotFound, StorageFailed, StoredFileDamaged
from oriel.infra.storage import Storage, Stored
from oriel.infra.storage.interface import in_base64

# Parts of a render under way: gigabytes that are deleted within the hour. The render draws them again.
LEFT_OUT = ("chunks/",)
_INCOMING = ".incoming-"
# A folder's files are read again in so many backups, one part in each: a disk may lose bytes that nobody reads.
PARTS = 30


@dataclass(frozen=True)
class Rereading:
    """Which files are read again in the storage, though an earlier backup has them.

    Those of one part, where the storage is a folder (a bucket checks its own bytes); those that were damaged the last
    time; or all.
    """

    part: int = 0
    suspects: Collection[str] = ()
    everything: bool = False

    def wants(self, name: str, *, in_folder: bool) -> bool:
        """Return whether a file is to be read again."""
        return self.everything or name in self.suspects or (in_folder and part_of(name) == self.part)


class ObjectCopies:
    """The shared files of a backup folder, filled from one storage.

    Of the files that an earlier backup has, those that `rereading` wants are read again in the storage.
    """

    def __init__(self, storage: Storage, backup: Path, progress: ProgressLines, rereading: Rereading) -> None:
        self._storage = storage
        self._backup = backup
        self._progress = progress
        self._rereading = rereading
        self._root = backup.parent / OBJECTS
        self.copied_files = self.copied_bytes = 0
        # Names of files whose bytes are not those that were stored, and of those of which no earlier copy is whole.
        self.damaged: set[str] = set()
        self.lacking: set[str] = set()
        self._reread: set[str] = set()

    @property
    def reread_files(self) -> int:
        """How many files were read again in the storage."""
        return len(self._reread)

    def sweep(self) -> None:
        """Delete what a killed backup has left half written; only while no other backup runs."""
        for left in self._root.glob(f"{_INCOMING}*"):
            left.unlink(missing_ok=True)

    def update(self, known: Path, target: Path) -> tuple[int, int]:
        """Write the list of what the storage has now to `target`; return the number of files and of bytes.

        `known` is an earlier list: what has the same name, size and crc32c is not read again. What is in it and no
        longer in the storage stays in the new list if `known` belongs to this backup.
        """
        count = size = 0
        with target.open("w", encoding="utf-8") as out:
            is_same_backup = known.parent == target.parent
            for stored, earlier in _merged(self._listed(), objects_of(known)):
                if entry := self._entry(stored, earlier, keep=is_same_backup):
                    out.write(line_of(entry))
                    count, size = count + 1, size + entry.size_bytes
            out.flush()
            os.fsync(out.fileno())
        return count, size

    def _listed(self) -> Iterator[Stored]:
        return (stored for stored in self._storage.list("") if not stored.name.startswith(LEFT_OUT))

    def _entry(self, stored: Stored | None, earlier: StoredObject | None, *, keep: bool) -> StoredObject | None:
        if stored is None:
            return earlier if keep else None
        if earlier and self._has(earlier, stored):
            self._read_again(stored.name)
            self._progress.add(1, 0)
            return earlier
        try:
            return self._copy(stored.name)
        except NotFound:
            # Deleted since it was listed: a song that expired, or a customer who left.
            return None
        except StoredFileDamaged:
            # One bad file must not cost the backup of all others, and an earlier copy is better than none.
            self.damaged.add(stored.name)
            if earlier and object_path(self._backup, earlier.sha256).is_file():
                return earlier
            self.lacking.add(stored.name)
            return None

    def _has(self, known: StoredObject, stored: Stored) -> bool:
        if (known.size_bytes, known.crc32c) != (stored.size_bytes, stored.crc32c):
            return False
        path = object_path(self._backup, known.sha256)
        return path.is_file() and path.stat().st_size == known.size_bytes

    def _read_again(self, name: str) -> None:
        """Read a file in the storage whose turn it is, and note it if its bytes are not those that were stored."""
        in_folder = self._storage.path(name) is not None
        # The list is made twice for one backup.
        if name in self._reread or not self._rereading.wants(name, in_folder=in_folder):
            return
        self._reread.add(name)
        try:
            with self._storage.read(name) as blocks:
                for block in blocks:
                    self._progress.add(0, len(block))
        except NotFound:
            return
        except StorageFailed:
            # A sector that cannot be read is damage as well, but a bucket that does not answer is not.
            if not in_folder:
                raise
            self.damaged.add(name)

    def _copy(self, name: str) -> StoredObject:
        """Copy an object's bytes, flush them to the disk, read them back, and give them their name."""
        self._root.mkdir(exist_ok=True)
        digest, crc, size = hashlib.sha256(), 0, 0
        part = self._root / f"{_INCOMING}{secrets.token_hex(8)}"
        try:
            with self._storage.read(name) as blocks, part.open("wb") as out:
                for block in blocks:
                    out.write(block)
                    digest.update(block)
                    crc, size = google_crc32c.extend(crc, block), size + len(block)
                    self._progress.add(0, len(block))
                out.flush()
                os.fsync(out.fileno())
                _forget_cached(out.fileno())
            if sha256_of(part) != digest.hexdigest():
                raise CallerError(f"{part} cannot be read back as it was written: the backup's disk is failing.")
            target = object_path(self._backup, digest.hexdigest())
            target.parent.mkdir(exist_ok=True)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        self._progress.add(1, 0)
        self.copied_files, self.copied_bytes = self.copied_files + 1, self.copied_bytes + size
        return StoredObject(name, size, in_base64(crc), digest.hexdigest())


def part_of(name: str) -> int:
    """Return the part of the files that one of this name belongs to."""
    return zlib.crc32(name.encode()) % PARTS


def delete_unused(folder: Path, lists: Iterable[Path]) -> int:
    """Delete the shared files that no list names; return how many."""
    used = {bytes.fromhex(stored.sha256) for path in lists for stored in objects_of(path)}
    unused = [path for path in (folder / OBJECTS).glob("??/*") if bytes.fromhex(path.name) not in used]
    for path in unused:
        path.unlink()
    return len(unused)


def _merged(
    listed: Iterable[Stored], known: Iterable[StoredObject]
) -> Iterator[tuple[Stored | None, StoredObject | None]]:
    """Pair what two lists, both by name, say about each name."""
    ours, theirs = iter(listed), iter(known)
    stored, earlier = next(ours, None), next(theirs, None)
    while stored or earlier:
        if earlier is None or (stored and stored.name < earlier.name):
            yield stored, None
            stored = next(ours, None)
        elif stored is None or earlier.name < stored.name:
            yield None, earlier
            earlier = next(theirs, None)
        else:
            yield stored, earlier
            stored, earlier = next(ours, None), next(theirs, None)


def _forget_cached(descriptor: int) -> None:
    """Have the kernel read the file from the disk next time."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
