"""The list of live workers, idle ones included."""

from datetime import timedelta

from sqlalchemy import delete, update

from oriel.infra.clock import now
from oriel.infra.database import insert_missing, writing
from oriel.rendering.models import Worker

# How often an idle worker reports, and after how long without a report it counts as gone.
REPORT_EVERY_S = 5.0
GONE_AFTER = timedelta(seconds=20)
_FORGOTTEN_AFTER = timedelta(hours=1)


def report(name: str) -> None:
    """Record that a worker is alive and idle."""
    with writing() as session:
        insert_missing(session, Worker, [{"name": name, "seen_at": now()}])
        session.execute(update(Worker).where(Worker.name == name).values(seen_at=now()))
        session.execute(delete(Worker).where(Worker.seen_at < now() - _FORGOTTEN_AFTER))


def leave(name: str) -> None:
    """Record that a worker has ended."""
    with writing() as session:
        session.execute(delete(Worker).where(Worker.name == name))
