"""The service dies, or the page is reloaded, in the middle of an order: nothing is lost, and the page says so."""

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect
from tests.pages.conftest import PASSWORD, Visit
from tests.pages.steps import (
    TINY,
    Customer,
    agree,
    away,
    choose_look,
    kill_web,
    open_song,
    order,
    press_render,
    shared,
    sign_in,
)
from tests.pages.test_bad_files import long_song
from tests.render.service import Service

AWAY = "We cannot reach the service."
LOST = "The connection was lost. We try again"


@pytest.fixture
def customer(visit: Visit, song: Path) -> Customer:
    """A customer in the studio, with a song and settings that are rendered in a second."""
    customer = sign_in(visit())
    open_song(customer.visitor, song, shared(TINY))
    return customer


def has_its_video(customer: Customer) -> None:
    """The render's page shows the video, and it is the only one that was ordered."""
    expect(customer.visitor.page.get_by_role("link", name="Download")).to_be_visible()
    assert [render["status"] for render in customer.renders()] == ["completed"]


@pytest.mark.long
def test_a_service_that_is_away_before_the_upload_is_waited_for(visit: Visit, song: Path, site: Service) -> None:
    customer = sign_in(visit())
    page = customer.visitor.page
    # The studio could not even learn who is there.
    page.route("**/api/auth/refresh", lambda route: route.abort("connectionreset"))
    open_song(customer.visitor, song, shared(TINY))
    with away(site):
        page.unroute("**/api/auth/refresh")
        press_render(page)
        expect(page.locator("dialog")).to_contain_text(AWAY)
        assert customer.visitor.accessible() == []
    expect(page.get_by_role("heading", name="Render this video?")).to_be_visible()
    expect(page.locator("dialog")).not_to_contain_text(AWAY)
    order(customer.visitor)
    has_its_video(customer)


def test_a_service_that_dies_during_the_upload_is_waited_for(customer: Customer, site: Service) -> None:
    page = customer.visitor.page
    press_render(page)
    with away(site):
        agree(page)
        expect(page.locator("dialog")).to_contain_text(LOST)
        assert customer.visitor.accessible() == []
    page.wait_for_url("**/render/*")
    has_its_video(customer)


@pytest.mark.long
def test_a_large_song_goes_on_where_its_upload_was_interrupted(visit: Visit, site: Service, tmp_path: Path) -> None:
    customer = sign_in(visit())
    page = customer.visitor.page
    open_song(customer.visitor, long_song(tmp_path / "Long.wav"), shared({**TINY, "range": {"duration_s": 1.0}}))
    sent: list[int] = []
    page.on("request", lambda request: sent.append(int(request.headers.get("upload-offset", -1))))
    # 58 MB at 10 MB a second.
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 10_000_000}
    line.send("Network.emulateNetworkConditions", slow)
    press_render(page)
    agree(page)
    expect(page.get_by_text(re.compile(r"[2-9]\d%"))).to_be_visible()
    with away(site):
        expect(page.locator("dialog")).to_contain_text(LOST)
    page.wait_for_url("**/render/*")
    pieces = [offset for offset in sent if offset >= 0]
    # From what had arrived, not from the beginning.
    assert pieces[0] == 0
    assert pieces[-1] > 5_000_000
    has_its_video(customer)


def test_an_account_is_entered_though_the_answer_to_its_making_was_lost(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)

    def lose(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort("connectionreset")

    page.route("**/api/auth/register", lose, times=1)
    press_render(page)
    page.get_by_label("Email").fill(f"{secrets.token_hex(6)}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_have_text(f"{AWAY} Check your connection and try again.")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()


@pytest.mark.parametrize(
    "stored", [pytest.param(False, id="unheard", marks=pytest.mark.long), pytest.param(True, id="stored")]
)
def test_a_service_that_dies_at_the_order_makes_one_render(customer: Customer, site: Service, *, stored: bool) -> None:
    page = customer.visitor.page

    def die(route: Route) -> None:
        if stored:
            assert route.fetch().status == 202
        kill_web(site)
        route.abort("connectionreset")

    page.route("**/api/render/submit", die, times=1)
    press_render(page)
    agree(page)
    expect(page.locator("dialog")).to_contain_text(AWAY)
    page.wait_for_url("**/render/*")
    has_its_video(customer)


def test_a_service_that_dies_during_the_render_is_waited_for(visit: Visit, song: Path, site: Service) -> None:
    customer = sign_in(visit())
    page = customer.visitor.page
    open_song(customer.visitor, song)
    press_render(page)
    order(customer.visitor)
    page.evaluate("window.isTheSamePage = true")
    expect(page.get_by_text("Drawing the frames")).to_be_visible()
    with away(site):
        expect(page.get_by_role("status").filter(has_text=AWAY)).to_be_visible()
        expect(page.get_by_role("progressbar")).to_be_visible()
        assert customer.visitor.accessible() == []
    has_its_video(customer)
    expect(page.get_by_text(AWAY)).to_have_count(0)
    assert page.evaluate("window.isTheSamePage") is True


def test_a_reload_during_the_upload_keeps_song_and_settings(customer: Customer) -> None:
    page = customer.visitor.page
    choose_look(page, "Halo")
    expect(page.locator(".saved")).to_have_text("Saved in this browser")
    page.route("**/api/uploads", lambda _: None, times=1)
    press_render(page)
    agree(page)
    expect(page.get_by_role("progressbar", name="Uploading your song")).to_be_visible()
    page.reload()
    expect(page.locator(".name")).to_have_value("Night Drive")
    expect(page.locator(".tile:visible", has_text="Halo").first).to_have_attribute("aria-pressed", "true")
    press_render(page)
    order(customer.visitor)
    has_its_video(customer)


def test_an_address_that_is_confirmed_in_the_same_tab_leads_on_to_the_render(visit: Visit, song: Path) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song)
    press_render(page)
    email = f"{secrets.token_hex(6)}@example.com"
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
    page.goto(visitor.link(email, "verify-email"))
    page.get_by_role("button", name="Confirm my email address").click()
    expect(page.locator(".site-nav").get_by_role("link", name="My videos")).to_be_visible()
    page.get_by_role("link", name="Open the studio").last.click()
    expect(page.get_by_role("heading", name="Render this video?")).to_be_visible()
    # Once: whoever says "Not yet" is not asked again.
    page.get_by_role("button", name="Not yet").click()
    page.reload()
    expect(page.locator(".invite")).to_have_count(0)
    expect(page.get_by_role("heading", name="Render this video?")).to_have_count(0)
    # The page that says so does not send the form again.
    page.go_back()
    expect(page.get_by_role("heading", name="Your email address is confirmed")).to_be_visible()
