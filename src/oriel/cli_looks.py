"""`oriel looks` as text: every look with its presets, or one look with its parameters."""

import textwrap
from collections.abc import Mapping
from typing import Any

from oriel.rendering.pipeline.looks import Look, Looks

_WIDTH = 100


def list_looks(looks: Looks) -> str:
    """Return every look with its presets, and how to see the parameters of one."""
    lines = []
    for look in looks.all:
        lines.append(f"{look.name}: {look.description}")
        lines += [f"  {preset.name}: {preset.title}" for preset in look.presets]
    names = ", ".join(f"`oriel looks {look.name}`" for look in looks.all)
    return "\n".join([*lines, "", f"Parameters, with ranges and defaults: {names}."])


def describe_look(look: Look) -> str:
    """Return one look: its parameters with range, default and description, and its presets."""
    declared: Mapping[str, Mapping[str, Any]] = look.parameters.get("properties", {})
    lines = [f"{look.name}: {look.description}", "", "Parameters (--set NAME=VALUE):"]
    column = max((len(name) for name in declared), default=0) + 4
    for name, schema in declared.items():
        values = f"{_values(schema)} (default {_value(schema['default'])})"
        lines += textwrap.wrap(values, _WIDTH, initial_indent=f"  {name}".ljust(column), subsequent_indent=" " * column)
        indent = " " * column
        lines += textwrap.wrap(schema.get("description", ""), _WIDTH, initial_indent=indent, subsequent_indent=indent)
    lines += ["", "Presets (--preset NAME):"]
    return "\n".join([*lines, *(f"  {preset.name}: {preset.title}" for preset in look.presets)])


def _values(schema: Mapping[str, Any]) -> str:
    """Return which values a parameter takes, such as "1 to 6"."""
    if "enum" in schema:
        return ", ".join(map(_value, schema["enum"]))
    if schema.get("format") == "color":
        return "a colour such as #8309d5"
    if schema.get("type") == "boolean":
        return "true or false"
    if "minimum" in schema and "maximum" in schema:
        whole = ", a whole number" if schema.get("type") == "integer" else ""
        return f"{_value(schema['minimum'])} to {_value(schema['maximum'])}{whole}"
    return str(schema.get("type", "any value"))


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
