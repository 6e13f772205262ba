"""Databases without any table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import create_engine, text
from tests.functional.conftest import service_settings

from oriel.app import create_app
from oriel.infra.database import db, engine_url

OWN = "without_tables"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of its own without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    return _new_postgresql(request.getfixturevalue("postgresql"))


@pytest.fixture
def empty(empty_database: str, tmp_path: Path, valkey: str) -> Iterator[APIFlask]:
    """An application on a database of its own without any table."""
    app = create_app(service_settings(empty_database, valkey, tmp_path))
    with app.app_context():
        yield app
        db.session.rollback()
        db.engine.dispose()


def _new_postgresql(server: str) -> str:
    """Return the address of an empty database beside the one of the other tests."""
    address = engine_url(server)
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {OWN} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {OWN}"))
    engine.dispose()
    return address.set(database=OWN).render_as_string(hide_password=False)
