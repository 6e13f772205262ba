"""JSON from outside, be it a request's body or a file: only what the standard knows, and only so deep."""

import json
from typing import Any

# Nothing that we take needs half of it, and what walks through a document later may call itself once a level.
DEEPEST = 32
TOO_DEEP = f"nested more than {DEEPEST} levels deep"


def loads(text: str | bytes) -> Any:  # noqa: ANN401  (JSON)
    """Return what a JSON text says; raise ValueError for one that is none or nested too deeply."""
    try:
        value = json.loads(text, parse_constant=_no_such_number)
    except RecursionError as error:
        raise ValueError(f"it is {TOO_DEEP}") from error
    if is_too_deep(value):
        raise ValueError(f"it is {TOO_DEEP}")
    return value


def has_nul(value: object) -> bool:
    """Return whether a text or a name in a document of at most DEEPEST levels contains a NUL character."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or has_nul(inner) for name, inner in value.items())
    return isinstance(value, list) and any(map(has_nul, value))


def is_too_deep(value: object) -> bool:
    """Return whether objects and lists are nested in each other more than DEEPEST levels deep."""
    level = [value]
    # A level at a time: a function that called itself would fail at the depth that it is asked about.
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _no_such_number(name: str) -> float:
    raise ValueError(f"{name} is not a number")
