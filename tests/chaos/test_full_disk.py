"""The disk fills up while a worker renders: the render waits for room, and is made then."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chaos.conftest import Begin
from tests.chaos.site import BIG
from tests.render.test_full_disk import fill

DISK_MB = 192


@pytest.fixture(
    params=[
        pytest.param("d", id="the disk of everything"),
        pytest.param("d/work", id="the work folder's disk"),
    ]
)
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / str(request.param)
    disk.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.long
def test_a_render_goes_on_when_there_is_room_again(begin: Begin, song: Path, small_disk: Path) -> None:
    site = begin()
    journey = site.customer()
    job_id = site.submit(journey, journey.upload(song), **BIG)
    site.wait_for_frames(job_id)
    fill(small_disk)
    site.wait_until(lambda: "DISK_FULL" in site.story or "disk is full" in site.story, "somebody notices")
    (small_disk / "ballast").unlink()
    site.ledger.hurry(job_id)
    site.assert_delivered_once([job_id])
    site.end()
