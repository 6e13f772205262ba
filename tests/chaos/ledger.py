"""What the database and the disk say about renders, read beside the running service."""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.render.service import Service

# Names under which something is written that is not whole yet, or that somebody uses for a while.
_PASSING = ("*.part*", "*.gone-*")


@dataclass(frozen=True)
class Ledger:
    """The books of one service."""

    service: Service

    def row(self, job_id: str) -> dict[str, Any]:
        """Return a render's row."""
        (row,) = self._select("SELECT * FROM render_jobs WHERE id = ?", job_id)
        return row

    def processing(self) -> list[dict[str, Any]]:
        """Return the rows of the renders that a worker holds."""
        return self._select("SELECT * FROM render_jobs WHERE status = 'processing'")

    def open_jobs(self) -> int:
        """Return how many renders have not ended."""
        return len(self._select("SELECT id FROM render_jobs WHERE status IN ('queued', 'processing')"))

    def mails(self, job_id: str) -> list[str]:
        """Return the kinds of the mails about a render."""
        return [row["kind"] for row in self._select("SELECT kind FROM outbox_mails WHERE subject_key = ?", job_id)]

    def sent(self, job_id: str) -> list[str]:
        """Return the kinds of the mails about a render that were handed over."""
        query = "SELECT kind FROM outbox_mails WHERE subject_key = ? AND state = 'sent'"
        return [row["kind"] for row in self._select(query, job_id)]

    def rights(self, job_id: str) -> list[str]:
        """Return the states of the rights that pay for a render."""
        return [row["state"] for row in self._select("SELECT state FROM render_rights WHERE render_id = ?", job_id)]

    def videos(self, job_id: str) -> list[Path]:
        """Return the files of a render's video."""
        return sorted((self.service.data / "storage" / "videos").glob(f"*/{job_id}/*.mp4"))

    def chunks(self, job_id: str) -> list[Path]:
        """Return what is kept of a render's chunks."""
        # The folder may go while it is read.
        with contextlib.suppress(FileNotFoundError):
            return sorted((self.service.data / "storage" / "chunks" / job_id).glob("*"))
        return []

    def folders(self, job_id: str) -> list[Path]:
        """Return the folders that attempts at a render have made."""
        return sorted((self.service.data / "work" / "workers").glob(f"*/{job_id}-*"))

    def can_be_written(self) -> bool:
        """Tell whether nobody holds the database's lock for longer than a write takes."""
        with contextlib.closing(self._connect(timeout_s=2.0)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            database.execute("ROLLBACK")
        return True

    def hurry(self, job_id: str) -> None:
        """Let the pause before the next attempt be over."""
        with contextlib.closing(self._connect()) as database, database:
            query = "UPDATE render_jobs SET run_after = created_at WHERE id = ? AND status = 'queued'"
            database.execute(query, [job_id])

    def left_behind(self) -> list[str]:
        """Return the files of the service that nobody needs once all its renders have ended and it has too."""
        data = self.service.data
        passing = [path for pattern in _PASSING for path in data.rglob(pattern)]
        worked = [path for path in (data / "work").rglob("*") if path.is_file() or path.is_symlink()]
        found = {*passing, *worked, *(data / "storage").rglob(".incoming/*"), *(data / "work").glob("*/*")}
        return sorted(str(path.relative_to(data)) for path in found)

    def assert_delivered_once(self, job_ids: Sequence[str]) -> None:
        """Hold each render against the books: one end, one video, one mail, one right."""
        for job_id in job_ids:
            row = self.row(job_id)
            assert row["status"] == "completed", row
            assert self.mails(job_id) == ["render_ready"], row
            assert self.rights(job_id) == ["spent"], row
            (video,) = self.videos(job_id)
            assert row["video_object"].endswith(video.name)

    def _select(self, query: str, *values: str) -> list[dict[str, Any]]:
        with contextlib.closing(self._connect()) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, values)]

    def _connect(self, timeout_s: float = 10.0) -> sqlite3.Connection:
        return sqlite3.connect(self.service.data / "oriel.sqlite3", timeout=timeout_s)
