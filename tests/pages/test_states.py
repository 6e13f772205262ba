"""Every state of the studio and of a render's page is accessible."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from tests.pages.conftest import Visit, Visitor
from tests.pages.steps import agree, choose_file, choose_look, drop, press_render, sign_in
from tests.pages.test_bad_files import long_song

SCHEMES = [pytest.param("dark"), pytest.param("light", marks=pytest.mark.long)]
NOW = "2026-11-28T12:00:00Z"
Findings = dict[str, list[str]]


def answer(body: dict[str, Any], status: int = 200) -> Callable[[Route], None]:
    """Answer a call as the service does in a state that is hard to bring about."""
    return lambda route: route.fulfill(status=status, json=body)


def tabs(visitor: Visitor, found: Findings) -> None:
    """Look at each tab, and at each look's controls with all of them unfolded."""
    page = visitor.page
    for look in ("Halo", "Horizon", "Prism"):
        choose_look(page, look)
        page.locator("#tab-tune").click()
        page.evaluate("for (const more of document.querySelectorAll('#panel details')) more.open = true")
        found[look] = visitor.accessible()
    for tab in ("text", "output"):
        page.locator(f"#tab-{tab}").click()
        found[tab] = visitor.accessible()


def menus(visitor: Visitor, found: Findings) -> None:
    """Open each menu."""
    page = visitor.page
    for menu in page.locator("details.menu > summary:visible").all():
        menu.click()
    page.evaluate("for (const menu of document.querySelectorAll('details.menu')) menu.open = true")
    found["menus"] = visitor.accessible()
    page.evaluate("for (const menu of document.querySelectorAll('details.menu')) menu.open = false")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_state_of_the_studio_is_accessible(visit: Visit, song: Path, tmp_path: Path, scheme: str) -> None:
    visitor = visit(scheme=scheme)
    page = visitor.page
    found: Findings = {}
    visitor.open("/studio")
    found["empty"] = visitor.accessible()
    (tmp_path / "notes.mp3").write_text("no song", "utf-8")
    choose_file(page, tmp_path / "notes.mp3")
    expect(page.get_by_role("alert")).to_be_visible()
    found["refused"] = visitor.accessible()
    drop(page, long_song(tmp_path / "Long.wav"))
    expect(page.get_by_text("Listening to")).to_be_visible()
    found["listening"] = visitor.accessible()
    drop(page, song)
    expect(page.locator(".invite")).to_have_count(0)
    tabs(visitor, found)
    menus(visitor, found)
    page.get_by_role("button", name="Save as my preset").click()
    found["name of a preset"] = visitor.accessible()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete Prism 1").click()
    found["message"] = visitor.accessible()
    press_render(page)
    expect(page.get_by_role("heading", name="Create an account to render")).to_be_visible()
    page.get_by_role("button", name="Create account").click()
    found["register, with problems"] = visitor.accessible()
    page.get_by_role("button", name="I have an account").click()
    found["sign in"] = visitor.accessible()
    page.keyboard.press("Escape")
    sign_in(visitor)
    page.reload()
    expect(page.locator(".invite")).to_have_count(0)
    page.route("**/api/uploads", lambda _: None)
    press_render(page)
    expect(page.get_by_text("Uses 1 of the 5 renders that you have left this month.")).to_be_visible()
    found["summary"] = visitor.accessible()
    agree(page)
    expect(page.get_by_role("progressbar", name="Uploading your song")).to_be_visible()
    found["uploading"] = visitor.accessible()
    page.unroute("**/api/uploads")
    refusal = {"error": {"code": "INVALID_AUDIO", "message": "We cannot read this song.", "details": {}}}
    page.route("**/api/uploads", answer(refusal, 422))
    page.get_by_role("button", name="Cancel").click()
    agree(page)
    expect(page.get_by_role("heading", name="This did not work")).to_be_visible()
    found["refused by the service"] = visitor.accessible()
    assert {state: problems for state, problems in found.items() if problems} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_state_of_a_renders_page_is_accessible(visit: Visit, song: Path, scheme: str) -> None:
    visitor = visit(scheme=scheme)
    page = visitor.page
    customer = sign_in(visitor)
    found: Findings = {}
    visitor.open("/studio")
    choose_file(page, song)
    expect(page.locator(".invite")).to_have_count(0)
    press_render(page)
    agree(page)
    page.wait_for_url("**/render/*")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancel this render?")).to_be_visible()
    found["asked"] = visitor.accessible()
    page.get_by_role("button", name="Cancel the render").click()
    expect(page.get_by_role("heading", name="You cancelled this render")).to_be_visible()
    found["cancelled"] = visitor.accessible()
    # The others are shown from what the service said of this one.
    render = customer.get(f"/api/render/status/{page.url.rsplit('/', 1)[-1]}")
    waiting = {**render, "status": "queued", "stage": None, "progress": 0, "error": None, "cancel_requested": False}
    states = {
        "waiting": {**waiting, "queue_position": 3},
        "drawing": {**waiting, "status": "processing", "stage": "rendering", "progress": 0.4, "eta_s": 40},
        "failed": {
            **waiting,
            "status": "failed",
            "error": {"code": "STAGE_CRASHED", "message": "Please try again.", "details": {}, "retryable": True},
        },
        "lost": {
            **waiting,
            "status": "failed",
            "error": {
                "code": "UPLOAD_LOST",
                "message": "Your song was lost.",
                "details": {"upload": render["upload_id"]},
                "retryable": False,
            },
        },
        "held up": {**waiting, "queue_position": None, "eta_s": None},
        "gone": {**waiting, "status": "completed", "progress": 1, "video_url": None},
        "done": {
            **waiting,
            "status": "completed",
            "progress": 1,
            "video_url": f"{visitor.url}/d/nothing",
            "expires_at": NOW,
            "watermark": True,
            "warnings": ["The song is cut off."],
        },
    }
    page.route("**/api/render/events/ticket", lambda route: route.abort())
    for state, body in states.items():
        page.route("**/api/render/status/*", answer(body))
        page.reload()
        expect(page.locator("oriel-render > .loading")).to_have_count(0)
        found[state] = visitor.accessible()
        page.unroute("**/api/render/status/*")
    visitor.open("/render/00000000000000000000000000")
    expect(page.get_by_role("heading", name="There is no such render")).to_be_visible()
    found["missing"] = visitor.accessible()
    assert {state: problems for state, problems in found.items() if problems} == {}
