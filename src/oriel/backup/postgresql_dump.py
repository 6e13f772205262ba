"""PostgreSQL's database in a backup: what pg_dump writes, and pg_restore reads."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from oriel.errors import CallerError, ProgramMissing
from oriel.infra.database import engine_url
from oriel.infra.masking import without_password
from oriel.settings import Settings

FILE = "database.dump"
_OLD_SCHEMA = "oriel_before_restore"
_CONNECT_S = 5
# Of pg_restore --list.
_ENTRIES = re.compile(r"^;\s+TOC Entries: (\d+)", re.MULTILINE)


def dump_database(settings: Settings, target: Path) -> tuple[tuple[str, ...], dict[str, int]]:
    """Dump the database as it is at this moment; return its revisions and the number of rows by table."""
    pg_dump = find_tool(settings, "pg_dump")
    with _engine(settings) as engine, engine.connect() as connection:
        # What is counted and what is dumped are the same moment.
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
        _call([str(pg_dump), *options, f"--dbname={_address(settings)}"], settings)
        return counts(connection)


def check_dump(settings: Settings, dump: Path) -> None:
    """Raise CallerError for a file that pg_restore cannot read."""
    listed = _call([str(find_tool(settings, "pg_restore")), "--list", str(dump)], settings)
    if not _ENTRIES.search(listed):
        raise CallerError(f"pg_restore finds nothing in {dump}.")


def counts(connection: Connection) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the revisions and the number of rows by table."""
    quoted = connection.dialect.identifier_preparer.quote
    names = sorted(inspect(connection).get_table_names())
    rows = {
        name: int(connection.scalar(text(f"SELECT count(*) FROM {quoted(name)}")) or 0)  # noqa: S608  (from the schema)
        for name in names
    }
    found = connection.scalars(text("SELECT version_num FROM alembic_version")) if "alembic_version" in rows else ()
    return tuple(sorted(str(revision) for revision in found)), rows


def current_counts(settings: Settings) -> tuple[tuple[str, ...], dict[str, int]]:
    """Count what the database has now."""
    with _engine(settings) as engine, engine.connect() as connection:
        return counts(connection)


def is_empty(settings: Settings) -> bool:
    """Return whether the database has no table."""
    with _engine(settings) as engine:
        return not inspect(engine).get_table_names()


def other_connections(settings: Settings) -> int:
    """Return how many clients of our role use the database beside us."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with _engine(settings) as engine, engine.connect() as connection:
        return int(connection.scalar(query) or 0)


def refuse_unfinished(settings: Settings) -> None:
    """Raise CallerError where an interrupted restore has left the tables from before it."""
    with _engine(settings) as engine:
        is_left = _OLD_SCHEMA in inspect(engine).get_schema_names()
    if is_left:
        raise CallerError(
            f"An earlier restore was interrupted: the schema {_OLD_SCHEMA} still holds the tables from before it."
            f" To put them back, run in psql: DROP SCHEMA public CASCADE; ALTER SCHEMA {_OLD_SCHEMA} RENAME TO public;"
            f" If you do not need them: DROP SCHEMA {_OLD_SCHEMA} CASCADE; Then restore again."
        )


@contextlib.contextmanager
def replaced(settings: Settings, dump: Path) -> Iterator[None]:
    """Put a dump in the place of what is there; if it fails, or the block raises, the old tables come back."""
    pg_restore = find_tool(settings, "pg_restore")
    _execute(
        settings,
        f"ALTER SCHEMA public RENAME TO {_OLD_SCHEMA}",
        "CREATE SCHEMA public",
    )
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    try:
        _call([str(pg_restore), *options, f"--dbname={_address(settings)}", str(dump)], settings)
        yield
    except BaseException:
        _execute(settings, "DROP SCHEMA public CASCADE", f"ALTER SCHEMA {_OLD_SCHEMA} RENAME TO public")
        raise
    _execute(settings, f"DROP SCHEMA {_OLD_SCHEMA} CASCADE", "ANALYZE")


def find_tool(settings: Settings, name: str) -> Path:
    """Return the path of pg_dump or pg_restore; raise ProgramMissing."""
    folder = str(settings.postgres_bin) if settings.postgres_bin else None
    if found := shutil.which(name, path=folder):
        return Path(found)
    raise ProgramMissing(
        f"{name} was not found. Install PostgreSQL's client programs (apt-get install postgresql-client),"
        " or set POSTGRES_BIN to their folder.",
        program=name,
    )


@contextlib.contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    # Counting a large table may take minutes: no deadline but the connection's.
    engine = create_engine(engine_url(settings.database_address), connect_args={"connect_timeout": _CONNECT_S})
    try:
        yield engine
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        where = without_password(settings.database_address)
        raise CallerError(f"The database {where} cannot be used: {reason}.") from error
    finally:
        engine.dispose()


def _execute(settings: Settings, *statements: str) -> None:
    with _engine(settings) as engine, engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _address(settings: Settings) -> str:
    """Return the address as libpq reads it, without the password: everybody sees a process's arguments."""
    url = engine_url(settings.database_address).set(drivername="postgresql", password=None)
    return url.render_as_string(hide_password=False)


def _call(command: Sequence[str], settings: Settings) -> str:
    """Run one of PostgreSQL's programs and return its output; raise CallerError with its last line."""
    password = engine_url(settings.database_address).password
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {**kept, "LC_ALL": "C", "PGCONNECT_TIMEOUT": str(_CONNECT_S)}
    if password:
        environment["PGPASSWORD"] = password
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise CallerError(f"{Path(command[0]).name} failed: {_reason(done.stderr)}")
    return done.stdout


def _reason(stderr: str) -> str:
    if "server version mismatch" in stderr:
        return (
            "it is older than the server. Install the client programs of the server's version"
            " (postgresql-client-17 for PostgreSQL 17), or set POSTGRES_BIN to their folder."
        )
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line]
    return (errors or lines or ["it did not say why."])[0]
