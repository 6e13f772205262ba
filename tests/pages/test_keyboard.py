"""Journeys with the keyboard alone: every stop is seen, none is far, and nothing takes the focus away."""

import secrets
from pathlib import Path

import pyotp
from playwright.sync_api import Page, expect
from tests.pages.conftest import PASSWORD, Visit
from tests.pages.owner import owner_with_project
from tests.pages.steps import TINY, shared
from tests.render.service import Service

# The name of what has the focus, and whether that is seen: on the screen, with a ring.
FOCUS = """() => {
    const at = document.activeElement;
    const parts = [at, at.nextElementSibling, at.closest('label')].filter(Boolean);
    const rings = parts.some((part) => {
        const {outlineStyle, outlineWidth} = getComputedStyle(part);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    });
    const {left, top, right, bottom} = at.getBoundingClientRect();
    const inside = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
    const name = at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText ?? at.innerText;
    return {name: name.trim(), isSeen: rings && inside, is: at.outerHTML.slice(0, 120)};
}"""


def go_to(page: Page, name: str, *, most: int, key: str = "Tab") -> None:
    """Press a key until what has this name has the focus."""
    passed = []
    for _ in range(most):
        page.keyboard.press(key)
        if page.locator(":focus").count() == 0:
            # Behind the end of the page are the browser's own buttons.
            continue
        focus = page.evaluate(FOCUS)
        assert focus["isSeen"], f"nobody sees where the focus is: {focus['is']}"
        if focus["name"] == name:
            return
        passed.append(focus["name"])
    raise AssertionError(f"{name} is further away than {passed}")


def focused(page: Page, name: str) -> None:
    """This has the focus, soon."""
    expect(page.locator(":focus")).to_have_accessible_name(name)


def test_a_video_is_made_with_the_keyboard_alone(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    press = page.keyboard.press
    page.on("filechooser", lambda chooser: chooser.set_files(song))
    visitor.open("/")
    go_to(page, "Open the studio", most=8)
    press("Enter")
    page.wait_for_url("**/studio")
    # What the visitor does next is the same at every size; the smallest one is drawn in a second.
    page.goto("about:blank")
    visitor.open(shared(TINY))
    expect(page.get_by_role("button", name="Choose a file")).to_be_visible()
    go_to(page, "Choose a file", most=20)
    press("Enter")
    focused(page, "Play")
    # Past the end of the page, and on from its beginning.
    go_to(page, "Prism", most=16)
    go_to(page, "Halo", most=3, key="ArrowRight")
    press("Enter")
    expect(page.locator(".tile", has_text="Halo").first).to_have_attribute("aria-pressed", "true")
    go_to(page, "Tune", most=8)
    press("ArrowRight")
    go_to(page, "Output", most=1, key="ArrowRight")
    expect(page.get_by_role("tabpanel")).to_contain_text("Frames a second")
    go_to(page, "Render", most=8, key="Shift+Tab")
    press("Enter")
    # A dialog that is closed gives the focus back.
    focused(page, "Email")
    press("Escape")
    focused(page, "Render")
    press("Enter")
    focused(page, "Email")
    email = f"{secrets.token_hex(6)}@example.com"
    page.keyboard.type(email)
    go_to(page, "Password", most=1)
    page.keyboard.type(PASSWORD)
    # Past the button that shows the password.
    go_to(page, "Create account", most=2)
    press("Enter")
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_focused()
    visitor.confirm(email)
    focused(page, "Render")
    expect(page.get_by_role("heading", name="Render this video?")).to_be_visible()
    press("Enter")
    page.wait_for_url("**/render/*")
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    # Past the header, the video and its own buttons.
    go_to(page, "Download", most=24)
    with page.expect_download() as download:
        press("Enter")
    assert Path(download.value.path()).read_bytes()[4:8] == b"ftyp"


def test_a_customer_shares_subscribes_and_secures_the_account_with_the_keyboard_alone(
    visit: Visit, site: Service, song: Path
) -> None:
    owner = owner_with_project(visit, site, song)
    page = owner.visitor.page
    press = page.keyboard.press
    owner.visitor.open("/dashboard")
    expect(page.get_by_label("Actions for Night Drive")).to_be_visible()
    go_to(page, "Actions for Night Drive", most=24)
    press("Enter")
    go_to(page, "Share", most=4)
    press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    go_to(page, "Anyone with the link can view", most=6)
    press("Space")
    expect(page.get_by_label("Link to this project")).to_be_visible()
    go_to(page, "Email address", most=8)
    page.keyboard.type("band.mate@example.com")
    press("Enter")
    expect(page.get_by_label("What band.mate@example.com can do")).to_be_visible()
    go_to(page, "Done", most=12)
    press("Enter")
    focused(page, "Actions for Night Drive")
    sharing = owner.call("GET", "/sharing")
    assert sharing["link"]
    assert [person["email"] for person in sharing["people"]] == ["band.mate@example.com"]
    # Deleted, and brought back before the message is gone.
    press("Enter")
    go_to(page, "Delete", most=8)
    press("Enter")
    expect(page.locator(".toast")).to_contain_text("1 project deleted.")
    focused(page, "Undo")
    press("Enter")
    expect(page.get_by_label("Actions for Night Drive")).to_be_visible()
    owner.visitor.open("/billing")
    expect(page.get_by_role("button", name="Change to Pro")).to_be_visible()
    go_to(page, "Change to Pro", most=16)
    press("Enter")
    page.wait_for_url("**/dev/checkout?**")
    page.get_by_role("button", name="Pay $9.99").press("Enter")
    expect(page.get_by_text("You are now on Pro")).to_be_visible()
    owner.visitor.open("/account")
    expect(page.get_by_role("button", name="Set up an authenticator app")).to_be_visible()
    go_to(page, "Set up an authenticator app", most=40)
    press("Enter")
    focused(page, "Current password")
    page.keyboard.type(PASSWORD)
    press("Enter")
    expect(page.get_by_text("scan it?")).to_be_visible()
    focused(page, "Code")
    go_to(page, "Can\u2019t scan it?", most=3, key="Shift+Tab")
    press("Enter")
    secret = page.locator("dialog .secret").inner_text().replace(" ", "")
    go_to(page, "Code", most=3)
    page.keyboard.type(pyotp.TOTP(secret).now())
    press("Enter")
    expect(page.get_by_role("button", name="I have saved them")).to_be_visible()
    go_to(page, "I have saved them", most=4)
    press("Enter")
    expect(page.get_by_text("10 of 10 left")).to_be_visible()
