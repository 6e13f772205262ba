"""With a Redis that lets everybody in and never answers, customers are served, and few of them wait for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from limits.storage import RedisStorage
from tests.functional.caller import Caller
from tests.functional.conftest import service_settings
from tests.functional.frozen import FrozenRedis, frozen_redis
from tests.functional.media.files import uploaded

from oriel.app import create_app
from oriel.infra import redis as redis_module
from oriel.infra.database import db
from oriel.infra.limits import limiter
from oriel.infra.redis import redis

# The limits look whether it is back after 1, 2, 4, 8, 16 and 32 s, and then begin anew.
_LOOKS = 7


@pytest.fixture
def frozen(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrozenRedis]:
    # Nobody's rest is over because this machine is slow.
    monkeypatch.setattr(redis_module, "_REST_S", 3600.0)
    monkeypatch.setattr(redis_module._Rest, "until", 0.0)
    with frozen_redis() as server:
        yield server


@pytest.fixture
def served(app: APIFlask, database: str, frozen: FrozenRedis, tmp_path: Path) -> Iterator[APIFlask]:
    """An application on the database of the tests and on that Redis."""
    # All applications of a process have one limiter.
    kept = dict(vars(limiter))
    other = create_app(service_settings(database, frozen.url, tmp_path))
    yield other
    vars(limiter).update(kept)
    with other.app_context():
        db.engine.dispose()
        redis().close()


def test_a_render_is_submitted_and_followed(served: APIFlask, frozen: FrozenRedis) -> None:
    customer = Caller.registered(served)
    submitted = [customer.post("/api/render/submit", json={"upload_id": uploaded(customer)}) for _ in range(3)]
    assert [answer.status_code for answer in submitted] == [202] * 3
    path = f"/api/render/status/{(submitted[0].json or {})['id']}"
    followed = [customer.get(path) for _ in range(12)]
    assert {answer.status_code for answer in followed} == {200}
    assert (followed[-1].json or {})["queue_position"] == 1
    # One of the limits and one of the hints, and then those that look.
    assert 2 <= frozen.waits() <= 2 + _LOOKS


def test_limits_hold_all_the_same(served: APIFlask) -> None:
    client = served.test_client()
    statuses = [client.post("/api/auth/reset-password", json={"email": "a@example.com"}).status_code for _ in range(40)]
    assert (statuses[0], statuses[-1]) == (202, 429)


def test_the_limits_have_no_more_patience_than_the_rest(served: APIFlask) -> None:
    with served.app_context():
        ours = redis().connection_pool.connection_kwargs
    storage = limiter.storage
    assert isinstance(storage, RedisStorage)
    theirs = storage.storage.connection_pool.connection_kwargs
    assert (theirs["socket_timeout"], theirs["socket_connect_timeout"]) == (
        ours["socket_timeout"],
        ours["socket_connect_timeout"],
    )


def test_the_status_says_that_the_queue_is_away(served: APIFlask, frozen: FrozenRedis) -> None:
    answer = served.test_client().get("/status")
    assert answer.json
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    states = {name: each["state"] for name, each in answer.json["dependencies"].items()}
    assert (states["database"], states["redis"]) == ("ok", "down")
    assert frozen.waits() == 1
