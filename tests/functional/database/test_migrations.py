"""The migrations lead an empty database to exactly the models, and back to nothing."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from subprocess import PIPE

import pytest
from apiflask import APIFlask
from sqlalchemy import MetaData, Table, inspect, select, text
from tests.functional.database.rows import value_for
from tests.functional.waiting import PATIENCE_S

from oriel.app import alembic, upgrade_database
from oriel.infra.clock import now
from oriel.infra.database import db

# A process that is ready, and upgrades when it is told to.
_UPGRADES = """
import sys
from pathlib import Path
from oriel.app import create_app, upgrade_database
from oriel.settings import Settings

app = create_app(Settings(_env_file=None, database_url=sys.argv[1], data_dir=Path(sys.argv[2])))
print("ready", flush=True)
sys.stdin.readline()
with app.app_context():
    upgrade_database()
"""
_AT_ONCE = 3
_FIRST = "1795200623"

# The columns that refer to others, by table.
References = dict[str, dict[str, object]]


def test_the_migrations_make_what_the_models_say(empty: APIFlask) -> None:
    upgrade_database()
    assert alembic.compare_metadata() == []


def test_upgrading_twice_changes_nothing(empty: APIFlask) -> None:
    upgrade_database()
    upgrade_database()
    assert alembic.compare_metadata() == []


def test_processes_that_upgrade_at_once_all_end_well(empty: APIFlask, empty_database: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _UPGRADES, empty_database, str(tmp_path)]
    running = [subprocess.Popen(command, text=True, stdin=PIPE, stdout=PIPE, stderr=PIPE) for _ in range(_AT_ONCE)]
    assert [process.stdout and process.stdout.readline() for process in running] == ["ready\n"] * _AT_ONCE
    for process in running:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()
    told = [process.communicate(timeout=PATIENCE_S)[1] for process in running]
    assert [process.returncode for process in running] == [0] * _AT_ONCE, told
    assert alembic.compare_metadata() == []


def test_what_was_wanted_before_an_upgrade_is_asked_for_after_it(empty: APIFlask) -> None:
    alembic.upgrade(_FIRST)
    payments = Table("payments", MetaData(), autoload_with=db.engine)
    row = {"kind": "render", "amount": 499, "currency": "usd", "status": "completed", "created_at": now()}
    row |= {"thing": "render", "expire_wanted": False, "refunded": 0, "is_disputed": False}
    with db.engine.begin() as connection:
        for name, wanted in (("quiet", False), ("waits", True)):
            connection.execute(payments.insert().values(id=name, refund_wanted=wanted, **row))
    upgrade_database()
    with db.engine.connect() as connection:
        found = connection.execute(text("SELECT id, settle_at IS NOT NULL, trial_days FROM payments ORDER BY id")).all()
    assert [tuple(row) for row in found] == [("quiet", False, 0), ("waits", True, 0)]


def test_renders_from_before_are_found_by_their_look_and_words(empty: APIFlask) -> None:
    alembic.upgrade("1795886400")
    _filled()
    with db.engine.begin() as connection:
        settings = '{"look": "halo"}'
        connection.execute(text("UPDATE render_jobs SET title = 'ÉCLAIR', render_config = :it"), {"it": settings})
    upgrade_database()
    with db.engine.connect() as connection:
        render = connection.execute(text("SELECT look, searched FROM render_jobs")).one()
    assert tuple(render) == ("halo", "éclair x x halo")


def test_no_row_and_no_reference_is_lost_on_the_way_there_and_back(empty: APIFlask) -> None:
    alembic.upgrade(_FIRST)
    before = _filled()
    upgrade_database()
    there = _references(before)
    alembic.downgrade(_FIRST)
    assert there == _references(before) == before
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    upgrade_database()
    upgrade_database()
    context = alembic.migration_context.connection
    assert context
    assert not context.in_transaction()


def test_a_migration_that_breaks_references_is_not_committed(empty: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("other databases check by themselves")
    alembic.upgrade(_FIRST)
    _filled()
    second = alembic.script_directory.get_revision("1795259400").module
    monkeypatch.setattr(second, "upgrade", lambda: second.op.execute("DELETE FROM users"))
    with pytest.raises(RuntimeError, match="references to nothing"):
        upgrade_database()
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 1


def test_what_was_broken_before_is_no_reason_to_stay_with_old_tables(empty: APIFlask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("other databases check by themselves")
    alembic.upgrade(_FIRST)
    _filled()
    with sqlite3.connect(str(db.engine.url.database)) as connection:
        connection.execute("DELETE FROM users")
    upgrade_database()
    assert alembic.compare_metadata() == []


def _filled() -> References:
    """Put a row into each table, with every reference that it can have; return them."""
    tables = MetaData()
    tables.reflect(db.engine)
    with db.engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                connection.execute(table.insert().values({column.name: value_for(column) for column in table.columns}))
    return _references({table.name: {} for table in tables.sorted_tables})


def _references(tables: Iterable[str]) -> References:
    """Return the references of the one row of each table."""
    found = {}
    for name in tables:
        columns = [key["constrained_columns"][0] for key in inspect(db.engine).get_foreign_keys(name)]
        with db.engine.connect() as connection:
            rows = connection.execute(select(text("*")).select_from(text(name))).mappings().all()
        assert len(rows) == 1, (name, rows)
        found[name] = {column: rows[0][column] for column in columns}
    return found


def test_the_way_back_leads_to_nothing(empty: APIFlask) -> None:
    upgrade_database()
    alembic.downgrade("base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade_database()
    assert alembic.compare_metadata() == []
