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
    visitor.page.add_init_script("navigator.share = async (shared) => { globalThis.shared = shared; }")
    visitor.open(f"/render/{job_id}")
    expect(visitor.page.get_by_role("heading", name="You cancelled this render")).to_be_visible()
    assert visitor.accessible() == []
    visitor.page.get_by_role("button", name="Render it again").click()
    visitor.page.wait_for_url(lambda url: "/render/" in url and job_id not in url)
    expect(visitor.page.get_by_role("link", name="Download")).to_be_visible()
    expect(visitor.page.get_by_role("link", name="Change and render again")).to_have_count(1)
    expect(visitor.page.locator("main a[href='/studio']")).to_have_count(0)
    visitor.page.get_by_role("button", name="Share").click()
    shared = visitor.page.evaluate("shared")
    assert shared["title"] == "Night Drive"
    assert shared["url"].startswith(f"{site.url}/")
