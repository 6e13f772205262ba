"""Leases are measured by two clocks, ours and the database's: a worker does not start where they differ."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import text

from oriel import worker
from oriel.errors import InvalidConfiguration
from oriel.infra.database import database_ahead_s, db
from oriel.worker import refuse_wrong_clock

# How far a busy machine may be off in asking.
_SLACK_S = 1.5

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def context(app: APIFlask) -> Iterator[None]:
    with app.app_context():
        yield


def move_database_clock(by_s: float) -> None:
    """Let PostgreSQL tell another time, until the end of this transaction."""
    told = f"$$ SELECT pg_catalog.clock_timestamp() + interval '{by_s} s' $$"
    db.session.execute(text("CREATE SCHEMA elsewhere"))
    db.session.execute(text(f"CREATE FUNCTION elsewhere.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS {told}"))
    db.session.execute(text("SET LOCAL search_path = elsewhere, pg_catalog"))


@pytest.mark.usefixtures("context")
def test_two_clocks_that_agree_are_accepted() -> None:
    assert abs(database_ahead_s()) < _SLACK_S
    refuse_wrong_clock()


@on_postgresql
@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("by_s", [-3600, -3.5, 3.5, 3600])
def test_it_is_told_how_far_the_databases_clock_is_ahead(by_s: float) -> None:
    move_database_clock(by_s)
    assert database_ahead_s() == pytest.approx(by_s, abs=_SLACK_S)
    # A transaction that was left open would be a worker's for as long as it lives.
    assert not db.session.in_transaction()


@on_postgresql
@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(("by_s", "ours"), [(-3.5, r"\+3\.\d s"), (3.5, r"-[23]\.\d s")])
def test_a_worker_is_refused_whose_clock_is_off(by_s: float, ours: str) -> None:
    move_database_clock(by_s)
    with pytest.raises(InvalidConfiguration, match=f"This machine's clock is {ours} off the database's"):
        refuse_wrong_clock()


@on_postgresql
@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("by_s", [-0.5, 1.5])
def test_a_worker_is_accepted_whose_clock_is_a_little_off(by_s: float) -> None:
    move_database_clock(by_s)
    refuse_wrong_clock()


@pytest.mark.usefixtures("signals_kept")
def test_a_worker_asks_before_it_works(app: APIFlask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "create_app", lambda _settings: app)
    monkeypatch.setattr(worker, "_machine", lambda *_: None)
    monkeypatch.setattr(worker, "_work", lambda *_: None)
    settings = app.config["ORIEL"].model_copy(update={"data_dir": tmp_path})
    assert worker.run_worker(settings) == 0
    monkeypatch.setattr(worker, "database_ahead_s", lambda: 3.0)
    with pytest.raises(InvalidConfiguration):
        worker.run_worker(settings)
