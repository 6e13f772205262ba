"""Workers that are asked to end, and then not given the time."""

import signal
import time
from pathlib import Path

import pytest
from tests.chaos.site import BIG, Site
from tests.render.processes import kill


@pytest.mark.parametrize("grace_s", [*(pytest.param(seconds, marks=pytest.mark.long) for seconds in (0, 3)), 10])
def test_a_worker_is_asked_to_end_and_then_killed(site: Site, song: Path, grace_s: float) -> None:
    journey = site.customer()
    job_id = site.submit(journey, journey.upload(song), **BIG)
    site.wait_for_frames(job_id)
    worker = site.holder(job_id)
    kill(worker, signal.SIGTERM)
    given = time.monotonic() + grace_s
    while time.monotonic() < given and worker in site.service.processes("worker"):
        time.sleep(0.05)
    in_order = worker not in site.service.processes("worker")
    kill(worker, signal.SIGKILL)
    site.assert_delivered_once([job_id])
    site.assert_no_orphans()
    # An end in order gives the render back and counts against nobody; one in disorder counts once.
    assert site.ledger.row(job_id)["fruitless"] <= (0 if in_order else 1)
