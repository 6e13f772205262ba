"""Titles, artists, names and files in any writing: shown as they are, and never taken for markup."""

import subprocess
from pathlib import Path

from playwright.sync_api import Locator, expect
from tests.pages.conftest import Visit
from tests.pages.steps import TINY, drop, open_song, order, press_render, shared, sign_in

from oriel.rendering.pipeline.tools import find_ffmpeg

TITLE = "</script><img src=x onerror=alert(1)> שלום עולם e\u0301 👩‍🚀"
ARTIST = "<b>מזל טוב</b> & Co"
# Whether all that stands behind a name in its sentence is shown to the right of it.
IN_ORDER = """(element, name) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const places = [];
    let whole = '';
    while (texts.nextNode()) {
        const {data} = texts.currentNode;
        for (let at = 0; at < data.length; at++) places.push([texts.currentNode, at]);
        whole += data;
    }
    const boxes = (from, to) => places.slice(from, to).map(([text, at]) => {
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect();
    }).filter(({width}) => width > 1);
    const start = whole.indexOf(name);
    const named = Math.max(...boxes(start, start + name.length).map(({right}) => right));
    return start >= 0 && boxes(start + name.length, places.length).every(({left}) => left >= named - 1);
}"""


def in_order(sentence: Locator, name: str) -> bool:
    """Whether a name, written from right to left, leaves the words behind it where they belong."""
    return bool(sentence.evaluate(IN_ORDER, name))


def test_text_is_never_markup(visit: Visit, song: Path, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    tagged = tmp_path / "שיר <img src=x onerror=alert(1)> 1.mp3"
    tags = ["-metadata", f"title={TITLE}", "-metadata", f"artist={ARTIST}"]
    subprocess.run([find_ffmpeg(), "-v", "error", "-i", song, *tags, tagged], check=True, timeout=60)
    customer = sign_in(visitor)
    open_song(visitor, tagged, shared(TINY))
    shown = TITLE.replace("e\u0301", "\u00e9")
    expect(page.locator(".name")).to_have_value(shown)
    page.locator("#tab-text").click()
    expect(page.get_by_text(f"From the file: {shown}")).to_be_visible()
    expect(page.get_by_text(f"From the file: {ARTIST}")).to_be_visible()
    # What cannot be read is named, and the name does not turn the sentence around.
    broken = tmp_path / "שיר שבור 2.mp3"
    broken.write_text("not a song", "utf-8")
    drop(page, broken)
    page.get_by_role("button", name=f"Keep {shown}").click()
    other = tmp_path / "שיר אחר 3.mp3"
    other.write_bytes(tagged.read_bytes())
    drop(page, other, tagged)
    toast = page.locator(".toast")
    expect(toast).to_contain_text("One song at a time")
    assert in_order(toast, "שיר אחר 3.mp3")
    expect(page.locator(".invite")).to_have_count(0)
    page.get_by_role("button", name="Save as my preset").click()
    page.get_by_label("Name", exact=True).fill("<i>הלו</i> 4")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete <i>הלו</i> 4").click()
    expect(toast).to_contain_text("is deleted.")
    assert in_order(toast, "<i>הלו</i> 4")
    title = page.get_by_label("Title", exact=True)
    title.fill("x" * 300)
    assert len(title.input_value()) == 200
    title.fill(shown)
    assert page.locator(".studio b, .studio i:not([aria-hidden]), img[src=x]").count() == 0
    press_render(page)
    order(visitor)
    expect(page.get_by_role("heading", level=1)).to_have_text(shown)
    expect(page.get_by_text(ARTIST)).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    expect(page).to_have_title(f"\u2068{shown}\u2069 · Oriel")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert "שלום עולם" in download.value.suggested_filename
    assert customer.renders()[0]["title"] == shown
    assert page.locator("main b, img[src=x]").count() == 0
