"""The storage of one machine: a folder. An object is a file under its own name, there at once and whole."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from oriel.errors import StorageFailed, StoredFileDamaged
from oriel.infra.storage.incoming import NO_ROOM, incoming_file, sweep, sync_folder, whole_file
from oriel.infra.storage.interface import (
    Sink,
    Stored,
    blocks_of,
    check_folder,
    check_name,
    check_prefix,
    checksum,
    copy,
    in_base64,
    is_name,
    missing,
)

# No name begins with a dot, so nothing can be stored in here. The same file system, so that a rename is atomic.
_INCOMING = ".incoming"
# The checksum travels with the file through the rename. Where a file system keeps no attributes it is computed.
_ATTRIBUTE = "user.oriel.crc32c"
# Somebody may remove a folder that has just become empty while we put the next file there.
_TRIES = 20


class FolderStorage:
    """Objects as files below one folder."""

    def __init__(self, root: Path) -> None:
        """Use this folder, made when it is needed, and clear away what killed processes left."""
        self._root = root
        self._incoming = root / _INCOMING
        with contextlib.suppress(OSError):
            sweep(self._incoming)

    def put(self, name: str, source: Path, *, content_type: str, once: bool = False) -> Stored:
        """Copy a file in, flush it to the disk, then give it its name."""
        check_name(name)
        with source.open("rb") as opened, _told(name):
            self._incoming.mkdir(parents=True, exist_ok=True)
            return self._copy_in(name, opened, once=once)

    @contextlib.contextmanager
    def write(self, name: str, *, content_type: str) -> Iterator[Sink]:
        """Write a file aside, flush it to the disk, then give it its name."""
        check_name(name)
        with contextlib.ExitStack() as open_files:
            with _told(name):
                self._incoming.mkdir(parents=True, exist_ok=True)
                file, path = open_files.enter_context(incoming_file(self._incoming))
            sink = Sink(lambda data: _write(name, file, data))
            yield sink
            with _told(name):
                self._finish(file, path, sink.stored(name), once=False)

    def get(self, name: str, target: Path) -> None:
        """Copy an object out, comparing it with the checksum that it came with."""
        with self.read(name) as blocks, whole_file(target) as file:
            copy(blocks, file)

    @contextlib.contextmanager
    def read(self, name: str) -> Iterator[Iterator[bytes]]:
        """Open a file's blocks; at the end they are compared with the file's checksum."""
        try:
            source = self._file(name).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise missing(name) from None
        with source:
            yield _checked_blocks(name, source)

    def stat(self, name: str, *, patience_s: float | None = None) -> Stored | None:
        """Return what is stored under a name."""
        with _told(name), contextlib.suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return self._stored(name)
        return None

    def delete(self, name: str) -> None:
        """Remove the file, and the folders that it leaves empty."""
        path = self._file(name)
        with _told(name), contextlib.suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
            path.unlink()
            self._remove_empty(path.parent)

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield what begins so, by name; what vanishes meanwhile is left out."""
        for name in self._names(check_prefix(prefix)):
            if stored := self.stat(name):
                yield stored

    def delete_all(self, prefix: str) -> int:
        """Remove everything below a prefix."""
        names = self._names(check_folder(prefix))
        for name in names:
            self.delete(name)
        return len(names)

    def signed_url(self, name: str, *, filename: str, content_type: str, expires_in: timedelta) -> str | None:
        """Return None: nobody but us can read the folder."""
        check_name(name)
        return None

    def path(self, name: str) -> Path | None:
        """Return the object's file."""
        path = self._file(name)
        with _told(name):
            return path if path.is_file() else None

    def ensure_lifecycle(self, days: int, prefixes: Sequence[str]) -> bool:
        """Do nothing: a folder keeps what nobody deletes."""
        return False

    def _file(self, name: str) -> Path:
        return self._root / check_name(name)

    def _copy_in(self, name: str, source: BinaryIO, *, once: bool) -> Stored:
        with incoming_file(self._incoming) as (file, path):
            stored = Stored(name, *copy(blocks_of(source), file))
            self._finish(file, path, stored, once=once)
        return stored

    def _finish(self, file: BinaryIO, path: Path, stored: Stored, *, once: bool) -> None:
        file.flush()
        _keep_checksum(file, stored.crc32c)
        os.fsync(file.fileno())
        self._publish(path, stored, once=once)

    def _publish(self, path: Path, stored: Stored, *, once: bool) -> None:
        target = self._file(stored.name)
        for tries_left in reversed(range(_TRIES)):
            try:
                # It, too, fails where a folder goes between its steps: as one that is missing, or that "exists".
                target.parent.mkdir(parents=True, exist_ok=True)
                self._give_name(path, target, stored, once=once)
                break
            except (FileNotFoundError, FileExistsError):
                if not tries_left:
                    raise
        self._sync_folders(target.parent)

    def _sync_folders(self, folder: Path) -> None:
        # Whoever deletes the object at once takes its folder along.
        with contextlib.suppress(FileNotFoundError):
            while folder.is_relative_to(self._root):
                sync_folder(folder)
                folder = folder.parent

    def _give_name(self, path: Path, target: Path, stored: Stored, *, once: bool) -> None:
        if not once:
            path.replace(target)
            return
        try:
            # Unlike a rename, a link never replaces: of two writers one wins.
            target.hardlink_to(path)
        except FileExistsError:
            if self._stored(stored.name) != stored:
                raise StorageFailed("Another file is stored under this name.", name=stored.name) from None

    def _stored(self, name: str) -> Stored:
        with self._file(name).open("rb") as file:
            if crc := _kept_checksum(file):
                return Stored(name, os.fstat(file.fileno()).st_size, crc)
            return Stored(name, *checksum(file))

    def _names(self, prefix: str) -> Sequence[str]:
        start = self._root / prefix.rpartition("/")[0]
        names = (
            str((Path(folder) / file).relative_to(self._root)) for folder, _, files in os.walk(start) for file in files
        )
        return sorted(name for name in names if name.startswith(prefix) and is_name(name))

    def _remove_empty(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent


def _keep_checksum(file: BinaryIO, crc: str) -> None:
    if hasattr(os, "setxattr"):
        with contextlib.suppress(OSError):
            os.setxattr(file.fileno(), _ATTRIBUTE, crc.encode("ascii"))


def _kept_checksum(file: BinaryIO) -> str | None:
    if hasattr(os, "getxattr"):
        with contextlib.suppress(OSError):
            return os.getxattr(file.fileno(), _ATTRIBUTE).decode("ascii")
    return None


def _write(name: str, file: BinaryIO, data: bytes) -> None:
    with _told(name):
        file.write(data)


def _checked_blocks(name: str, source: BinaryIO) -> Iterator[bytes]:
    crc = 0
    for block in _readable(name, source):
        crc = google_crc32c.extend(crc, block)
        yield block
    if in_base64(crc) != (_kept_checksum(source) or in_base64(crc)):
        raise StoredFileDamaged("The stored file is damaged.", name=name)


def _readable(name: str, source: BinaryIO) -> Iterator[bytes]:
    # Trouble with reading is the storage's; what the caller does with a block is not.
    blocks = blocks_of(source)
    while True:
        with _told(name):
            block = next(blocks, b"")
        if not block:
            return
        yield block


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell trouble with the folder as StorageFailed."""
    try:
        yield
    except OSError as error:
        reason = "the storage folder is full" if error.errno in NO_ROOM else error.strerror or str(error)
        raise StorageFailed(f"The storage cannot be used: {reason}.", name=name) from error
