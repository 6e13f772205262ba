"""What a visitor does in the studio beside the journey to a video: pictures, presets, text from elsewhere, names."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.pages import calls
from tests.pages.conftest import ON_A_PHONE, PASSWORD, Visit
from tests.pages.steps import TINY, choose_look, open_song, order, register, shared, wait_for_still_picture
from tests.render.service import Service

from oriel.rendering.pipeline.tools import find_tools


def draw(path: Path, colour: str) -> Path:
    """Write a picture of one colour."""
    ffmpeg = find_tools().ffmpeg
    subprocess.run(
        [ffmpeg, "-v", "error", "-f", "lavfi", "-i", f"color={colour}:s=80x60", "-frames:v", "1", path], check=True
    )
    return path


def choose_picture(page: Page, button: str, path: Path) -> None:
    """Choose a picture by the button of a part of the panel."""
    with page.expect_file_chooser() as chooser:
        page.locator(button).click()
    chooser.value.set_files(path)


def test_own_pictures_are_seen_undone_kept_and_ordered(visit: Visit, song: Path, tmp_path: Path, site: Service) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)
    choose_look(page, "Halo")
    page.locator("#tab-text").click()
    still = wait_for_still_picture(page)
    cover = "#panel .picture-field >> nth=0 >> button >> nth=0"
    choose_picture(page, cover, draw(tmp_path / "one.png", "#c02020"))
    red = wait_for_still_picture(page, other_than=still)
    (other := tmp_path / "other").mkdir()
    # Another picture of the same name is another picture.
    choose_picture(page, cover, draw(other / "one.png", "#20c020"))
    green = wait_for_still_picture(page, other_than=red)
    page.get_by_role("button", name="Undo").click()
    wait_for_still_picture(page, other_than=green)
    page.get_by_role("radio", name="Picture").check()
    choose_picture(page, "[data-takes=background] button", draw(tmp_path / "behind.png", "#2020c0"))
    expect(page.get_by_alt_text("The background")).to_be_visible()
    assert visitor.accessible() == []
    expect(page.locator(".saved")).to_have_text("Saved in this browser")
    page.reload()
    page.locator("#tab-text").click()
    expect(page.get_by_alt_text("The background")).to_be_visible()
    email = register(visitor)
    order(visitor)
    headers = {"Authorization": f"Bearer {token_of(site, email)}"}
    job = page.url.rsplit("/", 1)[-1]
    settings = calls.get(f"{site.url}/api/render/status/{job}", headers=headers).json()["settings"]
    assert settings["cover"]["source"] == "file"
    assert settings["background"]["type"] == "image"
    assert len({settings["cover"]["file"], settings["background"]["image"], "cover"}) == 3


def token_of(site: Service, email: str) -> str:
    """Sign in beside the page."""
    answer = calls.post(f"{site.url}/api/auth/login", json={"email": email, "password": PASSWORD})
    return str(answer.json()["access_token"])


def test_a_transparent_video_is_a_mov_and_another_format_brings_the_background_back(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open("/studio")
    page.locator("#tab-text").click()
    page.get_by_role("radio", name="None").check()
    expect(page.locator(".frame.see-through")).to_be_visible()
    expect(page.get_by_text("included in Pro")).to_be_visible()
    page.locator("#tab-output").click()
    expect(page.get_by_role("radio", name="MOV")).to_be_checked()
    page.get_by_role("radio", name="MP4").check()
    expect(page.locator(".frame.see-through")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".frame.see-through")).to_be_visible()


def test_own_presets_are_named_kept_copied_and_deleted(visit: Visit) -> None:
    visitor, friend = visit(), visit()
    page = visitor.page
    for each in (visitor, friend):
        each.context.grant_permissions(["clipboard-read", "clipboard-write"])
        each.open("/studio")
    choose_look(page, "Prism")
    page.get_by_role("radio", name="Cube").check()
    page.get_by_role("button", name="Save as my preset").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Prism 1")
    assert visitor.accessible() == []
    page.get_by_label("Name", exact=True).fill("<b>שלום</b>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Your presets").locator("img[src^='blob:']")).to_be_visible()
    page.get_by_role("button", name="Copy look").click()
    expect(page.get_by_text("The look is copied.")).to_be_visible()
    text = str(page.evaluate("navigator.clipboard.readText()"))
    assert json.loads(text)["params"]["shape"] == "cube"
    page.reload()
    choose_look(page, "Halo")
    page.get_by_role("button", name="<b>שלום</b>", exact=True).click()
    expect(page.get_by_role("radio", name="Cube")).to_be_checked()
    page.get_by_role("button", name="Delete <b>שלום</b>").click()
    expect(page.locator(".own")).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".own")).to_have_count(1)
    friend.page.get_by_role("button", name="Paste look").click()
    expect(friend.page.get_by_role("radio", name="Cube")).to_be_checked()
    friend.page.evaluate("navigator.clipboard.writeText('a shopping list')")
    friend.page.get_by_role("button", name="Paste look").click()
    expect(friend.page.locator(".toast")).to_contain_text("There is no look in what you copied.")


def test_the_colours_of_the_cover_are_offered(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open("/studio")
    choose_look(page, "Prism")
    expect(page.get_by_role("button", name="Take the cover\u2019s colours")).to_have_count(0)
    page.locator("#tab-text").click()
    choose_picture(page, "#panel .picture-field >> nth=0 >> button >> nth=0", draw(tmp_path / "a.png", "#d04010"))
    expect(page.get_by_alt_text("The cover")).to_be_visible()
    page.locator("#tab-tune").click()
    page.get_by_role("button", name="Take the cover\u2019s colours").click()
    expect(page.locator("#p-glowColor")).not_to_have_value("#8309d5")


def test_a_name_is_kept_and_names_the_settings_file(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)
    name = page.get_by_label("Name of this project")
    expect(name).to_have_value("Night Drive")
    name.fill("Second single")
    page.keyboard.press("Enter")
    expect(page.locator(".saved")).to_have_text("Saved in this browser")
    page.reload()
    expect(name).to_have_value("Second single")
    page.locator("#tab-output").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save a settings file").click()
    assert download.value.suggested_filename == "Second single settings.json"


def test_settings_that_name_a_picture_of_elsewhere_say_so(visit: Visit, song: Path, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"look": "halo", "background": {"type": "image", "image": "gone.png"}}))
    page.locator("#tab-output").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a settings file").click()
    chooser.value.set_files(settings)
    page.get_by_role("button", name="Render", exact=True).click()
    expect(page.get_by_role("heading", name="A picture is missing")).to_be_visible()
    page.get_by_role("button", name="Choose the picture").click()
    expect(page.get_by_text("gone.png is not in this browser.")).to_be_visible()


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_the_menu_of_the_sound_closes_by_escape_and_by_a_click_elsewhere(visit: Visit, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    visitor.open("/studio")
    # A phone has no keys, and what its bar has no room for.
    menu = page.get_by_label("More" if width < 600 else "Sound and keys", exact=True).and_(page.locator("summary"))
    menu.click()
    page.get_by_label("Headphone delay").fill("200")
    expect(page.get_by_text("200 ms")).to_be_visible()
    assert visitor.accessible() == []
    page.keyboard.press("Escape")
    expect(page.get_by_label("Headphone delay")).to_be_hidden()
    menu.click()
    page.locator("h1").dispatch_event("pointerdown")
    expect(page.get_by_label("Headphone delay")).to_be_hidden()
    page.reload()
    menu.click()
    expect(page.get_by_text("200 ms")).to_be_visible()


def test_a_time_is_not_rewritten_while_it_is_typed(visit: Visit, song: Path) -> None:
    visitor = visit(390)
    page = visitor.page
    open_song(visitor, song)
    page.locator("#tab-output").click()
    page.get_by_label("From").fill("0:01")
    page.keyboard.press("Tab")
    # What it costs and how long it takes is asked meanwhile, and the panel drawn anew.
    page.keyboard.press("Control+A")
    page.keyboard.type("0:02.5", delay=250)
    page.keyboard.press("Enter")
    expect(page.get_by_label("To", exact=True)).to_have_value("0:02.5")
    expect(page.locator(".time")).to_contain_text("0:01 to 0:02")


def test_a_visitor_with_a_phone_finds_the_way_in(visit: Visit) -> None:
    visitor = visit(390)
    page = visitor.page
    visitor.open("/studio")
    # Nothing was changed, so nothing is said about saving.
    expect(page.locator(".saved svg")).to_have_count(0)
    page.locator("summary[aria-label=Menu]").click()
    assert visitor.accessible() == []
    page.get_by_role("link", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_title_that_is_cut_says_so_at_this_shape(visit: Visit, song: Path, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    open_song(visitor, song)
    page.locator("#tab-text").click()
    # It fits into two lines of a wide picture, and not into those of a narrow one.
    page.get_by_label("Title").fill("All the lights that we left on when we drove out of the city that night")
    cut = page.locator(".field", has=page.get_by_label("Title")).get_by_role("status")
    expect(cut).to_be_empty()
    page.locator("#tab-output").click()
    page.locator(".shape", has_text="9:16").click()
    page.locator("#tab-text").click()
    expect(cut).to_contain_text("Too long at 9:16. The second line is cut")
    assert visitor.accessible() == []
    page.get_by_label("Title").fill("All the lights")
    expect(cut).to_be_empty()


def test_name_and_safe_areas_are_there_again_after_a_reload(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)
    page.get_by_label("Name of this project").fill("Late shift")
    page.get_by_label("Name of this project").press("Enter")
    page.locator("#tab-output").click()
    page.get_by_label("Show what apps cover").check()
    expect(page.locator(".saved")).to_have_text("Saved in this browser")
    page.add_init_script(NAMES_SHOWN)
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url))
    page.reload()
    expect(page.locator(".guides")).to_be_visible()
    expect(page.get_by_role("button", name="Render", exact=True)).to_be_enabled()
    # What was heard in the song is kept: nobody waits for it to be read again.
    assert not any("song-worker" in script for script in scripts)
    expect(page.get_by_label("Name of this project")).to_have_value("Late shift")
    assert "Untitled" not in page.evaluate("names")


# What the field for the name shows, from the first to the last.
NAMES_SHOWN = """
globalThis.names = [];
new MutationObserver(() => {
  const field = document.querySelector('.bar .name');
  if (field) names.push(field.value || field.placeholder);
}).observe(document, {childList: true, subtree: true, attributes: true});
"""


def test_a_field_stays_above_the_keyboard_of_a_phone(visit: Visit, song: Path) -> None:
    visitor = visit(390)
    page = visitor.page
    open_song(visitor, song)
    page.locator("#tab-text").click()
    page.get_by_label("Artist").tap()
    expect(page.get_by_label("Artist")).to_be_focused()
    page.evaluate(KEYBOARD_OPENS, 320)
    page.wait_for_function(FIELD_IS_ABOVE, arg=780 - 320)
    page.get_by_label("Title").focus()
    page.wait_for_function(FIELD_IS_ABOVE, arg=780 - 320)
    page.evaluate(KEYBOARD_OPENS, 0)
    expect(page.locator("oriel-studio.typing")).to_have_count(0)


FIELD_IS_ABOVE = "(edge) => document.activeElement.getBoundingClientRect().bottom < edge"


def test_each_panel_of_a_phone_begins_at_its_top(visit: Visit, song: Path) -> None:
    visitor = visit(390)
    page = visitor.page
    open_song(visitor, song)
    page.locator("#tab-text").click()
    page.evaluate("document.querySelector('.side.right').scrollTop = 200")
    page.wait_for_function("document.querySelector('.side.right').scrollTop === 200")
    page.locator("#tab-output").click()
    page.wait_for_function("document.querySelector('.side.right').scrollTop === 0")


def test_a_finger_that_scrolls_moves_no_slider(visit: Visit) -> None:
    visitor = visit(390)
    page = visitor.page
    visitor.open("/studio")
    page.locator("#tab-tune").tap()
    slider = page.locator(".side.right input[type=range]:visible").first
    before, undo = slider.input_value(), page.get_by_role("button", name="Undo").first
    swipe(page, slider, right=0, down=-100)
    page.wait_for_timeout(500)
    expect(slider).to_have_value(before)
    expect(undo).to_be_disabled()
    swipe(page, slider, right=-100, down=0)
    expect(slider).not_to_have_value(before)
    expect(undo).to_be_enabled()


def swipe(page: Page, slider: Locator, *, right: int, down: int) -> None:
    """Draw a finger from a slider, so many pixels far."""
    slider.evaluate("(element) => element.scrollIntoView({block: 'center'})")
    box = slider.bounding_box()
    assert box
    x, y = box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in range(1, 11):
        point = {"x": x + right * part / 10, "y": y + down * part / 10}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(20)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    fingers.detach()


# A keyboard covers the page: only the visual viewport becomes smaller.
KEYBOARD_OPENS = """(pixels) => {
  Object.defineProperty(visualViewport, 'height', {value: innerHeight - pixels, configurable: true});
  visualViewport.dispatchEvent(new Event('resize'));
}"""


def test_a_look_that_is_pressed_again_is_without_its_preset(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/studio")
    preset = visitor.page.locator(".tile", has_text="Noir")
    preset.click()
    expect(preset).to_have_attribute("aria-pressed", "true")
    visitor.page.locator(".tile", has_text="Horizon").first.click()
    expect(preset).to_have_attribute("aria-pressed", "false")


def test_the_title_of_a_link_gives_way_to_the_songs_own(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song, shared({**TINY, "text": {"title": "Somebody else's"}}))
    expect(page.get_by_label("Name of this project")).to_have_value("Somebody else's")
    page.get_by_role("button", name="Use the song\u2019s").click()
    expect(page.get_by_label("Name of this project")).to_have_value("Night Drive")
