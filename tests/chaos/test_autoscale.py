"""`oriel up` with AUTOSCALE_MAXIMUM: workers come with the demand, and only idle ones go."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos.site import BIG, Site
from tests.render.processes import kill


def niceness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


# It needs both cores for itself: `make chaos` gives it them.
@pytest.mark.long
def test_workers_come_with_the_demand_and_no_render_is_interrupted_when_they_go(
    begin: Callable[..., Site], song: Path, short_song: Path
) -> None:
    limits = {"AUTOSCALE_MAXIMUM": "2", "AUTOSCALE_TARGET_WAIT_S": "1", "AUTOSCALE_COOL_DOWN_S": "1"}
    site = begin(**limits)
    workers = site.service.processes
    site.wait_until(lambda: len(workers("worker")) == 1, "the smallest number runs")
    # Pages go first on a busy machine.
    (worker,), others = workers("worker"), site.service.command.pid
    site.wait_until(lambda: niceness(worker) > niceness(others), "the worker gives way")
    journey = site.customer()
    long_upload, short_upload = journey.upload(song), journey.upload(short_song)
    renders = [site.submit(journey, long_upload, **BIG), *(site.submit(journey, short_upload) for _ in range(3))]
    site.wait_until(lambda: len(site.ledger.processing()) == 2, "two work at once")
    # The last one is asked to leave while it works, which no autoscaler would do.
    site.wait_for_frames(renders[0])
    holder = site.holder(renders[0])
    kill(holder, signal.SIGUSR1)
    site.assert_delivered_once(renders)
    assert [site.ledger.row(job_id)["fence"] for job_id in renders] == [1] * len(renders)
    site.wait_until(lambda: holder not in workers("worker"), "the one that was asked has left")
    site.wait_until(lambda: len(workers("worker")) == 1, "only the smallest number is left")
    # Said at its next look, after the process has gone.
    site.wait_until(lambda: "has left" in site.story, "it is told")
    site.end()
