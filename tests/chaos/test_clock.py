"""The clock dies: what it owes is done when it is back."""

import signal
from pathlib import Path

from tests.chaos.site import Site
from tests.render.processes import kill


def test_a_mail_waits_for_the_next_clock(site: Site, short_song: Path) -> None:
    journey = site.customer()
    clock = site.service.process("clock")
    site.freeze(clock)
    job_id = site.submit(journey, journey.upload(short_song))
    site.wait_for(job_id, "completed")
    assert site.ledger.mails(job_id) == ["render_ready"]
    assert site.ledger.sent(job_id) == []
    kill(clock, signal.SIGKILL)
    site.assert_delivered_once([job_id])
