"""How long a database is waited for, and that nobody waits for ever."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool
from tests.functional.waiting import PATIENCE_S

from oriel.infra import database as module
from oriel.infra.database import db, init_database, one_at_a_time, writing

_numbers = itertools.count(0x7E57)
# Twelve times what it takes; by itself the driver would wait for more than two minutes.
_GIVEN_UP_S = 60.0
# More than a process has connections.
WRITERS = 45


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server to which one can connect, and which never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://ada:secret@127.0.0.1:{listener.getsockname()[1]}/oriel"


@pytest.fixture
def on_postgresql(postgresql: str) -> Iterator[Flask]:
    app = Flask(__name__)
    init_database(app, postgresql)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def elsewhere(database: str) -> Iterator[Flask]:
    """The database of the tests, as another process uses it."""
    app = Flask(__name__)
    init_database(app, database)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def number() -> int:
    """A lock of its own, so that one which stays locked is one test's trouble."""
    return next(_numbers)


def test_writers_that_wait_leave_connections_to_readers(tmp_path: Path) -> None:
    """More than the pool has; on SQLite, as PostgreSQL's queue is the server's."""
    app = Flask(__name__)
    init_database(app, f"sqlite:///{tmp_path / 'busy.sqlite3'}")
    arrived = threading.Barrier(WRITERS + 1)

    def write() -> None:
        with app.app_context():
            arrived.wait(PATIENCE_S)
            with writing() as session:
                session.execute(text("INSERT INTO numbers VALUES (1)"))

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    with app.app_context():
        with writing() as session:
            session.execute(text("CREATE TABLE numbers (number INTEGER)"))
        with writing() as session:
            for writer in writers:
                writer.start()
            arrived.wait(PATIENCE_S)
            # Long enough for a connection to be taken.
            time.sleep(0.2)
            pool = db.engine.pool
            assert isinstance(pool, QueuePool)
            assert pool.checkedout() == 1
            session.execute(text("INSERT INTO numbers VALUES (1)"))
        for writer in writers:
            writer.join()
        assert db.session.scalar(text("SELECT count(*) FROM numbers")) == WRITERS + 1
        db.session.rollback()
        db.engine.dispose()


def test_a_server_that_never_answers_is_given_up(silent_server: str) -> None:
    app = Flask(__name__)
    init_database(app, silent_server)
    refused = []

    def ask() -> None:
        with app.app_context(), pytest.raises(OperationalError) as caught:
            db.session.scalar(text("SELECT 1"))
        refused.append(str(caught.value))

    # Where nothing ends it, the test does, and leaves the thread behind.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_GIVEN_UP_S)
    assert len(refused) == 1
    assert "timeout" in refused[0]


def test_a_statement_that_never_ends_is_ended(on_postgresql: Flask) -> None:
    with on_postgresql.app_context():
        assert db.session.scalar(text("SHOW statement_timeout")) == "30s"


def test_a_server_that_vanishes_is_noticed(on_postgresql: Flask) -> None:
    with on_postgresql.app_context():
        driver = db.session.connection().connection.driver_connection
        assert driver
        told = driver.info.get_parameters()
    silent_s = int(told["keepalives_idle"]) + int(told["keepalives_interval"]) * int(told["keepalives_count"])
    assert silent_s <= 30
    assert 0 < int(told["tcp_user_timeout"]) <= 30_000


def test_who_comes_second_waits_until_the_first_one_is_done(app: APIFlask, elsewhere: Flask, number: int) -> None:
    order: list[str] = []
    with app.app_context(), one_at_a_time(number):
        thread = enter(elsewhere, number, order)
        # Long enough for one that need not wait.
        thread.join(0.5)
        order.append("first")
    thread.join(PATIENCE_S)
    assert order == ["first", "second"]


def test_who_comes_second_waits_longer_than_for_any_statement(
    on_postgresql: Flask, postgresql: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module._PATIENCE, "options", "-c statement_timeout=1000")
    elsewhere = Flask(__name__)
    init_database(elsewhere, postgresql)
    order: list[str] = []
    with on_postgresql.app_context(), one_at_a_time(number):
        thread = enter(elsewhere, number, order)
        thread.join(2)
        order.append("first")
    thread.join(PATIENCE_S)
    with elsewhere.app_context():
        db.engine.dispose()
    assert order == ["first", "second"]


def test_a_block_that_fails_lets_the_next_one_in(app: APIFlask, elsewhere: Flask, number: int) -> None:
    order: list[str] = []
    with app.app_context(), pytest.raises(ValueError, match="x"), one_at_a_time(number):
        raise ValueError("x")
    enter(elsewhere, number, order).join(PATIENCE_S)
    assert order == ["second"]


def enter(app: Flask, number: int, order: list[str]) -> threading.Thread:
    """Have another thread enter the block, and note when it is in."""

    def note() -> None:
        with app.app_context(), one_at_a_time(number):
            order.append("second")

    thread = threading.Thread(target=note, daemon=True)
    thread.start()
    return thread
