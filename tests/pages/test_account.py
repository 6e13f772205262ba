"""A customer looks after the account: name, password, keys, sessions, emails."""

import secrets
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.pages import calls
from tests.pages.conftest import ON_A_PHONE, PASSWORD, Visit
from tests.pages.steps import log_in, sign_in

NEW_PASSWORD = "seven green bicycles"  # noqa: S105  (of an account that lives as long as a test)


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_confirmation_that_was_lost_is_sent_again(visit: Visit, width: int) -> None:
    visitor, email = visit(width), f"{secrets.token_hex(6)}@example.com"
    visitor.open("/register?next=/account")
    log_in(visitor.page, email)
    visitor.page.wait_for_url("**/account")
    expect(visitor.page.get_by_text("not confirmed")).to_be_visible()
    assert visitor.accessible() == []
    visitor.page.get_by_role("button", name="Send the email again").click()
    expect(visitor.page.locator(".toast")).to_contain_text("email")
    visitor.confirm(email)
    visitor.page.reload()
    expect(visitor.page.get_by_text(email)).to_be_visible()
    expect(visitor.page.get_by_text("not confirmed")).to_have_count(0)


def test_the_pages_behind_emails_and_payments_are_accessible(visit: Visit) -> None:
    visitor, email = visit(390, scheme="light"), f"{secrets.token_hex(6)}@example.com"
    calls.post(f"{visitor.url}/api/auth/register", json={"email": email, "password": PASSWORD}).raise_for_status()
    confirmation = visitor.link(email, "verify-email").removeprefix(visitor.url)
    found = {}

    def look(state: str) -> None:
        found[state] = visitor.accessible()
        if visitor.page.evaluate("document.documentElement.scrollWidth") > 390:
            found[state].append("is too wide")

    visitor.open(confirmation)
    look("confirmation")
    visitor.page.get_by_role("button", name="Confirm my email address").click()
    expect(visitor.page.get_by_text("is confirmed")).to_be_visible()
    look("confirmed")
    visitor.open(confirmation)
    look("link that was used")
    calls.post(f"{visitor.url}/api/auth/reset-password", json={"email": email}).raise_for_status()
    visitor.open(visitor.link(email, "reset-password").removeprefix(visitor.url))
    look("new password")
    for path in ("/unsubscribe?token=none", "/payment/done?payment=none", "/payment/left?payment=none"):
        visitor.open(path)
        look(path)
    assert {state: problems for state, problems in found.items() if problems} == {}


def test_an_account_is_looked_after(visit: Visit) -> None:
    visitor, elsewhere = visit(), visit(390)
    page = visitor.page
    customer = sign_in(visitor)
    elsewhere.open("/login?next=/account")
    elsewhere.page.get_by_label("Email").fill(customer.email)
    elsewhere.page.get_by_label("Password").fill(PASSWORD)
    elsewhere.page.keyboard.press("Enter")
    expect(elsewhere.page.get_by_role("heading", name="Security")).to_be_visible()
    assert elsewhere.accessible() == []
    assert elsewhere.page.evaluate("document.documentElement.scrollWidth") == 390
    visitor.open("/account")
    page.get_by_label("Name", exact=True).first.fill("<b>Ada</b> שלום")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert customer.get("/api/user/profile")["name"] == "<b>Ada</b> שלום"
    # A key, which is shown once.
    page.get_by_text("Make a key").click()
    page.locator("#key-name").fill("My uploader")
    page.locator("#current-key").fill("not the password")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("Your current password is wrong.")).to_be_visible()
    page.locator("#current-key").fill(PASSWORD)
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator(".secret")).to_contain_text("oriel_")
    assert visitor.accessible() == []
    page.get_by_role("button", name="Revoke My uploader").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_text("No key yet.")).to_be_visible()
    expect(page.get_by_text("API key revoked: My uploader")).to_be_visible()
    # A new password ends the login elsewhere.
    page.get_by_text("Change the password").first.click()
    page.locator("#current-password").fill(PASSWORD)
    page.locator("#new-password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    expect(page.get_by_text("This one")).to_be_visible()
    elsewhere.open("/account")
    elsewhere.page.wait_for_url("**/login?next=%2Faccount")


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_emails_are_switched_off_and_on(visit: Visit, width: int) -> None:
    visitor = visit(width, scheme="light")
    page = visitor.page
    sign_in(visitor)
    visitor.open("/account#notifications")
    ready = page.get_by_role("switch", name="Video ready")
    expect(ready).to_be_checked()
    ready.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Video ready: off.")).to_be_visible()
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.reload()
    expect(ready).not_to_be_checked()
    page.get_by_text("Video ready").click()
    expect(page.get_by_text("Video ready: on.")).to_be_visible()
    expect(ready).to_be_checked()


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_product_analytics_are_off_until_switched_on(visit: Visit, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    customer = sign_in(visitor)
    visitor.open("/account#data")
    switch = page.get_by_role("switch", name="Count what I use")
    expect(switch).not_to_be_checked()
    switch.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Product analytics: on.")).to_be_visible()
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.reload()
    expect(switch).to_be_checked()
    switch.click()
    expect(page.get_by_text("The counts are deleted.")).to_be_visible()
    assert customer.get("/api/user/privacy") == {"product_analytics": False, "since": None}


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_the_activity_is_filtered_and_downloaded(visit: Visit, width: int) -> None:
    visitor = visit(width)
    page, log = visitor.page, visitor.page.locator("oriel-activity-log")
    sign_in(visitor)
    visitor.open("/account")
    expect(log.get_by_text("Account created")).to_be_visible()
    heights = log.locator(".filter .input, .filter .button").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert len(set(heights)) == 1, heights
    log.get_by_label("Show").select_option("Signing in and out")
    expect(log.get_by_text("Account created")).to_have_count(0)
    expect(log.get_by_text("Signed in")).to_be_visible()
    with page.expect_download() as download:
        log.get_by_role("button", name="Download as CSV").click()
    assert download.value.suggested_filename == "oriel-activity.csv"
    names, *lines = Path(download.value.path()).read_text("utf-8").splitlines()
    assert names == "at,kind,address,user_agent,details"
    assert [line.split(",")[1] for line in lines] == ["login"]
    log.get_by_label("To").fill("2020-01-01")
    log.get_by_label("To").press("Tab")
    expect(log.get_by_text("No activity matches this choice.")).to_be_visible()
    log.get_by_label("To").fill("")
    expect(log.get_by_text("Signed in")).to_be_visible()
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
