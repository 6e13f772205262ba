"""The migrations lead an empty database to exactly the models, and back to nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest
from apiflask import APIFlask
from sqlalchemy import MetaData, Table, inspect, text
from tests.functional.conftest import service_settings
from tests.functional.waiting import PATIENCE_S

from oriel.app import alembic, create_app, upgrade_database
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


@pytest.fixture
def empty(empty_database: str, tmp_path: Path, valkey: str) -> Iterator[APIFlask]:
    """An application on a database of its own without any table."""
    app = create_app(service_settings(empty_database, valkey, tmp_path))
    with app.app_context():
        yield app
        db.session.rollback()
        db.engine.dispose()


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
    alembic.upgrade("1795200623")
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


def test_the_way_back_leads_to_nothing(empty: APIFlask) -> None:
    upgrade_database()
    alembic.downgrade("base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade_database()
    assert alembic.compare_metadata() == []
