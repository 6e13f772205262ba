"""The database: one session a request or job, one way to write, times in UTC whatever the driver makes of them."""

import contextlib
import fcntl
import inspect
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import DateTime, Dialect, MetaData, TypeDecorator, create_engine, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from oriel.errors import InvalidConfiguration
from oriel.infra.masking import without_password

# SQLite lets one write at a time and does not queue: of fifty at once on a slow machine, some have no turn for 5 s.
_BUSY_MS = 15_000
_LOCK_POLL_S = 0.2
_write_turn = threading.RLock()
# A server that vanishes is noticed within seconds. Half a minute is longer than any statement of ours.
_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "options": "-c statement_timeout=30000",
}
# The drivers that we ship: hosts write postgres:// and postgresql://.
_DRIVERS = {"sqlite": "sqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
# Named constraints can be changed by a migration, on SQLite too.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# What is read stays readable after the commit that closes a transaction: a row is a snapshot, `writing` reads it anew.
db = SQLAlchemy(session_options={"expire_on_commit": False})


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone: SQLite would forget that it is UTC, and a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand UTC to the driver."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The root of all models."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012  (SQLAlchemy reads it so)


def init_database(app: Flask, url: str) -> None:
    """Bind the application to a database."""
    parsed = engine_url(url)
    options: dict[str, Any] = {"url": parsed}
    if parsed.get_backend_name() == "postgresql":
        # A server may have gone away since; a file does not, and would be asked before each transaction.
        options |= {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "connect_args": _PATIENCE}
    else:
        options |= {"pool_size": 20, "max_overflow": 20}
    app.config["SQLALCHEMY_ENGINES"] = {"default": options}
    db.init_app(app)
    # One of the extension's ends asynchronous sessions, which we have none of, and Flask would start a thread for it
    # after each request: a tenth of what a status poll costs, and more where many threads wait for each other.
    app.teardown_appcontext_funcs[:] = [
        end for end in app.teardown_appcontext_funcs if not inspect.iscoroutinefunction(end)
    ]
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine)


def engine_url(url: str) -> URL:
    """Return the address with the driver that we ship; raise InvalidConfiguration where it is none that we can use."""
    try:
        parsed = make_url(url)
        return parsed.set(drivername=_DRIVERS[parsed.get_backend_name()])
    # A port that is no number is a ValueError.
    except (ArgumentError, ValueError, KeyError) as error:
        raise InvalidConfiguration(
            f"DATABASE_URL is not a supported database address: {without_password(url)}."
            " Write postgresql://user:password@host/name, or leave it empty for SQLite in DATA_DIR."
        ) from error


@contextlib.contextmanager
def asked_once(url: str) -> Iterator[Connection]:
    """Open a database for one question, outside of any application; raise InvalidConfiguration where it cannot be."""
    parsed = engine_url(url)
    patience = _PATIENCE if parsed.get_backend_name() == "postgresql" else {}
    engine = create_engine(parsed, connect_args=patience)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        # The driver's own words end with the reason, and go on with advice in further lines.
        reason = str(error.orig).strip().partition("\n")[0].rpartition("failed: ")[2]
        raise InvalidConfiguration(
            f"The database {without_password(url)} cannot be used: {reason}. Start it, or correct DATABASE_URL."
        ) from error
    finally:
        engine.dispose()


def prepare_sqlite(engine: Engine) -> None:
    """Make SQLite fit for several processes: WAL, patience, foreign keys, and transactions that begin when told."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401  (the driver's own class)
        # Python's driver would begin a transaction by itself, deferred, and fail at once when another one writes.
        connection.isolation_level = None
        cursor = connection.cursor()
        for line in ("journal_mode=WAL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {line}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        if connection.get_execution_options().get("oriel_writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # It cannot fail, and SQLAlchemy's own way to it is as long as a query's.
            connection.connection.execute("BEGIN")


@contextlib.contextmanager
def writing() -> Iterator[Session]:
    """Open a transaction that will write, and commit it at the end; what was read before is read anew inside.

    On SQLite it waits for its turn at the start. No file and no network may be touched within.
    """
    session = db.session
    # A transaction that has read holds an old picture of the database, and SQLite could not turn it into a writing one.
    session.commit()
    session.expire_all()
    with _turn(session):
        session.connection(execution_options={"oriel_writes": True})
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextlib.contextmanager
def _turn(session: Session) -> Iterator[None]:
    """Let one thread of this process write at a time, where the database is SQLite.

    SQLite polls for its lock with a connection in hand: many writers would take every connection of the pool, and
    readers would wait with them.
    """
    is_ours = session.get_bind().dialect.name == "sqlite" and _write_turn.acquire(timeout=_BUSY_MS / 1000)
    try:
        yield
    finally:
        if is_ours:
            _write_turn.release()


def insert_missing(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that do not exist yet; safe to call concurrently."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(model).values(list(rows)).on_conflict_do_nothing())


def migrated_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Return a type's fixed form in migrations, which must not change with the class."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


@contextlib.contextmanager
def one_at_a_time(number: int) -> Iterator[None]:
    """Keep all others out of the block: by a lock of PostgreSQL, by a locked file beside SQLite's.

    SQLite's own locks will not do: a migration reads before it writes, and one that waited would fail.
    """
    url = db.engine.url
    if url.get_backend_name() == "postgresql":
        with _server_lock(number):
            yield
    elif url.database in (None, "", ":memory:"):
        # Nobody else can be there.
        yield
    else:
        with Path(f"{url.database}.lock-{number:x}").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextlib.contextmanager
def _server_lock(number: int) -> Iterator[None]:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Asked again and again, for as long as it takes. A statement that waits would hold a snapshot, for which
        # CREATE INDEX CONCURRENTLY waits: whoever holds the lock could build none.
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}):
            time.sleep(_LOCK_POLL_S)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})
            connection.invalidate()


def database_ahead_s() -> float:
    """Return the seconds by which the database's clock is ahead of ours; 0 for SQLite, which uses ours."""
    if db.engine.dialect.name != "postgresql":
        return 0.0
    told = db.session.scalar(select(func.clock_timestamp()))
    db.session.rollback()
    assert isinstance(told, datetime)
    return (told - datetime.now(UTC)).total_seconds()
