"""Workers killed with no warning, again and again: nothing lost, nothing twice, nothing left."""

import random
import signal
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
from tests.chaos.site import ORPHANS_GONE_S, Site, deadline_s
from tests.render.processes import kill

# More renders than the site has workers.
OPEN = 3
MOST_FRUITLESS = 3
RUNS_AGAIN_S = deadline_s(10.0)


class Killer:
    """Kills workers at random moments and watches what becomes of what they made."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.kills = 0
        self.ran_again_after: list[float] = []
        self._chance = random.Random(seed)
        self._next = 0.0
        self._waiting: dict[str, tuple[int, float]] = {}
        self._strays: dict[str, float] = {}

    @property
    def is_settled(self) -> bool:
        """Whether all that was interrupted runs again."""
        return not self._waiting

    def act(self) -> None:
        """Look at everything, and kill somebody when the moment has come."""
        self._note_what_runs_again()
        self._refuse_orphans()
        if time.monotonic() < self._next:
            return
        victims = [row for row in self.site.ledger.processing() if _may_be_hurt(row) and self.site.worker_of(row)]
        if victims:
            self._kill(self._chance.choice(victims))
            self._next = time.monotonic() + self._chance.uniform(0.2, 3.5)

    def _kill(self, row: dict[str, Any]) -> None:
        pid = self.site.worker_of(row)
        # It may have gone on to another render by now.
        if pid and self.site.ledger.row(row["id"])["fence"] == row["fence"]:
            kill(pid, signal.SIGKILL)
            self.kills += 1
            self._waiting[row["id"]] = (row["fence"], time.monotonic())

    def _note_what_runs_again(self) -> None:
        for job_id, (fence, killed_at) in list(self._waiting.items()):
            row = self.site.ledger.row(job_id)
            if row["fence"] > fence or row["status"] == "completed":
                self.ran_again_after.append(time.monotonic() - killed_at)
                del self._waiting[job_id]
            assert time.monotonic() - killed_at < RUNS_AGAIN_S, f"{row}\n{self.site.story}"

    def _refuse_orphans(self) -> None:
        strays, at = self.site.orphans(), time.monotonic()
        self._strays = {name: self._strays.get(name, at) for name in strays}
        assert all(at - seen < ORPHANS_GONE_S for seen in self._strays.values()), strays


def _may_be_hurt(row: dict[str, Any]) -> bool:
    # A third death without a new chunk is what a render that kills its workers looks like, and ends it.
    return bool(row["fruitless"] < MOST_FRUITLESS - 1)


def hurt(site: Site, song: Path, kills: int, seed: int) -> None:
    """Kill workers so many times while they always have something to do, then hold everything against the books."""
    journey = site.customer()
    upload = journey.upload(song)
    killer = Killer(site, seed)
    submitted: list[str] = []
    while killer.kills < kills or not killer.is_settled:
        if killer.kills < kills and site.ledger.open_jobs() < OPEN:
            submitted.append(site.submit(journey, upload))
        killer.act()
        time.sleep(0.05)
    site.assert_delivered_once(submitted)
    site.assert_no_orphans()
    p95 = quantiles(killer.ran_again_after, n=20)[-1]
    print(f"\n{kills} kills, {len(submitted)} renders: running again after {p95:.1f} s (p95)")


def test_six_kills_at_random_moments(site: Site, song: Path) -> None:
    hurt(site, song, kills=6, seed=6)


@pytest.mark.long
def test_a_hundred_kills_at_random_moments(site: Site, song: Path) -> None:
    hurt(site, song, kills=100, seed=100)
