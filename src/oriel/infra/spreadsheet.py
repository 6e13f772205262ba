"""CSV that a spreadsheet takes for data, whatever strangers have written into it."""

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | int | float | None


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV; texts that a spreadsheet would calculate get an apostrophe in front."""
    text = io.StringIO()
    table = csv.writer(text)
    for row in rows:
        table.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def harmless(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
