"""After an update of the service an open page finds its scripts gone: it says so, and a reload loses nothing."""

from pathlib import Path

from playwright.sync_api import Page, expect
from tests.pages.conftest import Visit
from tests.pages.steps import agree, choose_file, choose_look, open_song, press_render, sign_in
from tests.pages.test_bad_files import long_song

SENTENCE = "A part of this page did not load"


def remove(page: Page, *names: str) -> None:
    """Answer as a service that no longer has these scripts."""
    for name in names:
        page.context.route(f"**/assets/{name}-*.js", lambda route: route.fulfill(status=404, body="Not found"))


def test_a_song_that_cannot_be_read_any_more_is_opened_by_a_reload(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open("/studio")
    choose_look(page, "Halo")
    remove(page, "song-worker")
    choose_file(page, song)
    expect(page.get_by_role("alert")).to_contain_text(SENTENCE)
    assert visitor.accessible() == []
    visitor.context.unroute_all()
    page.get_by_role("button", name="Reload").click()
    expect(page.locator(".name")).to_have_value("Night Drive")
    expect(page.locator(".tile:visible", has_text="Halo").first).to_have_attribute("aria-pressed", "true")


def test_a_picture_that_cannot_be_drawn_any_more_comes_with_a_reload(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    remove(page, "preview-worker", "painter")
    open_song(visitor, song)
    expect(page.get_by_role("status").filter(has_text=SENTENCE)).to_be_visible()
    assert visitor.accessible() == []
    visitor.context.unroute_all()
    page.get_by_role("button", name="Reload").click()
    expect(page.locator(".name")).to_have_value("Night Drive")
    expect(page.get_by_text(SENTENCE)).to_have_count(0)


def test_a_look_that_is_gone_is_drawn_after_a_reload(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)
    remove(page, "look")
    choose_look(page, "Halo")
    expect(page.get_by_role("status").filter(has_text=SENTENCE)).to_be_visible()
    visitor.context.unroute_all()
    page.get_by_role("button", name="Reload").click()
    expect(page.locator(".name")).to_have_value("Night Drive")
    expect(page.locator(".tile:visible", has_text="Halo").first).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text(SENTENCE)).to_have_count(0)


def test_a_large_song_that_cannot_be_sent_any_more_is_sent_after_a_reload(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    sign_in(visitor)
    open_song(visitor, long_song(tmp_path / "Long.wav"))
    remove(page, "upload-pieces")
    press_render(page)
    agree(page)
    expect(page.get_by_role("alert")).to_contain_text(SENTENCE)
    visitor.context.unroute_all()
    page.get_by_role("button", name="Reload").click()
    expect(page.locator(".name")).to_have_value("Long")


def test_an_example_that_is_gone_is_said(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open("/")
    remove(page, "example")
    page.get_by_role("button", name="Play the example").click()
    expect(page.locator(".toast")).to_contain_text(SENTENCE)
    expect(page.get_by_role("button", name="Play the example")).to_be_visible()
    visitor.context.unroute_all()
    page.get_by_role("button", name="Reload").click()
    page.get_by_role("button", name="Play the example").click()
    expect(page.locator("#screen canvas.drawn")).to_be_visible()
