"""Puts a backup back: files first, then the database, then whatever migrations it lacks."""

import contextlib
import fcntl
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oriel.backup import postgresql_dump, sqlite_copy
from oriel.backup.backup import key_fingerprint
from oriel.backup.check import check_backup
from oriel.backup.layout import OBJECT_LIST, Manifest, find_backup, object_path, objects_of
from oriel.backup.progress import ProgressLines, Say
from oriel.errors import CallerError
from oriel.infra.database import engine_url
from oriel.infra.storage import Storage, Stored, open_storage
from oriel.settings import Settings


@dataclass(frozen=True)
class Restored:
    """What was put back: from where, how many files were missing, and whether the SECRET_KEY is another one now."""

    backup: Path
    manifest: Manifest
    files_written: int
    is_other_key: bool


def restore_backup(settings: Settings, source: Path, say: Say, *, force: bool = False) -> Restored:
    """Restore the backup in `source`, or the newest one there; raise CallerError where that must not be.

    Everything in the backup is read before anything is changed. With `force` the present database is replaced, and
    present files with other content too; other files stay. If it fails, the present database comes back.
    """
    backup = find_backup(source)
    manifest = check_backup(settings, backup, say)
    _refuse_other_kind(settings, manifest)
    storage = open_storage(settings)
    with _stopped_service(settings):
        _refuse_unfinished(settings, manifest)
        if not force:
            _refuse_installation(settings, storage, manifest)
        try:
            written = _put_objects(storage, backup, ProgressLines(say, "files"))
            _put_database(settings, backup, manifest)
            for other in manifest.database.others:
                with sqlite_copy.replaced(settings.data_root / other.name, backup / other.name):
                    pass
        except OSError as error:
            raise CallerError(f"The backup cannot be restored: {error.strerror or error}.") from error
    return Restored(backup, manifest, written, key_fingerprint(settings) != manifest.key_fingerprint)


def _refuse_other_kind(settings: Settings, manifest: Manifest) -> None:
    kind = engine_url(settings.database_address).get_backend_name()
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    if kind != manifest.database.kind:
        raise CallerError(
            f"The backup is of a {names[manifest.database.kind]} database, and DATABASE_URL names a {names[kind]} one."
        )


def _refuse_unfinished(settings: Settings, manifest: Manifest) -> None:
    """Raise CallerError, with or without --force, where another restore would destroy what an earlier one saved."""
    if manifest.database.kind == "postgresql":
        postgresql_dump.refuse_unfinished(settings)
    else:
        sqlite_copy.refuse_unfinished(sqlite_copy.file_of(settings.database_address))
    for other in manifest.database.others:
        sqlite_copy.refuse_unfinished(settings.data_root / other.name)


def _refuse_installation(settings: Settings, storage: Storage, manifest: Manifest) -> None:
    if manifest.database.kind == "sqlite":
        is_empty = sqlite_copy.is_empty(sqlite_copy.file_of(settings.database_address))
    else:
        is_empty = postgresql_dump.is_empty(settings)
    if not is_empty:
        raise CallerError("There are tables in the database. Add --force to replace them with those of the backup.")
    if manifest.objects and next(storage.list(""), None):
        raise CallerError("There are files in the storage. Add --force to keep them beside those of the backup.")


@contextlib.contextmanager
def _stopped_service(settings: Settings) -> Iterator[None]:
    """Raise CallerError where processes of the service use the database or the data folder."""
    settings.make_data_folder()
    if engine_url(settings.database_address).get_backend_name() == "sqlite":
        is_in_use = sqlite_copy.is_in_use(sqlite_copy.file_of(settings.database_address))
    else:
        is_in_use = postgresql_dump.other_connections(settings) > 0
    if is_in_use:
        raise CallerError("Other processes use the database. Stop web, workers and clock first.")
    with (settings.data_root / ".lock").open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CallerError(f"`oriel up` uses {settings.data_root}. Stop it first.") from error
        yield


def _put_objects(storage: Storage, backup: Path, progress: ProgressLines) -> int:
    written = 0
    for entry in objects_of(backup / OBJECT_LIST):
        if storage.stat(entry.name) != Stored(entry.name, entry.size_bytes, entry.crc32c):
            kind = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
            storage.put(entry.name, object_path(backup, entry.sha256), content_type=kind)
            written += 1
        progress.add(1, entry.size_bytes)
    return written


def _put_database(settings: Settings, backup: Path, manifest: Manifest) -> None:
    source = backup / manifest.database.file.name
    if manifest.database.kind == "sqlite":
        path = sqlite_copy.file_of(settings.database_address)
        with sqlite_copy.replaced(path, source):
            _refuse_loss(sqlite_copy.counts(path), manifest)
            _migrate(settings)
        return
    with postgresql_dump.replaced(settings, source):
        _refuse_loss(postgresql_dump.current_counts(settings), manifest)
        _migrate(settings)


def _refuse_loss(found: tuple[tuple[str, ...], dict[str, int]], manifest: Manifest) -> None:
    if found != (manifest.database.revisions, manifest.database.rows):
        raise CallerError("The restored database has other rows than the backup says.")


def _migrate(settings: Settings) -> None:
    """Upgrade the tables of an older version."""
    # Imported late: the service's libraries take half a second.
    from oriel.app import create_app, upgrade_database
    from oriel.infra.database import db

    with create_app(settings).app_context():
        upgrade_database()
        db.session.close()
        db.engine.dispose()
