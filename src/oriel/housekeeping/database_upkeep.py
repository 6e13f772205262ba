"""Gives back what deleted rows took in the database, and keeps the planner's figures true."""

from sqlalchemy import text

from oriel.housekeeping.job import Done
from oriel.infra.database import db

# SQLite: a rewrite keeps everybody waiting, for about a second per 100 MB. It has to be worth that.
_LEAST_FREE_BYTES = 32 << 20
_LEAST_FREE_SHARE = 0.25


def keep_up() -> Done:
    """Have the planner's figures renewed; on SQLite also shrink the file, where much of it is free.

    PostgreSQL's autovacuum does the rest by itself.
    """
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("ANALYZE"))
            connection.invalidate()
        return Done(1, "analyzed")
    done = "analyzed"
    free = preview()
    with db.engine.connect() as connection:
        # Outside of any transaction: SQLAlchemy would begin one, in which SQLite does neither.
        cursor = connection.connection.cursor()
        if free.items:
            cursor.execute("VACUUM")
            done += f", {free.detail} given back"
        cursor.execute("PRAGMA analysis_limit=1000")
        cursor.execute("PRAGMA optimize=0x10002")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
    return Done(1, done)


def preview() -> Done:
    """Return whether the file would be shrunk, and by how much."""
    if db.engine.dialect.name == "postgresql":
        return Done(1, "analyze")
    with db.engine.connect() as connection:
        read = connection.exec_driver_sql
        free, pages, size = (int(read(f"PRAGMA {name}").scalar() or 0) for name in _PRAGMAS)
        connection.rollback()
    is_worth_it = free * size >= _LEAST_FREE_BYTES and free >= pages * _LEAST_FREE_SHARE
    return Done(int(is_worth_it), f"{free * size / 1e6:.0f} MB free")


_PRAGMAS = ("freelist_count", "page_count", "page_size")
