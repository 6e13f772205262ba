"""Values for rows of any table."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column

from oriel.infra.clock import now


def value_for(column: Column[Any]) -> object:
    """Return a value that a column takes; keys are all the same, so that each row refers to the others."""
    if column.primary_key or column.foreign_keys:
        return "1" if column.type.python_type is str else 1
    return {str: "x", int: 0, float: 0.0, bool: False, datetime: now(), date: now().date(), object: {}}[
        column.type.python_type
    ]
