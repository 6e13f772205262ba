"""While an upgrade goes on, processes of the version before read and write the new tables (docs/operations.md).

Each migration is applied to the tables before it. Then whatever the version before could read must still be there, and
a row that it writes, which knows nothing of new columns, must be accepted.
"""

from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import Column, MetaData, Table, insert, inspect
from sqlalchemy.exc import SQLAlchemyError
from tests.functional.database.rows import value_for

from oriel.app import alembic
from oriel.infra.database import db

# Up to here nothing was deployed, and migrations took away defaults that the version before would have needed.
_FIRST_DEPLOYMENT = "1795893600"


def test_no_migration_takes_anything_from_the_version_before(empty: APIFlask) -> None:
    alembic.upgrade(_FIRST_DEPLOYMENT)
    for before, revision in _steps_after(_FIRST_DEPLOYMENT):
        assert _broken_by(before, revision) == [], f"{revision} cannot be applied while {before} runs"


def test_a_column_that_must_be_filled_and_has_no_default_is_noticed(empty: APIFlask) -> None:
    # This one took the defaults away again, which was right as long as nothing ran meanwhile.
    alembic.upgrade("1795879200")
    assert _broken_by("1795879200", "1795886400") == ["projects: rows without the new columns are refused"]


def test_a_column_and_a_table_that_are_gone_are_noticed(empty: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    alembic.upgrade("1795879200")
    migration = alembic.script_directory.get_revision("1795886400").module

    def drop() -> None:
        with migration.op.batch_alter_table("uploads") as table:
            table.drop_column("title")
        migration.op.rename_table("workers", "render_workers")

    monkeypatch.setattr(migration, "upgrade", drop)
    assert _broken_by("1795879200", "1795886400") == ["uploads: title is gone", "workers is gone"]


def test_what_no_version_reads_any_more_may_go(empty: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    alembic.upgrade("1795879200")
    migration = alembic.script_directory.get_revision("1795886400").module
    monkeypatch.setattr(migration, "upgrade", lambda: migration.op.rename_table("workers", "render_workers"))
    monkeypatch.setattr(migration, "unread_since", {"workers": "1795875600"}, raising=False)
    assert _broken_by("1795879200", "1795886400") == []


def test_what_the_version_before_reads_may_not_be_called_unread(
    empty: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    alembic.upgrade("1795879200")
    migration = alembic.script_directory.get_revision("1795886400").module
    monkeypatch.setattr(migration, "upgrade", lambda: migration.op.rename_table("workers", "render_workers"))
    monkeypatch.setattr(migration, "unread_since", {"workers": "1795886400"}, raising=False)
    assert _broken_by("1795879200", "1795886400") == ["workers is gone"]


def _steps_after(revision: str) -> list[tuple[str, str]]:
    scripts = alembic.script_directory
    steps = [(str(script.down_revision), script.revision) for script in scripts.iterate_revisions("head", revision)]
    return steps[::-1]


def _broken_by(before: str, revision: str) -> list[str]:
    """Apply a migration to a database at `before`; return what the version before can no longer do."""
    tables = MetaData()
    tables.reflect(db.engine)
    alembic.upgrade(revision)
    unread = _unread(before, revision)
    old = [table for table in tables.sorted_tables if table.name not in {"alembic_version", *unread}]
    return sorted(sentence for table in old if (sentence := _trouble_with(table, unread)))


def _unread(before: str, revision: str) -> set[str]:
    """Return the tables, and columns as `table.column`, that the version before did not read any more.

    A migration says so by `unread_since = {"table.column": "revision"}`: from that earlier one on no code reads it.
    """
    migration = alembic.script_directory.get_revision(revision).module
    earlier = {script.revision for script in alembic.script_directory.iterate_revisions(before, "base")}
    return {name for name, since in getattr(migration, "unread_since", {}).items() if since in earlier}


def _trouble_with(table: Table, unread: set[str]) -> str | None:
    if not inspect(db.engine).has_table(table.name):
        return f"{table.name} is gone"
    there = {column["name"] for column in inspect(db.engine).get_columns(table.name)}
    read = [column for column in table.columns if f"{table.name}.{column.name}" not in unread]
    if gone := [column.name for column in read if column.name not in there]:
        return f"{table.name}: {', '.join(gone)} is gone"
    return None if _takes_row(table, read) else f"{table.name}: rows without the new columns are refused"


def _takes_row(table: Table, columns: list[Column[Any]]) -> bool:
    row = {column.name: None if column.nullable else value_for(column) for column in columns}
    # Its references lead nowhere, which is not what this is about.
    without_references = {
        "sqlite": "PRAGMA defer_foreign_keys=ON",
        "postgresql": "SET LOCAL session_replication_role = replica",
    }
    with db.engine.connect() as connection:
        connection.exec_driver_sql(without_references[db.engine.dialect.name])
        try:
            connection.execute(insert(table).values(row))
        except SQLAlchemyError:
            return False
        finally:
            connection.rollback()
    return True
