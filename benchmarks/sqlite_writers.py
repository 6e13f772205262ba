"""How long a reader waits on SQLite while many threads write, with and without a turn for writers.

python -m benchmarks.sqlite_writers [--writers 60] [--readers 4] [--seconds 5]

Both variants run in one process, one after the other, each on a database of its own: writers that wait for each other
before they take a connection (as `writing` does), and writers that leave the waiting to SQLite.
"""

import argparse
import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from apiflask import APIFlask
from sqlalchemy import func, select

from benchmarks.service import percentile
from oriel.accounts.models import User
from oriel.app import create_app, upgrade_database
from oriel.infra import database
from oriel.infra.database import db, writing
from oriel.settings import load_settings

_PAUSE_S = 0.005


def main() -> None:
    """Print the figures of both variants."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--writers", type=int, default=60)
    options.add_argument("--readers", type=int, default=4)
    options.add_argument("--seconds", type=float, default=5.0)
    asked = options.parse_args()
    for name, turn in (("SQLite's lock", _no_turn), ("a turn", database._turn)):
        with mock.patch.object(database, "_turn", turn), tempfile.TemporaryDirectory() as folder:
            reads, writes = _measured(_app(Path(folder)), asked.writers, asked.readers, asked.seconds)
        print(
            f"{name:14} reads: {len(reads)}, p50 {percentile(reads, 0.5):.1f} ms, p95 {percentile(reads, 0.95):.1f} ms,"
            f" longest {max(reads):.0f} ms; writes: {len(writes)}, longest {max(writes):.0f} ms"
        )


@contextlib.contextmanager
def _no_turn(_session: object) -> Iterator[None]:
    yield


def _app(folder: Path) -> APIFlask:
    for name in ("DATABASE_URL", "REDIS_URL", "SENTRY_DSN"):
        os.environ.pop(name, None)
    app = create_app(load_settings().model_copy(update={"data_dir": folder}))
    with app.app_context():
        upgrade_database()
    return app


def _measured(app: APIFlask, writers: int, readers: int, seconds: float) -> tuple[list[float], list[float]]:
    """Return how long each read and each write took, in milliseconds."""
    reads: list[float] = []
    writes: list[float] = []
    over = threading.Event()

    def repeat(step: Callable[[], None], took: list[float], pause_s: float) -> None:
        while not over.is_set():
            began = time.perf_counter()
            # One for each step, as for each request.
            with app.app_context():
                step()
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(pause_s)

    threads = [threading.Thread(target=repeat, args=(_write, writes, 0.0)) for _ in range(writers)]
    threads += [threading.Thread(target=repeat, args=(_read, reads, _PAUSE_S)) for _ in range(readers)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in threads:
        thread.join()
    with app.app_context():
        db.engine.dispose()
    return reads, writes


def _write() -> None:
    name = f"{time.time_ns()}-{threading.get_ident()}"
    with writing() as session:
        session.add(User(email=f"{name}@example.com", password_hash=""))


def _read() -> None:
    db.session.scalar(select(func.count()).select_from(User))
    db.session.commit()


if __name__ == "__main__":
    main()
