"""The page of one render."""

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from benchmarks.account import Account
from playwright.sync_api import Route, expect
from tests.pages import calls
from tests.pages.conftest import ON_A_PHONE, Visit, Visitor
from tests.pages.steps import TINY
from tests.render.service import SMALL, Service
from tests.render.songs import music, write_wav


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_cancelled_render_is_made_again_shared_and_deleted(
    visit: Visit, song: Path, site: Service, width: int
) -> None:
    visitor = visit(width)
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
    assert shared["url"].startswith(f"{site.url}/v/")
    watch_as_a_stranger(visit(width), shared["url"], width)
    revoke_its_link(visitor, shared["url"])
    delete_it(visitor, width)


def test_an_answer_that_comes_late_does_not_hide_the_end(visit: Visit, tmp_path: Path, site: Service) -> None:
    visitor = visit()
    with closing(Account(site.url)) as owner:
        job_id = owner.submit(owner.upload(write_wav(tmp_path / "Long.wav", music(12.0))), {"look": "prism"})
        while owner.status(job_id)["status"] != "processing":
            time.sleep(0.2)
        owner.sign_in(visitor.context)
        visitor.page.route("**/api/render/cancel/*", lambda route: answer_after_the_end(route, owner, job_id))
        visitor.open(f"/render/{job_id}")
        visitor.page.get_by_role("button", name="Cancel").click()
        visitor.page.get_by_role("button", name="Cancel the render").click()
        expect(visitor.page.get_by_role("heading", name="You cancelled this render")).to_be_visible()
        visitor.page.wait_for_load_state("networkidle")
        expect(visitor.page.get_by_role("heading", name="You cancelled this render")).to_be_visible()


def answer_after_the_end(route: Route, owner: Account, job_id: str) -> None:
    """Send a request on, and give its answer to the page once the render has ended."""
    answer = route.fetch()
    assert answer.json()["cancel_requested"]
    while owner.status(job_id)["status"] != "cancelled":
        time.sleep(0.2)
    route.fulfill(response=answer)


def watch_as_a_stranger(visitor: Visitor, link: str, width: int) -> None:
    """Follow the link without an account: the video plays in place, and can be downloaded."""
    visitor.open(urlsplit(link).path)
    page, video = visitor.page, visitor.page.locator("video")
    expect(page.get_by_role("heading", name="Night Drive", level=1)).to_be_visible()
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Without its button: the controls are the browser's own.
    video.evaluate(
        "video => new Promise((moves) => { video.ontimeupdate = () => { if (video.currentTime > 0.2) moves(); };"
        " video.muted = true; void video.play(); })"
    )
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    assert started.value.suggested_filename == "Night Drive.mp4"


def revoke_its_link(visitor: Visitor, link: str) -> None:
    """Revoke the link with the keyboard: it ends, and the video plays by a new one."""
    page, video = visitor.page, visitor.page.locator("video")
    before = str(video.get_attribute("src"))
    assert calls.get(link).status_code == 200
    page.get_by_role("button", name="Revoke link").press("Enter")
    expect(page.get_by_role("heading", name="Revoke the link?")).to_be_visible()
    assert visitor.accessible() == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Revoke link")).to_be_focused()
    assert calls.get(link).status_code == 200
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Revoke the link").press("Enter")
    expect(page.get_by_text("The old link no longer works.")).to_be_visible()
    expect(video).not_to_have_attribute("src", before)
    assert calls.get(link).status_code == 404
    assert calls.get(f"{visitor.url}{video.get_attribute('src')}").status_code == 200
    expect(page.get_by_role("button", name="Revoke link")).to_be_focused()


def delete_it(visitor: Visitor, width: int) -> None:
    """Delete the video with the keyboard: the page says what is left, now and after a reload."""
    page, gone = visitor.page, visitor.page.get_by_role("heading", name="This video is gone")
    link = f"{visitor.url}{page.locator('video').get_attribute('src')}"
    page.get_by_role("button", name="Delete video").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("This cannot be undone.")
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Delete the video").press("Enter")
    expect(gone).to_be_focused()
    assert visitor.accessible() == []
    assert calls.get(link).status_code == 410
    page.reload()
    expect(gone).to_be_visible()
    expect(page.get_by_role("link", name="Change and render again")).to_be_visible()


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_watermark_that_the_first_order_did_not_have_is_asked_about(
    visit: Visit, song: Path, site: Service, width: int
) -> None:
    visitor = visit(width)
    page = visitor.page
    with closing(Account(site.url)) as owner:
        job_id = owner.submit(owner.upload(song), SMALL)
        owner.post(f"/api/render/cancel/{job_id}")
        owner.sign_in(visitor.context)
    # As an order of Pro, by somebody who is on Free now.
    with closing(sqlite3.connect(site.data / "oriel.sqlite3", timeout=120)) as database, database:
        database.execute("UPDATE render_jobs SET watermark = 0 WHERE id = ?", (job_id,))
    visitor.open(f"/render/{job_id}")
    page.get_by_role("button", name="Render it again").click()
    expect(page.get_by_role("dialog")).to_contain_text("Render it with a watermark?")
    assert visitor.accessible() == []
    look(visitor, f"watermark-{width}")
    page.get_by_role("button", name="Go back").click()
    expect(page.get_by_role("button", name="Render it again")).to_be_focused()
    page.get_by_role("button", name="Render it again").click()
    page.get_by_role("button", name="Other ways").click()
    expect(page.get_by_role("heading", name="Render this video?")).to_be_visible()
    expect(page.get_by_role("dialog")).to_contain_text("With a small watermark.")


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_player_whose_video_has_gone_says_so(visit: Visit, song: Path, site: Service, width: int) -> None:
    owner_page, stranger, late = visit(width), visit(width), visit(width)
    video = owner_page.page.locator("video")
    with closing(Account(site.url)) as owner:
        job_id = owner.submit(owner.upload(song), TINY)
        owner.sign_in(owner_page.context)
        owner_page.open(f"/render/{job_id}")
        before = str(video.get_attribute("src"))
        stranger.open(urlsplit(owner.status(job_id)["watch_url"]).path)
        late.open(urlsplit(owner.post(f"/api/render/revoke-link/{job_id}")["watch_url"]).path)
        play(stranger)
        expect(stranger.page.get_by_role("heading", name="There is no video here")).to_be_visible()
        play(owner_page)
        expect(owner_page.page.get_by_text("The link of this video was replaced.")).to_be_visible()
        look(owner_page, f"replaced-{width}")
        expect(video).not_to_have_attribute("src", before)
        owner.delete(f"/api/render/video/{job_id}")
    play(late)
    expect(late.page.get_by_text("This video is no longer available.")).to_be_visible()
    look(late, f"deleted-{width}")
    play(owner_page)
    expect(owner_page.page.get_by_role("heading", name="This video is gone")).to_be_visible()


def play(visitor: Visitor) -> None:
    """Press the browser's own button of the player, which has loaded nothing so far."""
    visitor.page.locator("video").evaluate("video => { video.muted = true; video.play().catch(() => {}); }")


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_render_whose_song_was_lost_leads_to_choosing_it_again(
    visit: Visit, song: Path, site: Service, width: int
) -> None:
    visitor = visit(width)
    page = visitor.page
    with closing(Account(site.url)) as owner:
        upload = owner.upload(song)
        job_id = owner.submit(upload, SMALL)
        owner.post(f"/api/render/cancel/{job_id}")
        owner.sign_in(visitor.context)
    lose_song(site, job_id, upload)
    visitor.open(f"/render/{job_id}")
    expect(page.get_by_text("Your song was lost in our storage.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert visitor.accessible() == []
    look(visitor, f"lost-{width}")
    page.get_by_role("link", name="Choose the song again").click()
    expect(page.get_by_text("is not kept any more. Open it again: everything else is here.")).to_be_visible()
    look(visitor, f"studio-{width}")


def lose_song(site: Service, job_id: str, upload: str) -> None:
    """Take a render's song out of the storage, and say in its row that it has failed for that."""
    (stored,) = (site.data / "storage").rglob(f"{upload}.*")
    name = str(stored.relative_to(site.data / "storage"))
    stored.unlink()
    with closing(sqlite3.connect(site.data / "oriel.sqlite3", timeout=120)) as database, database:
        fail = (
            "UPDATE render_jobs SET status = 'failed', error_code = 'UPLOAD_LOST', error_message = 'Gone.',"
            " error_details = ? WHERE id = ?"
        )
        database.execute(fail, (json.dumps({"name": name}), job_id))


def look(visitor: Visitor, name: str) -> None:
    if folder := os.environ.get("RENDER_PICTURES"):
        visitor.page.screenshot(path=f"{folder}/{name}.png")
