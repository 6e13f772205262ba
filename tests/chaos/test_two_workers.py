"""Two workers on one queue: each render is made once, whoever sleeps through its lease."""

import signal
from pathlib import Path

import pytest
from tests.chaos.site import BIG, Site
from tests.render.processes import descendants, is_kind, kill


def test_each_of_many_renders_is_made_once(site: Site, short_song: Path) -> None:
    customers = [site.customer(), site.customer("free")]
    uploads = [customer.upload(short_song) for customer in customers]
    submitted = [site.submit(*pair) for _ in range(4) for pair in zip(customers, uploads, strict=True)]
    site.wait_until(lambda: len(site.ledger.processing()) == 2, "both workers work")
    site.assert_delivered_once(submitted)
    assert [site.ledger.row(job_id)["fence"] for job_id in submitted] == [1] * len(submitted)


@pytest.mark.parametrize(
    "wakes", ["while another one works", pytest.param("after another one's delivery", marks=pytest.mark.long)]
)
def test_a_worker_frozen_past_its_lease_changes_nothing(site: Site, song: Path, wakes: str) -> None:
    journey = site.customer()
    job_id = site.submit(journey, journey.upload(song), **BIG)
    site.wait_for_frames(job_id)
    frozen = site.holder(job_id)
    site.freeze(frozen)
    # The reaper takes the render from the sleeper, though it dies as well.
    kill(site.service.process("clock"), signal.SIGKILL)
    site.wait_until(lambda: site.ledger.row(job_id)["fence"] == 2, "another worker goes on")
    if wakes.startswith("after"):
        site.wait_for(job_id, "completed")
    # It wakes to an error, which it would like to report.
    for pid in encoders(frozen):
        kill(pid, signal.SIGKILL)
    kill(frozen, signal.SIGCONT)
    site.wait_until(lambda: not _makes(site, frozen, job_id), "the sleeper has ended its part", 30)
    site.assert_delivered_once([job_id])
    row = site.ledger.row(job_id)
    assert (row["fence"], row["fruitless"]) == (2, 1)
    assert frozen in site.service.processes("worker")


def encoders(worker: int) -> list[int]:
    """Return the FFmpegs that a worker feeds."""
    return [pid for pid in descendants(worker) if is_kind(pid, "ffmpeg")]


def _makes(site: Site, worker: int, job_id: str) -> bool:
    has_files = any(folder.parent.name.startswith(f"{worker}-") for folder in site.ledger.folders(job_id))
    row = site.ledger.row(job_id)
    busy_elsewhere = row["status"] == "processing" and site.worker_of(row) == worker
    return has_files or (bool(encoders(worker)) and not busy_elsewhere)
