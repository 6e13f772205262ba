"""A customer protects the account with an app and a passkey, and signs in with them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect
from tests.pages import calls
from tests.pages.conftest import ON_A_PHONE, PASSWORD, Visit, Visitor
from tests.pages.steps import Customer, open_song, press_render, sign_in
from tests.render.service import PATIENCE_S

NEW_PASSWORD = "seven green bicycles"  # noqa: S105  (of an account that lives as long as a test)
RECOVERY_CODE = re.compile(r"^[a-z2-7]{4}(-[a-z2-7]{4}){5}$")


def enter(visitor: Visitor, customer: Customer) -> None:
    """Open the page to sign in, and send the password."""
    visitor.open("/login?next=/account")
    visitor.page.get_by_label("Email").fill(customer.email)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")


def with_app(customer: Customer) -> list[str]:
    """Give a customer an app without using a page; return the recovery codes."""
    url, account = customer.visitor.url, {"email": customer.email, "password": PASSWORD}
    token = calls.post(f"{url}/api/auth/login", json=account).raise_for_status().json()["access_token"]
    with httpx.Client(
        base_url=f"{url}/api/user/second-factor", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_S
    ) as api:
        secret = api.post("/totp", json={"current_password": PASSWORD}).raise_for_status().json()["secret"]
        answer = api.post("/totp/confirm", json={"code": pyotp.TOTP(secret).now()}).raise_for_status()
    return list(answer.json()["recovery_codes"])


@contextmanager
def security_key(page: Page) -> Iterator[None]:
    """Plug a security key into the browser: Chromium's own, in software, which is touched at once."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    about = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**about, "isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    devtools.send("WebAuthn.disable")
    devtools.detach()


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_an_app_is_set_up_and_asked_for(visit: Visit, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    customer = sign_in(visitor)
    visitor.open("/account")
    page.get_by_role("button", name="Set up an authenticator app").click()
    page.get_by_label("Current password").last.fill("not the password")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Your current password is wrong.")).to_be_visible()
    page.get_by_label("Current password").last.fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.get_by_role("img", name="QR code").evaluate(
        "image => image.decode().then(() => image.naturalWidth > 100)"
    )
    page.get_by_text("scan it?").click()
    secret = page.locator("dialog .secret").inner_text().replace(" ", "")
    assert visitor.accessible() == []
    page.get_by_label("Code").fill("12")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Enter the six digits that your app shows.")).to_be_visible()
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    assert all(RECOVERY_CODE.match(code) for code in codes)
    assert visitor.accessible() == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_text("utf-8").split() == codes
    page.keyboard.press("Escape")
    page.get_by_role("button", name="I have saved them").click()
    expect(page.get_by_text("10 of 10 left")).to_be_visible()
    expect(page.get_by_text("Second factor added: Authenticator app")).to_be_visible()
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # Signed out, the password alone is not enough.
    page.get_by_role("button", name="Sign out", exact=True).last.click()
    page.wait_for_url(f"{visitor.url}/")
    enter(visitor, customer)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    expect(page.get_by_label("Code")).to_be_focused()
    assert page.get_by_label("Code").get_attribute("autocomplete") == "one-time-code"
    assert visitor.accessible() == []
    page.get_by_label("Code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This code is wrong.")).to_be_visible()
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.get_by_text("9 of 10 left")).to_be_visible()
    expect(page.get_by_text("A recovery code was used")).to_be_visible()


def test_a_change_asks_for_the_second_factor(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    customer = sign_in(visitor)
    codes = with_app(customer)
    visitor.open("/account")
    page.get_by_text("Change the password").first.click()
    page.locator("#current-password").fill(PASSWORD)
    page.locator("#new-password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert visitor.accessible() == []
    page.get_by_role("button", name="Go back").click()
    expect(page.get_by_text("Nothing was changed")).to_be_visible()
    page.get_by_role("button", name="Change the password").click()
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[1])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    # The check counts for the next change too.
    page.get_by_role("button", name="Remove the authenticator app").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("Second factor removed: Authenticator app")).to_be_visible()
    expect(page.get_by_role("button", name="Set up an authenticator app")).to_be_visible()


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_passkey_is_added_and_signs_in(visit: Visit, width: int) -> None:
    visitor = visit(width)
    # Browsers make no passkeys for an IP address.
    visitor.url = visitor.url.replace("127.0.0.1", "localhost")
    page = visitor.page
    customer = sign_in(visitor)
    with security_key(page):
        visitor.open("/account")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_label("Name", exact=True).last.fill("<i>My</i> phone")
        page.get_by_label("Current password").last.fill(PASSWORD)
        assert visitor.accessible() == []
        page.get_by_role("button", name="Add the passkey").click()
        page.get_by_role("button", name="I have saved them").click()
        expect(page.get_by_text("<i>My</i> phone", exact=True)).to_be_visible()
        page.get_by_role("button", name="Rename <i>My</i> phone").click()
        page.get_by_label("Name", exact=True).last.fill("My phone")
        page.keyboard.press("Enter")
        expect(page.get_by_text("My phone", exact=True)).to_be_visible()
        assert visitor.accessible() == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("button", name="Sign out", exact=True).last.click()
        page.wait_for_url(f"{visitor.url}/")
        enter(visitor, customer)
        page.get_by_role("button", name="Use your passkey").click()
        expect(page.locator("oriel-second-factors").get_by_text("last used")).to_be_visible()
        page.get_by_role("button", name="Remove My phone").click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_text("Second factor removed: My phone")).to_be_visible()


def test_the_studio_asks_for_the_second_factor_too(visit: Visit, song: Path) -> None:
    visitor, elsewhere = visit(390), visit()
    page = visitor.page
    customer = sign_in(elsewhere)
    codes = with_app(customer)
    open_song(visitor, song)
    press_render(page)
    page.get_by_role("button", name="I have an account").click()
    page.get_by_label("Email").fill(customer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert visitor.accessible() == []
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Render this video?")).to_be_visible()


def test_a_key_that_may_only_read_is_made(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    sign_in(visitor)
    visitor.open("/account")
    page.get_by_text("Make a key").click()
    page.locator("#key-name").fill("My player")
    page.get_by_label("Permissions").select_option("View and download only")
    page.locator("#current-key").fill(PASSWORD)
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("listitem").filter(has_text="View and download only")).to_be_visible()
    key = {"X-API-Key": page.locator(".secret").inner_text()}
    assert calls.get(f"{visitor.url}/api/renders", headers=key).status_code == 200
    assert calls.post(f"{visitor.url}/api/render/submit", headers=key, json={}).status_code == 403
