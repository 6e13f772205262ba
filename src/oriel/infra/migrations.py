"""Migrations, with SQLite's foreign keys out of the way."""

import contextlib
from collections.abc import Iterator
from typing import Any

from alembic.migration import MigrationContext
from flask_alembic import Alembic

_BROKEN_BEFORE = "oriel_broken_before"


class Migrations(Alembic):
    """Flask-Alembic, for databases that hold something.

    SQLite can change little about a table: a batch copies it, drops it and gives the copy its name. To SQLite the drop
    deletes each row, so that what refers to them goes as well, or forgets them.
    """

    def run_migrations(self, fn: Any, **kwargs: Any) -> None:  # noqa: ANN401  (the library's own signature)
        """Run them; each is checked before it is committed."""
        with _without_foreign_keys(self.migration_context):
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
