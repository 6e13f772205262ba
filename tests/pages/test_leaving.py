"""A customer takes a copy of the data, deletes the account, and changes the mind."""

import os
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect
from tests.pages.conftest import ON_A_PHONE, PASSWORD, Visit, Visitor
from tests.pages.steps import ask_to_delete, sign_in


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_customer_downloads_all_data(visit: Visit, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    customer = sign_in(visitor)
    visitor.open("/account#data")
    page.get_by_role("button", name="Prepare my data").click()
    expect(page.get_by_text("Your data is ready")).to_be_visible()
    page.get_by_text("Show the list").click()
    expect(page.get_by_text("30 days after they end")).to_be_visible()
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    _look(visitor, f"data-{width}")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download the ZIP").click()
    assert coming.value.suggested_filename.startswith("oriel-data-")
    assert customer.email in ZipFile(coming.value.path()).read("account/profile.json").decode()
    # The mail leads back here.
    assert visitor.link(customer.email, "account#data")


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_customer_deletes_the_account_and_keeps_it(visit: Visit, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    customer = sign_in(visitor)
    visitor.open("/account#delete")
    ask_to_delete(page, "not the password")
    expect(page.get_by_text("Your current password is wrong.")).to_be_visible()
    assert visitor.accessible() == []
    _look(visitor, f"delete-{width}")
    ask_to_delete(page, PASSWORD)
    notice = page.get_by_role("complementary", name="Your account")
    expect(notice).to_contain_text("Your account will be deleted on")
    assert visitor.accessible() == []
    _look(visitor, f"deleted-{width}")
    # Every page says so, and offers the way back.
    visitor.open("/dashboard")
    expect(notice).to_contain_text("Your account will be deleted on")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    _look(visitor, f"notice-{width}")
    # In the studio it takes one line, and the stage stays on the screen.
    visitor.open("/studio")
    expect(notice).to_contain_text("Your account will be deleted on")
    assert visitor.accessible() == []
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight - innerHeight]"
    assert page.evaluate(size) == [width, 0]
    box = notice.bounding_box()
    assert box
    assert box["height"] < 60
    _look(visitor, f"studio-{width}")
    notice.get_by_role("button", name="Keep my account").click()
    expect(notice).to_be_hidden()
    # Whoever signs in again keeps it, too.
    visitor.open("/account#delete")
    ask_to_delete(page, PASSWORD)
    expect(notice).to_be_visible()
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url(f"{visitor.url}/")
    visitor.open("/login?next=/account")
    page.get_by_label("Email").fill(customer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(notice).to_contain_text("your account will not be deleted")
    assert visitor.accessible() == []
    _look(visitor, f"kept-{width}")
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_be_hidden()
    expect(page.get_by_text("Account kept: the deletion was withdrawn").first).to_be_visible()


def _look(visitor: Visitor, name: str) -> None:
    if folder := os.environ.get("LEAVING_PICTURES"):
        visitor.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
