"""One running service with its books and its customers, to be hurt and looked at."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from examples.journey import Journey
from tests.chaos.ledger import Ledger
from tests.render.processes import arguments, descendants, is_kind, kill
from tests.render.service import Service

PATIENCE_S = 300.0
# Big enough to be met while it is drawn.
BIG = {"width": 480, "height": 270}
_OUTPUT = {"width": 128, "height": 72, "fps": 30, "quality": "draft"}


def deadline_s(figure_s: float) -> float:
    """Return five times a figure to reach where `make chaos` measures it; elsewhere only that it happens counts."""
    return 5 * figure_s if os.environ.get("TIMED") else PATIENCE_S


# How long a process may outlive its worker.
ORPHANS_GONE_S = deadline_s(5.0)


class Site:
    """A service, what its database and disk say, and who uses it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.ledger = Ledger(service)
        self._seeds = 0

    def customer(self, plan: str = "enterprise") -> Journey:
        """Return a new customer on this plan."""
        journey = self.service.customer()
        environment = {**os.environ, "DATA_DIR": str(self.service.data)}
        command = [sys.executable, "-m", "oriel", "admin", "set-plan", journey.email, plan]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return journey

    def submit(self, journey: Journey, upload: str, **output: Any) -> str:  # noqa: ANN401  (JSON)
        """Order a render unlike all others and return its id."""
        self._seeds += 1
        settings = {"look": "prism", "seed": self._seeds, "output": {**_OUTPUT, **output}}
        return str(journey.submit(upload, settings)["id"])

    def wait_until(self, holds: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> float:
        """Wait until something is true and return how many seconds that took."""
        started = time.monotonic()
        while not holds():
            assert time.monotonic() < started + patience_s, f"waited too long until {what}:\n{self.story}"
            time.sleep(0.05)
        return time.monotonic() - started

    def wait_for(self, job_id: str, *statuses: str, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait until a render's status is one of these and return its row."""
        what = f"{job_id} is {' or '.join(statuses)}"
        self.wait_until(lambda: self.ledger.row(job_id)["status"] in statuses, what, patience_s)
        return self.ledger.row(job_id)

    def wait_for_frames(self, job_id: str) -> dict[str, Any]:
        """Wait until the frames of a render are encoded, and return its row."""

        def draws() -> bool:
            row = self.ledger.row(job_id)
            assert row["status"] in ("queued", "processing"), row
            worker = self.worker_of(row)
            return worker is not None and any(is_kind(pid, "ffmpeg") for pid in descendants(worker))

        self.wait_until(draws, f"{job_id} draws")
        return self.ledger.row(job_id)

    def worker_of(self, row: dict[str, Any]) -> int | None:
        """Return the process that holds a render, or None where it is gone."""
        found = [pid for pid in self.service.processes("worker") if row["worker"] in arguments(pid)]
        return found[0] if found else None

    def holder(self, job_id: str) -> int:
        """Return the process that makes a render."""
        pid = self.worker_of(self.ledger.row(job_id))
        assert pid
        return pid

    def freeze(self, pid: int) -> None:
        """Stop a process, though not while it writes: who holds SQLite's lock stops everybody."""
        while True:
            kill(pid, signal.SIGSTOP)
            if self.ledger.can_be_written():
                return
            kill(pid, signal.SIGCONT)
            time.sleep(0.1)

    def valkey(self) -> int | None:
        """Return the process of Valkey, or None where it is gone."""
        below = descendants(self.service.command.pid)
        return next((pid for pid in below if "valkey" in " ".join(arguments(pid)[:1])), None)

    def assert_delivered_once(self, job_ids: Sequence[str]) -> None:
        """Wait for the end of renders; each has one video, one mail, one right, and no chunks."""
        for job_id in job_ids:
            self._settle(job_id)
        self.ledger.assert_delivered_once(job_ids)

    def _settle(self, job_id: str) -> None:
        self.wait_for(job_id, "completed", "failed", "cancelled")
        self.wait_until(lambda: not self.ledger.chunks(job_id), f"the chunks of {job_id} are gone", deadline_s(4.0))
        self.wait_until(lambda: self.ledger.sent(job_id), f"the mail about {job_id} has gone out")

    def orphans(self) -> list[str]:
        """Return the processes that live on though their worker is gone."""
        # Chromium's crash handler leaves its family by design, and ends with its browser.
        alive = [f"/workers/{pid}-" for pid in self.service.processes("worker")]
        strays = {pid: " ".join(arguments(pid)) for pid in self.service.command.strays()}
        return [f"{pid} {line}" for pid, line in strays.items() if line and not any(part in line for part in alive)]

    def assert_no_orphans(self) -> None:
        """Wait until nothing lives on whose worker is gone."""
        self.wait_until(lambda: not self.orphans(), "no orphan lives", ORPHANS_GONE_S)

    def end(self) -> None:
        """Stop the service; it ends well and leaves nothing behind."""
        command = self.service.command
        command.send(signal.SIGTERM)
        assert command.wait() == 0, self.story
        assert command.orphans() == []
        assert self.ledger.left_behind() == []
        assert list(command.tmp.iterdir()) == []

    def kill_all(self) -> None:
        """End every process at once, as a machine that vanishes."""
        for pid in (self.service.command.pid, *descendants(self.service.command.pid)):
            kill(pid, signal.SIGKILL)
        assert self.service.command.wait() == -signal.SIGKILL
        assert self.service.command.orphans() == []

    @property
    def story(self) -> str:
        """The end of what the service has logged."""
        return self.service.command.stderr[-12_000:]
