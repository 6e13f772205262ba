"""What is remembered for a few seconds."""

from itertools import count

import pytest
from apiflask import APIFlask
from redis.exceptions import ConnectionError as RedisAway

from oriel.infra.cache import remembered
from oriel.infra.redis import redis


def test_it_is_made_once(app: APIFlask) -> None:
    numbers = count(1)
    with app.app_context():
        assert [remembered("n", 10, lambda: next(numbers)) for _ in range(3)] == [1, 1, 1]
        assert 0 < redis().ttl("oriel:cache:n") <= 10
        redis().delete("oriel:cache:n")
        assert remembered("n", 10, lambda: next(numbers)) == 2


def test_without_redis_it_is_made_each_time(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count(1)

    def away(*_: object, **__: object) -> None:
        raise RedisAway

    with app.app_context():
        monkeypatch.setattr(redis(), "execute_command", away)
        assert [remembered("n", 10, lambda: next(numbers)) for _ in range(3)] == [1, 2, 3]
