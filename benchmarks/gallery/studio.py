"""The studio in each state, and its render dialog in each step."""

import secrets
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.account import PASSWORD, newest_link
from benchmarks.gallery.camera import View

# A moment behind the example song's drop.
DROP_S = 16.0
LONG_TITLE = (
    "The very long title of a song that its writer could not bring to an end, though everybody asked (Extended)"
)
ODD_TITLE = "ليل طويل 👩‍🚀 שיר ארוך"


def photograph(view: View, song: Path, long_song: Path, no_song: Path) -> None:
    """Photograph the studio without an account."""
    view.open("/studio")
    view.attempt("studio, empty", _empty)
    view.attempt("studio, refused", _refused, no_song, "refused")
    view.attempt("studio, listening", _listening, long_song)
    open_song(view, song)
    for tab in ("tune", "looks", "text", "output"):
        view.attempt(f"studio, {tab}", _show_tab, tab)
    for look in ("Prism", "Halo", "Horizon"):
        view.attempt(f"studio, {look}", _show_look, look)
    view.attempt("studio, odd titles", _odd_titles)
    view.attempt("studio, shapes", _shapes)
    view.attempt("studio, toast", _toast)
    view.attempt("studio, drag", _drag)
    view.attempt("studio, refused with a song", _refused, no_song, "refused-with-song")


def photograph_dialog(view: View, song: Path) -> None:
    """Photograph the way from the studio to a render."""
    view.open("/studio")
    open_song(view, song)
    view.attempt("dialog, register", _register)
    view.attempt("dialog, confirmed", _summary)
    view.attempt("dialog, uploading", _uploading)
    view.attempt("dialog, refused", _over_the_plan)
    view.attempt("studio, menu", _menu)


def open_song(view: View, song: Path) -> None:
    """Open a song and go to its drop."""
    if view.page.get_by_role("button", name="Choose a file").count():
        choose_file(view.page, song)
    view.page.locator(".invite").wait_for(state="detached")
    seek(view, DROP_S)


def seek(view: View, time_s: float) -> None:
    """Go to a moment, and let its picture come."""
    view.page.evaluate("at => document.querySelector('oriel-studio').seek(at)", time_s)
    view.page.wait_for_timeout(1500)


def _empty(view: View) -> None:
    view.page.wait_for_timeout(3000)
    shoot(view, "empty")


def _refused(view: View, file: Path, state: str) -> None:
    if view.page.get_by_role("button", name="Choose a file").count():
        choose_file(view.page, file)
    else:
        with view.page.expect_file_chooser() as chooser:
            change = view.page.get_by_role("button", name="Change the song")
            if not change.count():
                # A phone has it behind three dots.
                view.page.locator("summary[aria-label=Sound]").click()
            change.click()
        chooser.value.set_files(file)
    view.page.get_by_role("alert").wait_for()
    shoot(view, state)


def _listening(view: View, song: Path) -> None:
    choose_file(view.page, song)
    view.page.locator(".invite [role=progressbar]").wait_for()
    view.page.wait_for_timeout(1500)
    shoot(view, "listening")
    view.page.locator(".invite").get_by_role("button", name="Cancel").click()


def _show_tab(view: View, tab: str) -> None:
    """Photograph a tab from its top and, where it is longer, from its end."""
    button = view.page.locator(f"#tab-{tab}")
    if button.is_visible():
        button.click()
    elif tab != "looks":
        raise RuntimeError(f"there is no tab {tab}")
    side = "aside.left" if tab == "looks" and not view.variant.is_phone else "aside.right"
    shoot(view, tab)
    if view.page.locator(side).evaluate(
        "(side) => { const is = side.scrollHeight > side.clientHeight + 20; side.scrollTop = 1e6; return is; }"
    ):
        shoot(view, f"{tab}-end")
    view.page.locator(side).evaluate("(side) => side.scrollTo(0, 0)")


def _show_look(view: View, look: str) -> None:
    _take_look(view, look)
    view.page.wait_for_timeout(2500)
    shoot(view, f"look-{look.lower()}")


def _take_look(view: View, look: str) -> None:
    tab = view.page.locator("#tab-looks")
    if tab.is_visible():
        tab.click()
    view.page.locator(".tile:visible", has_text=look).first.click()


def _odd_titles(view: View) -> None:
    view.page.locator("#tab-text").click()
    for state, title in (("long-title", LONG_TITLE), ("odd-title", ODD_TITLE)):
        view.page.get_by_label("Title", exact=True).fill(title)
        view.page.wait_for_timeout(2000)
        shoot(view, state)
    view.page.get_by_label("Title", exact=True).fill("")


def _shapes(view: View) -> None:
    """Photograph each shape, with the areas that platforms cover."""
    view.page.locator("#tab-output").click()
    view.page.get_by_label("Show what apps cover").check()
    for shape in ("9:16", "1:1", "4:5", "16:9"):
        view.page.locator(".shape", has_text=shape).click()
        view.page.wait_for_timeout(2500)
        shoot(view, f"guides-{shape.replace(':', 'x')}")
    view.page.get_by_label("Show what apps cover").uncheck()


def _toast(view: View) -> None:
    view.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view.page.locator("#tab-output").click()
    view.page.get_by_role("button", name="Copy a link to this look").last.click()
    view.page.locator(".toast").wait_for()
    shoot(view, "toast")


def _drag(view: View) -> None:
    drag_over = """() => {
        const files = new DataTransfer();
        files.items.add(new File(['x'], 'song.mp3', {type: 'audio/mpeg'}));
        const event = new DragEvent('dragover', {dataTransfer: files, bubbles: true, cancelable: true});
        document.querySelector('.studio').dispatchEvent(event);
    }"""
    view.page.evaluate(drag_over)
    shoot(view, "drag")
    view.page.evaluate("document.querySelector('.studio').dispatchEvent(new DragEvent('dragleave', {bubbles: true}))")


def _register(view: View) -> None:
    page, email = view.page, f"{secrets.token_hex(6)}@example.com"
    page.get_by_role("button", name="Render", exact=True).click()
    page.locator("dialog form").wait_for()
    page.wait_for_timeout(1000)
    shoot(view, "dialog-register")
    page.get_by_label("Email").fill("nobody")
    page.locator("dialog form [type=submit]").click()
    page.locator("#email-problem").filter(has_text=".").wait_for()
    shoot(view, "dialog-register-problem")
    page.get_by_role("button", name="I have an account").click()
    shoot(view, "dialog-sign-in")
    page.get_by_role("button", name="I am new here").click()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("dialog form [type=submit]").click()
    page.get_by_role("heading", name="Confirm your email address").wait_for()
    shoot(view, "dialog-confirm")
    tab = view.context.new_page()
    tab.goto(newest_link(view.url, email, "verify-email"))
    tab.get_by_role("button", name="Confirm my email address").click()
    tab.get_by_text("is confirmed").first.wait_for()
    tab.close()


def _summary(view: View) -> None:
    dialog = view.page.locator("dialog")
    dialog.get_by_role("heading", name="Render this video?").wait_for()
    dialog.locator("img").wait_for()
    dialog.get_by_text("left this month").wait_for()
    shoot(view, "dialog-summary")


def _uploading(view: View) -> None:
    """Press Render on a slow line, and cancel when the bar has been seen."""
    line = view.context.new_cdp_session(view.page)
    slow = {"offline": False, "latency": 20, "downloadThroughput": 1e6, "uploadThroughput": 250_000}
    line.send("Network.emulateNetworkConditions", slow)
    dialog = view.page.locator("dialog")
    dialog.get_by_role("button", name="Render", exact=True).click()
    dialog.get_by_role("progressbar").wait_for()
    view.page.wait_for_timeout(4000)
    shoot(view, "dialog-uploading")
    dialog.get_by_role("button", name="Cancel").click()
    line.send("Network.emulateNetworkConditions", {**slow, "downloadThroughput": -1, "uploadThroughput": -1})
    dialog.get_by_role("button", name="Close").click()


def _over_the_plan(view: View) -> None:
    view.page.locator("#tab-output").click()
    view.page.locator(".chip", has_text="1080p").click()
    shoot(view, "output-locked")
    view.page.get_by_role("button", name="Render", exact=True).click()
    view.page.locator("dialog").get_by_role("button", name="Buy this render").wait_for()
    view.page.wait_for_timeout(1000)
    shoot(view, "dialog-offers")
    view.page.locator("dialog").get_by_role("button", name="Close").click()


def _menu(view: View) -> None:
    view.page.get_by_label("Your account").click()
    shoot(view, "menu")


def shoot(view: View, state: str) -> None:
    """Photograph the screen: the studio is as large as that."""
    view.shoot("studio", state, whole=False)


def choose_file(page: Page, file: Path) -> None:
    """Open a file as a visitor does, in a studio without a song."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)
