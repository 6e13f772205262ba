"""The offline payment service's data: objects and events in a small SQLite file."""

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oriel.errors import NotFound
from oriel.infra.clock import now

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (id TEXT PRIMARY KEY, kind TEXT NOT NULL, made INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY, id TEXT, kind TEXT, at REAL, body TEXT);
"""
_PATIENCE_S = 15.0

Body = dict[str, Any]
Row = sqlite3.Row


@contextlib.contextmanager
def opened_books(path: Path) -> Iterator["Books"]:
    """Open the data for one transaction, which is rolled back if the block raises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.executescript(_TABLES)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield Books(connection)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


class Books:
    """The rows, within a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.have_news = False

    def add(self, kind: str, object_id: str, body: Body) -> str:
        """Add an object unless its id exists; return the id."""
        row = (object_id, kind, json.dumps(body))
        self._connection.execute(
            "INSERT OR IGNORE INTO objects VALUES (?, ?, (SELECT COALESCE(MAX(made), 0) + 1 FROM objects), ?)", row
        )
        return object_id

    def find(self, kind: str, object_id: str) -> Body:
        """Return an object of this kind; raise NotFound."""
        query = "SELECT body FROM objects WHERE kind = ? AND id = ?"
        row = self._connection.execute(query, (kind, object_id)).fetchone()
        if row is None:
            raise NotFound("The payment service does not know this object.")
        return {"id": object_id, **json.loads(row["body"])}

    def all(self, kind: str) -> list[Body]:
        """Return all objects of a kind, the oldest first."""
        rows = self._connection.execute("SELECT id, body FROM objects WHERE kind = ? ORDER BY made", (kind,))
        return [{"id": row["id"], **json.loads(row["body"])} for row in rows]

    def change(self, kind: str, object_id: str, **values: object) -> None:
        """Change some values of an object."""
        body = {**self.find(kind, object_id), **values}
        del body["id"]
        self._connection.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), object_id))

    def forget(self, kind: str, object_id: str) -> None:
        """Delete an object; one that is not there is fine."""
        self._connection.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, object_id))

    def tell(self, kind: str, about: Body) -> None:
        """Save an event, to be sent after the commit."""
        event = (f"evt_{secrets.token_hex(12)}", kind, now().timestamp(), json.dumps(about))
        self._connection.execute("INSERT INTO events (id, kind, at, body) VALUES (?, ?, ?, ?)", event)
        self.have_news = True

    def events_since(self, seconds: float) -> list[sqlite3.Row]:
        """Return the events since this time."""
        return self._connection.execute("SELECT * FROM events WHERE at >= ? ORDER BY number", (seconds,)).fetchall()

    def unsent(self) -> list[sqlite3.Row]:
        """Return the events that were not sent yet, and mark them as sent."""
        sent = self._connection.execute("SELECT body FROM objects WHERE id = 'sent'").fetchone()
        last = json.loads(sent["body"])["number"] if sent else 0
        rows = self._connection.execute("SELECT * FROM events WHERE number > ? ORDER BY number", (last,)).fetchall()
        if rows:
            body = json.dumps({"number": rows[-1]["number"]})
            self._connection.execute("INSERT OR REPLACE INTO objects VALUES ('sent', 'sent', 0, ?)", (body,))
        return rows
