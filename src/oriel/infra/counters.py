"""Counts of what happens, added up over all processes and machines in the database.

A process counts in memory and writes what is new a few seconds later, so counting costs no query. A process that is
killed loses the counts of those seconds. Labels come from our code, never from customers.
"""

import contextlib
import json
import logging
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.database import Base, db

_log = logging.getLogger("oriel.metrics")

_WRITE_AFTER_S = 5.0
# While the database is away, counts of so many kinds are kept; there are fewer than a tenth.
_MOST_KINDS = 2000

Key = tuple[str, str]


class Count(Base):
    """The total of one counter with its labels."""

    __tablename__ = "counts"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    # The values of its labels, as a JSON list.
    labels: Mapped[str] = mapped_column(String(120), primary_key=True)
    total: Mapped[float] = mapped_column(default=0.0)


@dataclass(frozen=True)
class Counter:
    """A figure that only grows; `name` is the one that Prometheus shows, without its suffix."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _declared.append(self)

    def add(self, *values: str, by: float = 1.0) -> None:
        """Count something that has happened, with a value for each label."""
        assert len(values) == len(self.labels)
        _pending.add((self.name, _text(values)), by)


@dataclass(frozen=True)
class Timing:
    """A distribution of seconds or other sizes, as Prometheus' histograms have it."""

    name: str
    help: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]

    def __post_init__(self) -> None:
        _declared.append(self)

    def observe(self, amount: float, *values: str) -> None:
        """Count one measurement."""
        assert len(values) == len(self.labels)
        at = bisect_left(self.buckets, amount)
        bound = f"{self.buckets[at]:g}" if at < len(self.buckets) else "+Inf"
        _pending.add((f"{self.name}_bucket", _text((*values, bound))), 1.0)
        _pending.add((f"{self.name}_sum", _text(values)), amount)


# In the order in which their modules are imported.
_declared: list[Counter | Timing] = []


class _Pending:
    """What this process has counted and not yet written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._counts: dict[Key, float] = {}
        self._engine: Engine | None = None
        self._timer: threading.Timer | None = None

    def write_to(self, engine: Engine | None) -> None:
        # A write that is under way would give its connection back to an engine that has been disposed of.
        with self._write_lock:
            self._engine = engine

    def add(self, key: Key, by: float) -> None:
        with self._lock:
            if key in self._counts or len(self._counts) < _MOST_KINDS:
                self._counts[key] = self._counts.get(key, 0.0) + by
            if self._timer is None and self._engine is not None:
                self._timer = threading.Timer(_WRITE_AFTER_S, self._write_later)
                self._timer.daemon = True
                self._timer.start()

    def take(self) -> dict[Key, float]:
        with self._lock:
            taken, self._counts = self._counts, {}
            return taken

    def write(self, engine: Engine) -> None:
        with self._write_lock:
            self._write_taken(engine)

    def _write_taken(self, engine: Engine) -> None:
        taken = self.take()
        if not taken:
            return
        try:
            _write(engine, taken)
        except SQLAlchemyError:
            _log.warning("Counts are written later: the database is unavailable.")
            for key, by in taken.items():
                self.add(key, by)

    def _write_later(self) -> None:
        with self._lock:
            self._timer = None
        with self._write_lock:
            if self._engine is not None:
                self._write_taken(self._engine)


_pending = _Pending()


def init_counters(app: Flask) -> None:
    """Write this process's counts to the application's database, a few seconds after they are made."""
    with app.app_context():
        _pending.write_to(db.engine)


def write_counts() -> None:
    """Write what has been counted, now: before somebody reads the totals, or at the end of a process."""
    _pending.write(db.engine)


def forget_counts() -> None:
    """Drop what this process has counted and write nothing by itself any more; for tests."""
    _pending.write_to(None)
    _pending.take()


def declared() -> Sequence[Counter | Timing]:
    """Return every counter and timing, by name."""
    return sorted(_declared, key=lambda each: each.name)


def totals() -> dict[tuple[str, tuple[str, ...]], float]:
    """Return all totals by name and values of the labels."""
    rows = db.session.execute(select(Count.name, Count.labels, Count.total)).all()
    db.session.commit()
    return {(name, tuple(json.loads(labels))): total for name, labels, total in rows}


def _write(engine: Engine, counts: dict[Key, float]) -> None:
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    # In one order: two processes that lock the same rows in different ones would wait for each other.
    rows = [{"name": name, "labels": labels, "total": by} for (name, labels), by in sorted(counts.items())]
    added = insert(Count).values(rows)
    statement = added.on_conflict_do_update(
        index_elements=["name", "labels"], set_={"total": Count.total + added.excluded.total}
    )
    with _writing(engine) as connection:
        connection.execute(statement)


@contextlib.contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(oriel_writes=True) as connection, connection.begin():
        yield connection


def _text(values: Sequence[str]) -> str:
    return json.dumps(list(values), separators=(",", ":"))
