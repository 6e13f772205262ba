"""What lies in a backup folder: one folder for each backup, and the files that all of them share.

DESTINATION/
  objects/ab/abcd...        a file of the storage, named by its SHA-256
  20261129T031500Z/         one backup
    manifest.json           versions, checksums and counts
    objects.jsonl           the files of the storage by name: size, crc32c, SHA-256
    database.sqlite3        or database.dump, written by pg_dump
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oriel.errors import CallerError

FORMAT = 1
MANIFEST = "manifest.json"
OBJECT_LIST = "objects.jsonl"
OBJECTS = "objects"
PARTIAL = ".partial"
# Of files that a manifest says something about; how many there are is counted.
MOST_NAMES = 1000
_STAMP = "%Y%m%dT%H%M%SZ"
_BLOCK_BYTES = 1 << 20
_NAME = re.compile(r"[a-z][a-z0-9.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file of the storage in a backup; the crc32c is the storage's own, in base64."""

    name: str
    size_bytes: int
    crc32c: str
    sha256: str


@dataclass(frozen=True)
class CopiedFile:
    """A file of a backup, with its checksum."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Database:
    """The database in a backup: `kind` is "sqlite" or "postgresql"."""

    kind: str
    file: CopiedFile
    # Alembic's revisions, and the number of rows of each table.
    revisions: tuple[str, ...]
    rows: dict[str, int]
    # Beside it, other SQLite files of the data folder.
    others: tuple[CopiedFile, ...] = ()


@dataclass(frozen=True)
class Objects:
    """The files of the storage in a backup."""

    list_file: CopiedFile
    count: int
    size_bytes: int


@dataclass(frozen=True)
class Names:
    """Names of files: how many there are, and the first of them."""

    count: int = 0
    first: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Collection[str]) -> "Names":
        """Return these names, in order and bounded."""
        return cls(len(names), tuple(sorted(names)[:MOST_NAMES]))


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself; `objects` is None where the storage was left out."""

    version: str
    written_at: str
    database: Database
    objects: Objects | None
    # Tells whether another SECRET_KEY is set at the restore. The key itself is not in the backup.
    key_fingerprint: str
    # Files that the backup lacks, though its database names them. None where nobody looked.
    lacking: Names | None = None
    # Files that were damaged in the storage; the backup has those that it does not lack as they were before.
    damaged: Names = Names()
    # Which part of the files was read again in the storage; see `ObjectCopies`.
    part_read: int | None = None
    format: int = FORMAT


def stamp_of(moment: datetime) -> str:
    """Return the name of a backup that begins at this time."""
    return moment.astimezone(UTC).strftime(_STAMP)


def begun_at(backup: Path) -> datetime:
    """Return when a backup began, by its name; raise ValueError for another folder."""
    return datetime.strptime(backup.name, _STAMP).replace(tzinfo=UTC)


def backups_in(folder: Path) -> list[Path]:
    """Return the complete backups in a folder, the oldest first."""
    return sorted(path for path in folder.iterdir() if _is_backup(path)) if folder.is_dir() else []


def find_backup(source: Path) -> Path:
    """Return a backup's folder: `source` itself, or the newest one in it; raise CallerError where there is none."""
    if (source / MANIFEST).is_file():
        return source
    if found := backups_in(source):
        return found[-1]
    raise CallerError(f"There is no backup in {source}. Name the folder that `oriel backup` has written to.")


def object_path(backup: Path, sha256: str) -> Path:
    """Return where the bytes of an object lie, for a backup's folder or its partial one."""
    return backup.parent / OBJECTS / sha256[:2] / sha256


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Write the manifest, with a checksum of its own."""
    body = json.loads(json.dumps(asdict(manifest)))
    (backup / MANIFEST).write_text(json.dumps({**body, "sha256": _digest(body)}, indent=2) + "\n", "utf-8")


def read_manifest(backup: Path) -> Manifest:
    """Return a backup's manifest; raise CallerError for a damaged one, and for one of a newer Oriel."""
    try:
        body = json.loads((backup / MANIFEST).read_text("utf-8"))
        checksum, form = body.pop("sha256"), body["format"]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise damaged(backup, MANIFEST) from error
    if isinstance(form, int) and form > FORMAT:
        raise CallerError(f"A newer Oriel has written the backup {backup}. Restore it with that version.")
    if checksum != _digest(body):
        raise damaged(backup, MANIFEST)
    try:
        return _manifest(body)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(backup, MANIFEST) from error


def _manifest(body: dict[str, Any]) -> Manifest:
    """Return what a manifest says; raise KeyError, TypeError or ValueError for one that we have not written."""
    database, objects = body["database"], body["objects"]
    return Manifest(
        version=body["version"],
        written_at=body["written_at"],
        database=Database(
            kind=database["kind"],
            file=_file(database["file"]),
            revisions=tuple(database["revisions"]),
            rows=database["rows"],
            others=tuple(_file(each) for each in database["others"]),
        ),
        objects=objects and replace(Objects(**objects), list_file=_file(objects["list_file"])),
        key_fingerprint=body["key_fingerprint"],
        # An older Oriel has written none of these.
        lacking=_names(body.get("lacking")),
        damaged=_names(body.get("damaged")) or Names(),
        part_read=body.get("part_read"),
        format=body["format"],
    )


def _names(values: dict[str, Any] | None) -> Names | None:
    return None if values is None else Names(int(values["count"]), tuple(map(str, values["first"])))


def _file(values: dict[str, Any]) -> CopiedFile:
    """Return a file beside the manifest; raise ValueError for a name that leads elsewhere: a restore writes there."""
    file = CopiedFile(**values)
    if not _NAME.fullmatch(file.name):
        raise ValueError(f"{file.name} is not the name of a file in a backup.")
    return file


def objects_of(path: Path) -> Iterator[StoredObject]:
    """Yield the objects of a list, by name; nothing where there is no list. Raise CallerError for a damaged one."""
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield _object(path, line)


def _object(path: Path, line: str) -> StoredObject:
    try:
        stored = StoredObject(*json.loads(line))
        # The checksum is a path, too.
        is_ours = bool(_SHA256.fullmatch(stored.sha256))
    except (TypeError, ValueError) as error:
        raise damaged(path.parent, path.name) from error
    if not is_ours:
        raise damaged(path.parent, path.name)
    return stored


def line_of(stored: StoredObject) -> str:
    """Return an object's line in the list."""
    return json.dumps([stored.name, stored.size_bytes, stored.crc32c, stored.sha256]) + "\n"


def copied(folder: Path, name: str) -> CopiedFile:
    """Read a file of a backup, and return its size and checksum."""
    path = folder / name
    return CopiedFile(name, path.stat().st_size, sha256_of(path))


def sha256_of(path: Path) -> str:
    """Read a file to its end; return its SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def damaged(backup: Path, name: str) -> CallerError:
    """Return the error for a backup with a file that is missing or has changed."""
    return CallerError(f"The backup {backup} is damaged: {name} is missing or has changed. Use another backup.")


def _is_backup(path: Path) -> bool:
    try:
        begun_at(path)
    except ValueError:
        return False
    return (path / MANIFEST).is_file()


def _digest(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
