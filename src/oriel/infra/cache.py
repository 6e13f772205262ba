"""A cache in Redis for values that may be a few seconds old; without Redis they are computed each time."""

import json
from collections.abc import Callable
from typing import TypeVar

from oriel.infra.redis import if_there, redis

_PREFIX = "oriel:cache:"

Value = TypeVar("Value", int, float, str)


def remembered(name: str, seconds: int, make: Callable[[], Value]) -> Value:
    """Return what `make` returned within the last seconds, or what it returns now; it must be JSON."""
    kept = if_there(lambda: redis().get(_PREFIX + name), None)
    if isinstance(kept, bytes):
        known: Value = json.loads(kept)
        return known
    value = make()
    if_there(lambda: redis().set(_PREFIX + name, json.dumps(value), ex=seconds), None)
    return value
