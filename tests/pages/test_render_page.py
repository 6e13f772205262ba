"""The page of one render."""

from contextlib import closing
from pathlib import Path

from benchmarks.account import Account
from playwright.sync_api import expect
from tests.pages.conftest import Visit
from tests.render.service import SMALL, Service


def test_a_cancelled_render_is_made_again_in_place(visit: Visit, song: Path, site: Service) -> None:
    visitor = visit()
    with closing(Account(site.url)) as owner:
        job_id = owner.submit(owner.upload(song), SMALL)
        owner.post(f"/api/render/cancel/{job_id}")
        owner.sign_in(visitor.context)
    visitor.open(f"/render/{job_id}")
    expect(visitor.page.get_by_role("heading", name="You cancelled this render")).to_be_visible()
    assert visitor.accessible() == []
    visitor.page.get_by_role("button", name="Render it again").click()
    visitor.page.wait_for_url(lambda url: "/render/" in url and job_id not in url)
    expect(visitor.page.get_by_role("link", name="Download")).to_be_visible()
