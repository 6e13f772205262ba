"""Reads a backup again: is it whole, and can this version use it?"""

from pathlib import Path

from oriel.backup import postgresql_dump, sqlite_copy
from oriel.backup.layout import (
    OBJECT_LIST,
    CopiedFile,
    Manifest,
    copied,
    damaged,
    object_path,
    objects_of,
    read_manifest,
    sha256_of,
)
from oriel.backup.progress import ProgressLines, Say
from oriel.errors import CallerError
from oriel.settings import Settings


def check_backup(settings: Settings, backup: Path, say: Say, *, read_objects: bool = True) -> Manifest:
    """Compare each file of a backup with its checksum; raise CallerError for one that is damaged or too new.

    Without `read_objects` the shared files are looked for, and not read.
    """
    manifest = read_manifest(backup)
    _refuse_newer(backup, manifest)
    for file in (manifest.database.file, *manifest.database.others):
        _refuse_changed(backup, file)
    _refuse_unreadable_database(settings, backup, manifest)
    if manifest.objects:
        _refuse_changed(backup, manifest.objects.list_file)
        _refuse_changed_objects(backup, ProgressLines(say, "checked"), read_objects=read_objects)
    return manifest


def _refuse_newer(backup: Path, manifest: Manifest) -> None:
    # Imported late: it takes a second.
    from alembic.script import ScriptDirectory

    from oriel.app import MIGRATIONS

    scripts = ScriptDirectory(MIGRATIONS, version_locations=[MIGRATIONS])
    known = {script.revision for script in scripts.walk_revisions()}
    if unknown := [revision for revision in manifest.database.revisions if revision not in known]:
        raise CallerError(
            f"Oriel {manifest.version}, which is newer, has written the backup {backup} (revision"
            f" {', '.join(unknown)}). Restore it with that version."
        )


def _refuse_changed(backup: Path, file: CopiedFile) -> None:
    try:
        if copied(backup, file.name) == file:
            return
    except OSError as error:
        raise damaged(backup, file.name) from error
    raise damaged(backup, file.name)


def _refuse_unreadable_database(settings: Settings, backup: Path, manifest: Manifest) -> None:
    path = backup / manifest.database.file.name
    if manifest.database.kind == "postgresql":
        postgresql_dump.check_dump(settings, path)
    elif sqlite_copy.counts(path) != (manifest.database.revisions, manifest.database.rows):
        raise damaged(backup, path.name)


def _refuse_changed_objects(backup: Path, progress: ProgressLines, *, read_objects: bool) -> None:
    for stored in objects_of(backup / OBJECT_LIST):
        path = object_path(backup, stored.sha256)
        if not path.is_file() or path.stat().st_size != stored.size_bytes:
            raise damaged(backup, stored.name)
        if read_objects and sha256_of(path) != stored.sha256:
            raise damaged(backup, stored.name)
        progress.add(1, stored.size_bytes)
