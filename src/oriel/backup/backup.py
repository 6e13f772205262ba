"""Writes a backup: the database at one moment, and every file that it refers to."""

import contextlib
import fcntl
import hashlib
import hmac
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from oriel import __version__
from oriel.backup import postgresql_dump, sqlite_copy
from oriel.backup.check import check_backup
from oriel.backup.layout import (
    OBJECT_LIST,
    PARTIAL,
    CopiedFile,
    Database,
    Manifest,
    Names,
    Objects,
    backups_in,
    begun_at,
    copied,
    read_manifest,
    stamp_of,
    write_manifest,
)
from oriel.backup.object_copies import PARTS, ObjectCopies, Rereading, delete_unused
from oriel.backup.progress import ProgressLines, Say
from oriel.errors import CallerError
from oriel.infra.clock import in_iso, now
from oriel.infra.database import engine_url
from oriel.infra.storage import open_storage
from oriel.infra.storage.incoming import sync_folder
from oriel.settings import Settings

_LOCK = ".lock"
_FIRST_LIST = "objects.first"
# SQLite files of development beside the database.
_OTHERS = ("offline-payments.sqlite3",)


@dataclass(frozen=True)
class Written:
    """A backup that was written: where, what, and how much of it had to be copied.

    `reread_files`: how many files that an earlier backup has were compared with those in the storage.
    """

    path: Path
    manifest: Manifest
    copied_files: int
    copied_bytes: int
    reread_files: int
    deleted_backups: int


@dataclass(frozen=True)
class Options:
    """How a backup is written: with files or without; which older ones are deleted; what is read again.

    `find_missing` returns the files that the database names and the storage does not have, or None where that cannot
    be told; it is called once all files are copied.
    """

    with_files: bool = True
    keep: timedelta | None = None
    read_all: bool = False
    find_missing: Callable[[], Collection[str] | None] = lambda: None


def write_backup(settings: Settings, destination: Path, say: Say, options: Options | None = None) -> Written:
    """Write a backup below `destination`; delete older ones. Raises CallerError where that cannot be.

    First most files are copied, then the database, then the files that are new since: so there is no row without its
    file. A backup gets its name when it is whole and was read back.
    """
    if destination.absolute().is_relative_to(settings.data_root):
        raise CallerError(f"Choose a folder outside of {settings.data_root}: a backup there would be lost with it.")
    try:
        with _locked(destination):
            return _write(settings, destination, say, options or Options())
    except OSError as error:
        raise CallerError(f"The backup cannot be written to {destination}: {error.strerror or error}.") from error


def key_fingerprint(settings: Settings) -> str:
    """Return what tells one SECRET_KEY from another, and nothing about the key."""
    assert settings.secret_key
    return hmac.digest(settings.secret_key.get_secret_value().encode(), b"oriel backup", hashlib.sha256).hex()[:32]


def _write(settings: Settings, destination: Path, say: Say, options: Options) -> Written:
    earlier, started = backups_in(destination), now()
    for left in destination.glob(f"*{PARTIAL}"):
        shutil.rmtree(left)
    final = destination / stamp_of(started)
    partial = destination / f"{final.name}{PARTIAL}"
    if final.exists():
        raise CallerError(f"There is a backup {final} already. Try again in a second.")
    partial.mkdir(mode=0o700)
    rereading = _rereading(earlier, options)
    copies = ObjectCopies(open_storage(settings), partial, ProgressLines(say, "files"), rereading)
    copies.sweep()
    known = _newest_list(earlier) or partial / "nothing"
    if options.with_files:
        copies.update(known, partial / _FIRST_LIST)
    manifest = Manifest(
        version=__version__,
        written_at=in_iso(started) or "",
        database=_copy_database(settings, partial),
        objects=None,
        key_fingerprint=key_fingerprint(settings),
    )
    if options.with_files:
        manifest = _with_files(manifest, partial, copies, rereading.part, options.find_missing())
    write_manifest(partial, manifest)
    _sync(partial)
    # The shared files were read back one by one when they were copied.
    check_backup(settings, partial, say, read_objects=False)
    partial.replace(final)
    sync_folder(destination)
    # The deletion may still be refused.
    say(f"The backup {final} is written.")
    # An older backup may be the only one that has what this one lacks.
    deleted = _delete_old(destination, options.keep) if options.keep and not copies.lacking else 0
    return Written(final, manifest, copies.copied_files, copies.copied_bytes, copies.reread_files, deleted)


def _with_files(
    manifest: Manifest, partial: Path, copies: ObjectCopies, part: int, missing: Collection[str] | None
) -> Manifest:
    """Copy the files that are new since the first list; return the manifest with all that it says about files."""
    count, size = copies.update(partial / _FIRST_LIST, partial / OBJECT_LIST)
    (partial / _FIRST_LIST).unlink()
    is_known = missing is not None or copies.lacking
    return replace(
        manifest,
        objects=Objects(copied(partial, OBJECT_LIST), count, size),
        lacking=Names.of({*(missing or ()), *copies.lacking}) if is_known else None,
        damaged=Names.of(copies.damaged),
        part_read=part,
    )


def _rereading(earlier: list[Path], options: Options) -> Rereading:
    """Return what to read again: the part after that of the latest backup, and what was damaged in the storage then."""
    for path in reversed(earlier):
        # A damaged manifest is found by `--check`, and must not keep the next backup from being written.
        with contextlib.suppress(CallerError):
            manifest = read_manifest(path)
            if manifest.part_read is not None:
                part = (manifest.part_read + 1) % PARTS
                return Rereading(part, frozenset(manifest.damaged.first), options.read_all)
    return Rereading(everything=options.read_all)


def _newest_list(backups: list[Path]) -> Path | None:
    lists = [path / OBJECT_LIST for path in reversed(backups) if (path / OBJECT_LIST).is_file()]
    return lists[0] if lists else None


def _copy_database(settings: Settings, partial: Path) -> Database:
    others = tuple(_copied_others(settings, partial))
    if engine_url(settings.database_address).get_backend_name() == "sqlite":
        source = sqlite_copy.file_of(settings.database_address)
        sqlite_copy.copy_database(source, partial / sqlite_copy.FILE)
        revisions, rows = sqlite_copy.counts(partial / sqlite_copy.FILE)
        return Database("sqlite", copied(partial, sqlite_copy.FILE), revisions, rows, others)
    revisions, rows = postgresql_dump.dump_database(settings, partial / postgresql_dump.FILE)
    return Database("postgresql", copied(partial, postgresql_dump.FILE), revisions, rows, others)


def _copied_others(settings: Settings, partial: Path) -> Iterator[CopiedFile]:
    for name in _OTHERS:
        if (settings.data_root / name).is_file():
            sqlite_copy.copy_database(settings.data_root / name, partial / name)
            yield copied(partial, name)


def _delete_old(destination: Path, keep: timedelta) -> int:
    """Delete backups older than this, but never the newest, and the files that only they had."""
    *older, newest = backups_in(destination)
    old = [path for path in older if begun_at(path) < now() - keep]
    left = [path for path in (*older, newest) if path not in old]
    for path in left:
        # Files must not go because the list that names them is damaged.
        listed = read_manifest(path).objects
        if listed and copied(path, OBJECT_LIST) != listed.list_file:
            raise CallerError(f"Nothing is deleted, because the backup {path} is damaged: {OBJECT_LIST} has changed.")
    for path in old:
        # Without its manifest it is no backup any more, whatever is left of it.
        gone = path.rename(path.with_name(f"{path.name}{PARTIAL}"))
        shutil.rmtree(gone)
    delete_unused(destination, (path / OBJECT_LIST for path in left))
    return len(old)


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


@contextlib.contextmanager
def _locked(destination: Path) -> Iterator[None]:
    destination.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (destination / _LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CallerError(f"Another backup is being written to {destination}.") from error
        yield
