"""SQLite's database in a backup: a copy of one moment, made while others write."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from oriel.errors import CallerError
from oriel.infra.database import engine_url

Mode = Literal["ro", "rw", "rwc"]

FILE = "database.sqlite3"
_PAGES = 4096
_SIDE_FILES = ("", "-wal", "-shm")
_BEFORE = ".before-restore"


def file_of(database_address: str) -> Path:
    """Return the file of a SQLite address; raise CallerError for a database in memory."""
    name = engine_url(database_address).database
    if not name or name == ":memory:":
        raise CallerError("The database lives in memory only: there is nothing to copy.")
    return Path(name).absolute()


def copy_database(source: Path, target: Path, *, mode: Mode = "rw") -> None:
    """Copy a database with SQLite's own means: the copy is a state between two transactions, and whole.

    A running service's database has to be opened with mode "rw", because its log may have to be read.
    """
    with _opened(source, mode) as live, _opened(target, "rwc") as copy:
        # An open reading transaction holds this moment: otherwise each commit of others would begin the copy anew.
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=_PAGES)
        live.execute("ROLLBACK")
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")


def counts(path: Path) -> tuple[tuple[str, ...], dict[str, int]]:
    """Check a database and return its revisions and the number of rows by table; raise CallerError if it is damaged."""
    try:
        with _opened(path, "ro") as copy:
            # The list ends with "ok" or with what is wrong.
            if (told := copy.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                raise CallerError(f"The database {path} is damaged: {told}.")
            names = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {name: _count(copy, name) for name in names if not name.startswith("sqlite_")}
            is_ours = "alembic_version" in rows
            revisions = copy.execute("SELECT version_num FROM alembic_version").fetchall() if is_ours else []
    except sqlite3.DatabaseError as error:
        raise CallerError(f"The database {path} is damaged: {error}.") from error
    return tuple(sorted(str(revision) for (revision,) in revisions)), dict(sorted(rows.items()))


def is_empty(path: Path) -> bool:
    """Return whether there is no database in this file yet, or one without a table."""
    if not path.is_file():
        return True
    with _opened(path, "rw") as there:
        return not there.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def is_in_use(path: Path) -> bool:
    """Return whether another process has this database open."""
    if not path.is_file():
        return False
    with _opened(path, "rw") as there:
        there.execute("PRAGMA busy_timeout=0")
        try:
            # Only who is alone may leave the mode in which the service works, and enters again when it starts.
            there.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            return True
    return False


def refuse_unfinished(path: Path) -> None:
    """Raise CallerError where an interrupted restore has left the database from before it."""
    left = [part for suffix in _SIDE_FILES if (part := path.with_name(f"{path.name}{suffix}{_BEFORE}")).exists()]
    if left:
        raise CallerError(
            f"An earlier restore was interrupted: {', '.join(map(str, left))} still holds the database"
            f" from before it. To put it back, delete {path} and rename each of these files to its name without"
            f" {_BEFORE}. If you do not need it, delete these files. Then restore again."
        )


@contextlib.contextmanager
def replaced(path: Path, source: Path) -> Iterator[None]:
    """Put a copy of a database in the place of what is there; if the block raises, the old one comes back."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    moved = [part for suffix in _SIDE_FILES if (part := path.with_name(path.name + suffix)).exists()]
    for part in moved:
        part.replace(part.with_name(part.name + _BEFORE))
    try:
        copy_database(source, path, mode="ro")
        yield
    except BaseException:
        _remove(path)
        for part in moved:
            part.with_name(part.name + _BEFORE).replace(part)
        raise
    for part in moved:
        part.with_name(part.name + _BEFORE).unlink()


def _remove(path: Path) -> None:
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _count(copy: sqlite3.Connection, name: str) -> int:
    quoted = name.replace('"', '""')
    return int(copy.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])  # noqa: S608  (a name from the schema)


@contextlib.contextmanager
def _opened(path: Path, mode: Mode) -> Iterator[sqlite3.Connection]:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    with contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout=5000")
        yield connection
