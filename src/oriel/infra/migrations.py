"""Migrations: with SQLite's foreign keys out of the way, and without locks that hold up a running service."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from alembic import op
from alembic.migration import MigrationContext
from flask_alembic import Alembic

_BROKEN_BEFORE = "oriel_broken_before"
_LOCK_TIMEOUT_S = 10


class Migrations(Alembic):
    """Flask-Alembic, for databases that hold something.

    SQLite can change little about a table: a batch copies it, drops it and gives the copy its name. To SQLite the drop
    deletes each row, so that what refers to them goes as well, or forgets them.
    """

    def run_migrations(self, fn: Any, **kwargs: Any) -> None:  # noqa: ANN401  (the library's own signature)
        """Run them; each is checked before it is committed."""
        with _without_foreign_keys(self.migration_context), _own_patience(self.migration_context):
            super().run_migrations(fn, **kwargs)


def refuse_broken_references(ctx: MigrationContext, **_: object) -> None:
    """Raise RuntimeError where a migration leaves references to rows that there are not; called after each.

    What was broken before, by whoever wrote in the file with other tools, is no reason to stay with old tables.
    """
    assert ctx.connection
    if ctx.dialect.name != "sqlite":
        return
    broken = len(ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").all())
    if broken > ctx.opts[_BROKEN_BEFORE]:
        raise RuntimeError(f"The migration would leave {broken} references to nothing.")


def create_index_online(name: str, table: str, columns: Sequence[str]) -> None:
    """Create an index on a table that others write to, however large; its migration makes nothing but indexes.

    PostgreSQL commits what was done before, and a build that was interrupted leaves an index that nobody can use.
    """
    context = op.get_context()
    if context.dialect.name != "postgresql":
        op.create_index(name, table, list(columns), unique=False)
        return
    with context.autocommit_block():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, list(columns), unique=False, postgresql_concurrently=True)


def drop_index_online(name: str, table: str) -> None:
    """Drop such an index, in a migration that does nothing else."""
    context = op.get_context()
    if context.dialect.name != "postgresql":
        op.drop_index(name, table_name=table)
        return
    with context.autocommit_block():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)


@contextlib.contextmanager
def _own_patience(context: MigrationContext) -> Iterator[None]:
    """Let a statement take its time, and give up on a lock before the requests that queue up behind us time out."""
    connection = context.connection
    if connection is None or context.dialect.name != "postgresql":
        yield
        return
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.exec_driver_sql(f"SET lock_timeout = '{_LOCK_TIMEOUT_S}s'")
    # Settings of a transaction that is rolled back would be, too.
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql("RESET lock_timeout")
        connection.exec_driver_sql("RESET statement_timeout")
        connection.commit()


@contextlib.contextmanager
def _without_foreign_keys(context: MigrationContext) -> Iterator[None]:
    connection = context.connection
    if connection is None or context.dialect.name != "sqlite":
        yield
        return
    # What has been read ends: within a transaction the PRAGMA would do nothing.
    connection.rollback()
    driver: Any = connection.connection.driver_connection
    context.opts[_BROKEN_BEFORE] = len(driver.execute("PRAGMA foreign_key_check").fetchall())
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        # Looking for what there is to do has begun a transaction, too.
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")
