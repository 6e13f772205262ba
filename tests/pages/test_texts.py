"""Titles, artists, names and files in any writing: shown as they are, and never taken for markup."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from tests.pages.conftest import ON_A_PHONE, Visit, Visitor
from tests.pages.owner import owner_with_project
from tests.pages.steps import TINY, drop, open_song, order, press_render, shared, sign_in
from tests.render.service import Service

from oriel.rendering.pipeline.tools import find_ffmpeg

TITLE = "</script><img src=x onerror=alert(1)> שלום עולם e\u0301 👩‍🚀"
ARTIST = "<b>מזל טוב</b> & Co"
# Whether a name that is written from right to left is shown so: its first letter is right of its last one.
ITS_WAY = """(element, name) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const letters = [];
    while (texts.nextNode()) {
        for (let at = 0; at < texts.currentNode.length; at++) letters.push([texts.currentNode, at]);
    }
    const left = (index) => {
        const [text, at] = letters[index];
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect().left;
    };
    const start = letters.map(([text, at]) => text.data[at]).join('').indexOf(name);
    return start >= 0 && left(start) > left(start + name.length - 1);
}"""


def goes_its_way(sentence: Locator, name: str) -> bool:
    """Whether a name within a sentence is shown in its own direction."""
    return bool(sentence.evaluate(ITS_WAY, name))


def test_text_is_never_markup(visit: Visit, song: Path, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    tagged = tmp_path / "שיר <img src=x onerror=alert(1)> 1.mp3"
    tags = ["-metadata", f"title={TITLE}", "-metadata", f"artist={ARTIST}"]
    subprocess.run([find_ffmpeg(), "-v", "error", "-i", song, *tags, tagged], check=True, timeout=120)
    customer = sign_in(visitor)
    open_song(visitor, tagged, shared(TINY))
    shown = TITLE.replace("e\u0301", "\u00e9")
    expect(page.locator(".name")).to_have_value(shown)
    page.locator("#tab-text").click()
    expect(page.get_by_text(f"From the file: {shown}")).to_be_visible()
    expect(page.get_by_text(f"From the file: {ARTIST}")).to_be_visible()
    # What cannot be read is named, and the name keeps its own direction.
    broken = tmp_path / "שיר שבור 2.mp3"
    broken.write_text("not a song", "utf-8")
    drop(page, broken)
    page.get_by_role("button", name=f"Keep {shown}").click()
    other = tmp_path / "שיר אחר 3.mp3"
    other.write_bytes(tagged.read_bytes())
    drop(page, other, tagged)
    toast = page.locator(".toast")
    expect(toast).to_contain_text("One song at a time")
    assert goes_its_way(toast, "שיר אחר 3.mp3")
    expect(page.locator(".invite")).to_have_count(0)
    page.get_by_role("button", name="Save as my preset").click()
    page.get_by_label("Name", exact=True).fill("הלו <i>x</i> 4")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete הלו <i>x</i> 4").click()
    expect(toast).to_contain_text("is deleted.")
    assert goes_its_way(toast, "הלו <i>x</i> 4")
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


PERSON = "<u>רות</u> " + "W" * 100
# One word that is longer than any line.
PROJECT = "<s>פרויקט</s> " + "M" * 100


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_names_of_people_and_projects_are_never_markup(visit: Visit, site: Service, song: Path, width: int) -> None:
    owner, mate, guest = owner_with_project(visit, site, song, width), visit(width), visit(width)
    owner.call("PUT", "/api/user/profile", json={"name": PERSON})
    version = owner.call("GET")["version"]
    settings = {**TINY, "text": {"title": "T" * 200, "artist": ARTIST}}
    owner.call("PATCH", json={"name": PROJECT, "settings": settings, "version": version})
    email = sign_in(mate).email
    owner.invite(email)
    link = owner.share()

    def fine(visitor: Visitor) -> None:
        assert visitor.page.locator("main :is(u, s, b), dialog :is(u, s, b), header :is(u, s, b)").count() == 0
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visitor.accessible() == []

    guest.open(link)
    expect(guest.page.get_by_role("heading", level=1)).to_have_text(PROJECT)
    expect(guest.page.get_by_text("Shared by")).to_contain_text(PERSON)
    fine(guest)
    page = owner.visitor.page
    owner.visitor.open("/dashboard")
    expect(page.locator(".project", has_text=PROJECT)).to_be_visible()
    fine(owner.visitor)
    page.get_by_label(f"Actions for {PROJECT}").click()
    fine(owner.visitor)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_label("Link to this project")).to_be_visible()
    fine(owner.visitor)
    page.get_by_role("button", name="Done").click()
    page.get_by_label(f"Actions for {PROJECT}").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("1 project deleted.")
    fine(owner.visitor)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".project", has_text=PROJECT)).to_be_visible()
    mate.open("/dashboard?tab=shared")
    expect(mate.page.locator(".project", has_text=PERSON)).to_be_visible()
    fine(mate)
    mate.open(f"/studio?project={owner.project}")
    expect(mate.page.get_by_label("Name of this project")).to_have_value(PROJECT)
    fine(mate)
    owner.visitor.open("/account")
    expect(page.get_by_label("Name", exact=True).first).to_have_value(PERSON)
    fine(owner.visitor)
