"""Values for rows of any table."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column

from oriel.infra.clock import now

# A row that is named by its time has no other key, and none refers to it.
_KEYS: dict[type, object] = {str: "1", int: 1}


def value_for(column: Column[Any]) -> object:
    """Return a value that a column takes; keys are all the same, so that each row refers to the others."""
    kind = column.type.python_type
    if (column.primary_key or column.foreign_keys) and kind in _KEYS:
        return _KEYS[kind]
    return {str: "x", int: 0, float: 0.0, bool: False, datetime: now(), date: now().date(), object: {}}[kind]
