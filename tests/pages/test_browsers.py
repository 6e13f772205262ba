"""Browsers that keep nothing, that are full, that are open twice, and that cannot draw."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.pages.conftest import Visit, Visitor
from tests.pages.steps import (
    TINY,
    choose_look,
    drop,
    open_song,
    order,
    picture,
    press_render,
    shared,
    sign_in,
    wait_for_still_picture,
)
from tests.render.service import PATIENCE_S, Service

from oriel.rendering.pipeline.tools import find_chromium

NOT_KEPT = "This browser cannot keep the song: after a reload, open it again."
# What a full disk answers; no test can fill one.
FULL = """const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (value, key) {
    if (value instanceof File) throw new DOMException('full', 'QuotaExceededError');
    return put.call(this, value, key);
};
null"""
# The page's policy forbids Playwright's own waiting for a function.
UNTIL_NARROWER, UNTIL_WIDER = (
    f"""(canvas, width) => new Promise((done, fail) => {{
        setTimeout(() => fail(new Error('it is still ' + canvas.width)), {1000 * PATIENCE_S});
        const look = () => (canvas.width {sign} width ? done() : requestAnimationFrame(look));
        look();
    }})"""
    for sign in "<>"
)
REFUSE = "Object.defineProperty(window, 'indexedDB', {get() { throw new DOMException('refused', 'SecurityError'); }})"


def test_a_browser_that_keeps_nothing_can_do_everything_else(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    page.add_init_script(REFUSE)
    open_song(visitor, song)
    expect(page.locator(".toast")).to_have_text(NOT_KEPT)
    choose_look(page, "Halo")
    expect(page.locator(".saved")).to_have_text("Not saved: this browser blocks storage")
    expect(page.locator(".tile:visible", has_text="Halo").first).to_have_attribute("aria-pressed", "true")
    press_render(page)
    expect(page.get_by_role("heading", name="Create an account to render")).to_be_visible()


def test_a_full_browser_says_that_the_song_is_not_kept(visit: Visit, song: Path, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)
    expect(page.locator(".saved")).to_have_text("Saved in this browser")
    page.evaluate(FULL)
    other = tmp_path / "Other.wav"
    other.write_bytes(song.read_bytes())
    drop(page, other)
    expect(page.locator(".toast")).to_have_text(NOT_KEPT)
    expect(page.locator(".name")).to_have_value("Other")
    # The song before must not come back with the settings of this one.
    page.reload()
    expect(page.get_by_role("button", name="Choose a file")).to_be_visible()


def test_the_tab_in_use_keeps_what_is_done_and_the_other_goes_on_with_it(visit: Visit, song: Path) -> None:
    visitor = visit()
    first = visitor.page
    visitor.open("/studio")
    second = visitor.context.new_page()
    visitor.watch(second)
    visitor.page = second
    open_song(visitor, song)
    choose_look(second, "Halo")
    expect(second.locator(".saved")).to_have_text("Saved in this browser")
    expect(first.locator(".saved")).to_have_text("Open in another tab. Click to continue here")
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(second.locator(".saved")).to_have_text("Open in another tab. Click to continue here")
    expect(first.locator(".name")).to_have_value("Night Drive")
    expect(first.locator(".tile:visible", has_text="Halo").first).to_have_attribute("aria-pressed", "true")


def test_a_slow_machine_plays_a_smaller_picture_and_draws_a_sharp_one_at_rest(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    # Drawing in the page, by a clock that makes any machine slow.
    page.add_init_script("delete HTMLCanvasElement.prototype.transferControlToOffscreen")
    page.add_init_script("const now = performance.now.bind(performance); performance.now = () => 50 * now()")
    open_song(visitor, song)
    canvas = page.locator(".stage canvas")
    # As wide as it is seen, and no wider than the video.
    whole = min(1280, canvas.evaluate("canvas => canvas.parentElement.clientWidth"))
    page.get_by_role("button", name="Play", exact=True).click()
    canvas.evaluate(UNTIL_NARROWER, 0.9 * whole)
    # The song is short, and may end before anybody can press Pause.
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    canvas.evaluate(UNTIL_WIDER, 0.99 * whole)


def test_the_picture_comes_back_where_it_was_after_the_graphics_were_lost(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    # A context can be lost on purpose only where the page itself draws.
    page.add_init_script("delete HTMLCanvasElement.prototype.transferControlToOffscreen")
    open_song(visitor, song)
    first = picture(page)
    page.locator("oriel-timeline").click()
    before = wait_for_still_picture(page, other_than=first)
    graphics = page.evaluate_handle(
        "document.querySelector('.canvas-host canvas').getContext('webgl2').getExtension('WEBGL_lose_context')"
    )
    graphics.evaluate(
        """(graphics) => new Promise((done) => {
            document.querySelector('.canvas-host canvas').addEventListener('webglcontextlost', done);
            graphics.loseContext();
        })"""
    )
    assert picture(page) != before
    graphics.evaluate("(graphics) => graphics.restoreContext()")
    for _ in range(int(PATIENCE_S * 10)):
        if picture(page) == before:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the picture is another one")


@pytest.fixture
def without_graphics(browser: Browser, site: Service) -> Iterator[Visitor]:
    """A visitor whose browser has no WebGL."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"]
    with browser.browser_type.launch(executable_path=find_chromium(), args=arguments) as poor:
        page = poor.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        yield Visitor(page.context, page, site.url)


def test_a_browser_that_cannot_draw_says_so_and_can_order_a_video(without_graphics: Visitor, song: Path) -> None:
    page = without_graphics.page
    sign_in(without_graphics)
    without_graphics.watch(page)
    open_song(without_graphics, song, shared(TINY))
    expect(page.get_by_role("status").filter(has_text="Your browser cannot draw the picture.")).to_be_visible()
    assert without_graphics.accessible() == []
    press_render(page)
    order(without_graphics)
    assert without_graphics.problems == []
