"""A customer ends a render that is under way, and nothing of it stays."""

from pathlib import Path

import pytest
from tests.chaos.site import Site, deadline_s

# The promise to the customer is 5 s.
ENDS_WITHIN_S = deadline_s(5.0)


@pytest.mark.parametrize("stage", [pytest.param("preparing", marks=pytest.mark.long), "rendering"])
def test_a_cancelled_render_ends_soon(site: Site, song: Path, stage: str) -> None:
    journey = site.customer("free")
    job_id = site.submit(journey, journey.upload(song), width=1280, height=720)
    site.wait_until(lambda: site.ledger.row(job_id)["stage"] == stage, f"the render is {stage}")
    journey.cancel(job_id)
    took = site.wait_until(lambda: site.ledger.row(job_id)["status"] == "cancelled", "it has ended", ENDS_WITHIN_S)
    site.wait_until(lambda: not site.ledger.folders(job_id), "its folder is gone", ENDS_WITHIN_S)
    site.wait_until(lambda: not site.ledger.chunks(job_id), "its chunks are gone", ENDS_WITHIN_S)
    print(f"\ncancelled while {stage}: ended after {took:.1f} s")
    row = site.ledger.row(job_id)
    # What counts is whether the first frame had been drawn when the customer asked.
    drawn = row["first_frame_at"] is not None and row["first_frame_at"] <= row["cancel_asked_at"]
    assert site.ledger.rights(job_id) == ["spent" if drawn else "returned"]
    assert site.ledger.mails(job_id) == []
    assert site.ledger.videos(job_id) == []
