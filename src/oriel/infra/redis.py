"""Redis or Valkey: hints, counters and caches. Nothing that matters lives there alone, so it may be away."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from oriel.errors import InvalidConfiguration
from oriel.infra.masking import without_password

# A server on the same network answers within a millisecond; a frozen one must not freeze us.
_TIMEOUT_S = 0.5
_CONNECT_S = 1.0
_REST_S = 5.0

Answer = TypeVar("Answer")


class _Rest:
    """After a failure nobody in this process asks for a while, so that a frozen server costs little."""

    until = 0.0


def patience(timeout_s: float = _TIMEOUT_S) -> dict[str, Any]:
    """Return the options of a client each of whose calls waits for `timeout_s` at most, and is not repeated."""
    return {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": _CONNECT_S,
        "health_check_interval": 30,
        "retry": Retry(NoBackoff(), 0),
    }


def connect(url: str, *, timeout_s: float = _TIMEOUT_S) -> Redis:
    """Return a client; it connects when it is first used, and each call waits for `timeout_s` at most.

    Raise InvalidConfiguration where the address is none.
    """
    try:
        return Redis.from_url(url, **patience(timeout_s))
    except ValueError as error:
        raise InvalidConfiguration(
            f"REDIS_URL is not a Redis address: {without_password(url)}. Write redis://host:6379/0, or rediss:// for"
            " TLS, or unix:// with a socket's path; `oriel up` starts a Valkey of its own when it is empty."
        ) from error


def init_redis(app: Flask, url: str) -> None:
    """Keep one client, with its pool of connections, for this process."""
    app.extensions["oriel.redis"] = connect(url)


def redis() -> Redis:
    """Return the client of the current application."""
    client = current_app.extensions["oriel.redis"]
    assert isinstance(client, Redis)
    return client


def if_there(ask: Callable[[], Answer], otherwise: Answer) -> Answer:
    """Return what Redis answers, or `otherwise` where it is away; for what loses nothing by it."""
    if time.monotonic() < _Rest.until:
        return otherwise
    try:
        return ask()
    except (RedisError, OSError):
        _Rest.until = time.monotonic() + _REST_S
        return otherwise


def forget(subject: str) -> None:
    """Delete every key that has this in its name; what has it in its value lives for an hour at most."""
    if_there(lambda: _forget(subject), None)


def _forget(subject: str) -> None:
    client = redis()
    for key in client.scan_iter(match=f"*{subject}*", count=1000):
        client.delete(key)
