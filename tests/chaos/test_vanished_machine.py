"""A machine that vanishes: every process ends at once, and another machine goes on with the same data."""

from pathlib import Path

import pytest
from tests.chaos.conftest import Begin
from tests.chaos.site import BIG


@pytest.mark.long
def test_a_machine_vanishes_and_another_one_goes_on(begin: Begin, song: Path) -> None:
    site = begin()
    journey = site.customer()
    job_id = site.submit(journey, journey.upload(song), **BIG)
    site.wait_for_frames(job_id)
    site.kill_all()
    again = begin()
    journey.move(again.service.url)
    again.assert_delivered_once([job_id])
    assert again.ledger.row(job_id)["fence"] == 2
    again.end()
