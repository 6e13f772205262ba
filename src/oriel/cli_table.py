"""Tables of the command line: a header, and columns under each other."""

import unicodedata
from collections.abc import Sequence

import click


def show_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a header on standard output; an empty table is one line on standard error."""
    if not rows:
        click.echo("There are none.", err=True)
        return
    for line in table_lines(header, rows):
        click.echo(line)


def table_lines(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the header and a line for each row, in aligned columns."""
    lines = [tuple(header), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(_width(cell) for cell in column) for column in zip(*lines, strict=True)]
    return ["  ".join(map(_padded, line, widths)).rstrip() for line in lines]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(cell: str) -> int:
    """Return how many columns a terminal takes: two for a wide character, none for a combining mark."""
    return sum(0 if unicodedata.combining(char) else 2 if _is_wide(char) else 1 for char in cell)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in ("W", "F")
