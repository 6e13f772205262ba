"""What people come for: see a song move, make a video of it, pay for one, with nothing lost on the way."""

import html
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.pages.conftest import WIDTHS, Visit, Visitor
from tests.pages.steps import (
    choose_look,
    enter,
    open_song,
    order,
    picture,
    press_render,
    register,
    wait_for_other_picture,
)

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_stranger_sees_a_song_move_and_shapes_it(visit: Visit, song: Path, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    open_song(visitor, song)
    expect(page.locator(".name")).to_have_value("Night Drive")
    still = picture(page)
    page.locator("oriel-timeline").click()
    moved = wait_for_other_picture(page, still)
    choose_look(page, "Halo")
    other = wait_for_other_picture(page, moved)
    assert visitor.accessible() == []
    page.get_by_role("button", name="Undo").click()
    wait_for_other_picture(page, other)
    page.get_by_role("button", name="Redo").click()
    expect(page.locator(".saved")).to_have_text("Saved in this browser")
    # A reload brings song and look back.
    page.reload()
    expect(page.locator(".name")).to_have_value("Night Drive")
    expect(page.locator(".invite")).to_have_count(0)
    if width < 1000:
        page.locator("#tab-looks").click()
    expect(page.locator(".tile:visible", has_text="Halo").first).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_new_customer_makes_a_video(visit: Visit, song: Path, width: int, tmp_path: Path) -> None:
    visitor = visit(width)
    page = visitor.page
    open_song(visitor, song)
    register(visitor)
    assert visitor.accessible() == []
    expect(page.locator("dialog")).to_contain_text("720p · 30 fps · MP4 · 0:03")
    expect(page.locator("dialog")).to_contain_text(
        "Uses 1 of the 5 renders that you have left this month. With a small watermark."
    )
    order(visitor)
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    assert visitor.accessible() == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "video.mp4")
    assert (tmp_path / "video.mp4").read_bytes()[4:8] == b"ftyp"


def test_a_render_that_the_plan_does_not_include_is_bought(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)
    page.locator("#tab-output").click()
    page.locator(".chip", has_text="1080p").click()
    expect(page.get_by_text("Included in Pro, $9.99 a month.")).to_be_visible()
    # The price comes before the form.
    press_render(page)
    expect(page.locator("dialog .limit")).to_contain_text("Pro costs $9.99 a month, this video alone $4.99.")
    assert visitor.accessible() == []
    page.get_by_role("button", name="Buy this render for $4.99").click()
    expect(page.get_by_role("heading", name="Create an account to buy this render")).to_be_visible()
    enter(visitor)
    expect(page.locator("dialog .limit")).to_contain_text("1080p")
    assert visitor.accessible() == []
    page.get_by_role("button", name="Buy this render for $4.99").click()
    page.wait_for_url("**/dev/checkout?**")
    page.get_by_role("button", name="Pay", exact=False).first.click()
    page.wait_for_url("**/render/*")
    expect(page.get_by_role("link", name="Download")).to_be_visible()


@pytest.mark.long
def test_a_render_that_free_includes_is_bought_without_its_watermark(visit: Visit, song: Path) -> None:
    visitor = visit(390)
    page = visitor.page
    open_song(visitor, song)
    register(visitor)
    expect(page.locator("dialog")).to_contain_text("With a small watermark.")
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="1080p, no watermark, $4.99").click()
    page.wait_for_url("**/dev/checkout?**")
    page.get_by_role("button", name="Pay $4.99").click()
    page.wait_for_url("**/render/*")
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    expect(page.get_by_text("This video has a small watermark.")).to_have_count(0)
    # The price is that of the larger size.
    expect(page.get_by_text("1920 \N{MULTIPLICATION SIGN} 1080")).to_be_visible()
    # Back in the studio, nothing is asked about what has just been rendered.
    page.get_by_role("link", name="Change and render again").click()
    expect(page.locator(".invite")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".saved")).to_have_text("Saved in this browser")


def ask_for_more_than_free_includes(visitor: Visitor, song: Path) -> None:
    """Become a customer on Free and press Render for a video of 1080p."""
    page = visitor.page
    open_song(visitor, song)
    register(visitor)
    page.get_by_role("button", name="Not yet").click()
    page.locator("#tab-output").click()
    page.locator(".chip", has_text="1080p").click()
    press_render(page)


def test_a_plan_is_bought_from_the_summary_and_leads_back_to_the_render(visit: Visit, song: Path) -> None:
    visitor = visit(390)
    page = visitor.page
    ask_for_more_than_free_includes(visitor, song)
    expect(page.get_by_role("button", name="Buy this render for $4.99")).to_be_visible()
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("dialog").get_by_role("button", name="Get Pro").click()
    page.wait_for_url("**/dev/checkout?**")
    page.get_by_role("button", name="Pay $9.99").click()
    expect(page.get_by_text("You are now on Pro")).to_be_visible()
    page.get_by_role("link", name="Continue in the studio").click()
    # The song and all settings are there, and the question is asked again.
    expect(page.get_by_role("heading", name="Render this video?")).to_be_visible()
    expect(page.locator("dialog")).to_contain_text("1080p")
    expect(page.locator("dialog")).to_contain_text(
        "Uses 1 of the 50 renders that you have left this month. Without a watermark."
    )
    expect(page.get_by_role("button", name="Render", exact=True).last).to_be_visible()


def test_a_plan_bought_in_another_tab_is_seen(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    ask_for_more_than_free_includes(visitor, song)
    expect(page.locator("dialog .limit")).to_contain_text("Pro costs $9.99 a month, this video alone $4.99.")
    tab = visitor.context.new_page()
    visitor.watch(tab)
    tab.goto(f"{visitor.url}/billing?plan=pro")
    tab.get_by_role("button", name="Pay $9.99").click()
    expect(tab.get_by_text("You are now on Pro")).to_be_visible()
    tab.close()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("dialog")).to_contain_text("Without a watermark.")


def test_a_shared_look_opens_and_a_damaged_one_is_refused_politely(visit: Visit, song: Path) -> None:
    visitor = visit()
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.page
    open_song(visitor, song)
    choose_look(page, "Prism")
    page.locator(".bar").get_by_label("Share", exact=True).click()
    page.get_by_role("button", name="Copy a link to this look").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = str(page.evaluate("navigator.clipboard.readText()"))
    friend = visit()
    friend.page.goto(link)
    expect(friend.page.locator(".tile", has_text="Prism").first).to_have_attribute("aria-pressed", "true")
    stranger = visit()
    stranger.page.goto(link[:-10])
    expect(stranger.page.get_by_text("This link is damaged")).to_be_visible()


def test_the_example_page_presets_the_look(visit: Visit) -> None:
    visitor = visit()
    links = re.findall(r'href="[^"]+/studio(#[^"]+)"', (ROOT / "examples" / "embed.html").read_text("utf-8"))
    assert len(links) == 3
    visitor.open(f"/studio{html.unescape(links[0])}")
    expect(visitor.page.locator(".tile", has_text="Prism").first).to_have_attribute("aria-pressed", "true")
    expect(visitor.page.get_by_role("radio", name="Torus knot")).to_be_checked()
    expect(visitor.page.locator("#p-glowColor")).to_have_value("#00c2ff")


def test_a_script_of_the_page_presets_the_look(visit: Visit) -> None:
    visitor = visit()
    visitor.page.add_init_script("window.config = {shape: 'cube', size: 6, glowColor: 0x8309d5, pulseIntensity: 3}")
    visitor.open("/studio")
    expect(visitor.page.get_by_role("radio", name="Cube")).to_be_checked()
    expect(visitor.page.locator("#p-size")).to_have_value("6")
    expect(visitor.page.locator("#p-glowColor")).to_have_value("#8309d5")


def test_a_preset_that_does_not_exist_is_refused_in_a_sentence(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/studio#shape=banana")
    expect(visitor.page.locator(".toast")).to_contain_text("“params.shape” cannot be used")
    expect(visitor.page.get_by_role("button", name="Choose a file")).to_be_enabled()
