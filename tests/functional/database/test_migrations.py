"""The migrations lead an empty database to exactly the models, and back to nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import create_engine, inspect, text
from tests.functional.conftest import service_settings

from oriel.app import alembic, create_app, upgrade_database
from oriel.infra.database import db, engine_url

OWN = "for_migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, valkey: str) -> Iterator[APIFlask]:
    """An application on a database of its own without any table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    else:
        url = _new_postgresql(request.getfixturevalue("postgresql"))
    app = create_app(service_settings(url, valkey, tmp_path))
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


def test_the_way_back_leads_to_nothing(empty: APIFlask) -> None:
    upgrade_database()
    alembic.downgrade("base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade_database()
    assert alembic.compare_metadata() == []


def _new_postgresql(server: str) -> str:
    """Return the address of an empty database beside the one of the other tests."""
    address = engine_url(server)
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {OWN} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {OWN}"))
    engine.dispose()
    return address.set(database=OWN).render_as_string(hide_password=False)
