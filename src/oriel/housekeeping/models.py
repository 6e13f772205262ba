"""Database models of housekeeping: the latest run of each job, and files that belong to nothing."""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base

# The kinds of stray files.
ORPHANED, MISSING = "orphaned", "missing"


class HousekeepingRun(Base):
    """The latest run of a job, whichever process has run it."""

    __tablename__ = "housekeeping_runs"

    job: Mapped[str] = mapped_column(String(40), primary_key=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    duration_s: Mapped[float | None]
    # How many things it deleted, sent or found, and a sentence about them.
    items: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[str | None] = mapped_column(String(500))
    # Why the latest run failed, and how many in a row have.
    error: Mapped[str | None] = mapped_column(String(300))
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    # While a process runs it; a killed one's claim expires.
    claimed_until: Mapped[datetime | None]
    # For jobs that go on where they stopped.
    cursor: Mapped[str | None] = mapped_column(String(300))


class StrayFile(Base):
    """A file in the storage without a row, or a file that a row names and the storage lacks."""

    __tablename__ = "stray_files"

    name: Mapped[str] = mapped_column(String(512), primary_key=True)
    # ORPHANED or MISSING.
    kind: Mapped[str] = mapped_column(String(10))
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    found_at: Mapped[datetime] = mapped_column(default=now, index=True)
