"""Every page that a visitor may open: accessible, quiet, and within the width of the screen."""

import re
import secrets
from contextlib import closing

import pytest
from benchmarks.account import Account
from playwright.sync_api import expect
from tests.pages.conftest import PASSWORD, Visit
from tests.pages.steps import log_in
from tests.render.service import Service

PATHS = [
    "/",
    "/pricing",
    "/help",
    "/terms",
    "/privacy",
    "/login",
    "/register",
    "/reset-password",
    "/nothing-here",
    "/studio",
    "/api/docs/guide.html",
]


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "dark"),
        (390, "light"),
        pytest.param(1280, "light", marks=pytest.mark.long),
        pytest.param(390, "dark", marks=pytest.mark.long),
    ],
)
def test_every_page_is_accessible_and_fits(visit: Visit, width: int, scheme: str) -> None:
    visitor = visit(width, scheme=scheme)
    found = {}
    for path in PATHS:
        visitor.open(path)
        visitor.page.wait_for_load_state("networkidle")
        found[path] = visitor.accessible()
        wide = visitor.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found[path].append(f"is {wide} pixels wide")
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_the_landing_page_plays_the_example_after_one_click(visit: Visit) -> None:
    visitor = visit()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.open("/")
    visitor.page.wait_for_load_state("networkidle")
    # Nobody gets the code that draws, or the song, before asking for it.
    assert not [address for address in asked if "worker" in address or address.endswith((".mp3", ".orft"))]
    visitor.page.get_by_role("button", name="Play the example").click()
    expect(visitor.page.locator("#screen canvas.drawn")).to_be_visible()
    still = visitor.page.locator("#screen").screenshot()
    for _ in range(100):
        if visitor.page.locator("#screen").screenshot() != still:
            break
        visitor.page.wait_for_timeout(100)
    else:
        raise AssertionError("the picture does not move")
    visitor.page.get_by_role("button", name="Pause the example").click()


def test_a_customer_sees_the_own_plan_among_the_others(visit: Visit, site: Service) -> None:
    visitor = visit()
    with closing(Account(site.url)) as customer:
        customer.sign_in(visitor.context)
    visitor.open("/pricing")
    own = visitor.page.get_by_role("link", name="Your plan")
    expect(own).to_have_attribute("href", "/billing")
    expect(visitor.page.locator(".plan.chosen")).to_have_attribute("data-plan", "free")
    expect(visitor.page.get_by_role("link", name="Change to Pro")).to_have_attribute("href", "/billing?plan=pro")
    expect(visitor.page.get_by_role("link", name="Change to Enterprise")).to_have_class(re.compile("main"))
    assert visitor.accessible() == []


def test_a_new_customer_reads_where_the_email_has_gone(visit: Visit) -> None:
    visitor, email = visit(390), f"{secrets.token_hex(6)}@example.com"
    page = visitor.page
    visitor.open("/register")
    log_in(page, email)
    page.wait_for_url("**/studio")
    expect(page.locator(".toast")).to_contain_text(f"We have sent an email to {email}.")
    page.reload()
    expect(page.get_by_role("button", name="Choose a file")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_dead_link_to_a_video_offers_their_own_videos_to_customers_only(visit: Visit, site: Service) -> None:
    stranger, customer = visit(), visit()
    stranger.open("/v/none")
    expect(stranger.page.locator("main").get_by_role("link", name="What is Oriel?")).to_have_attribute("href", "/")
    assert stranger.accessible() == []
    with closing(Account(site.url)) as account:
        account.sign_in(customer.context)
    customer.open("/v/none")
    expect(customer.page.locator("main").get_by_role("link", name="My videos")).to_be_visible()


def test_a_password_is_shown_while_it_is_typed(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open("/register")
    field = page.get_by_label("Password")
    field.fill(PASSWORD)
    page.get_by_role("button", name="Show").click()
    expect(field).to_have_attribute("type", "text")
    assert visitor.accessible() == []
    # It is a password again when it is sent, for those who keep passwords.
    field.press("Enter")
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_value(PASSWORD)
