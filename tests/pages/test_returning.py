"""Customers come back: one pays, month after month; one goes on with a project, alone and with others, and leaves."""

import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pyotp
import pytest
from playwright.sync_api import Page, expect
from tests.pages.conftest import ON_A_PHONE, PASSWORD, Visit, Visitor
from tests.pages.owner import SETTINGS, Owner, owner_with_project
from tests.pages.steps import (
    Customer,
    ask_to_delete,
    choose_look,
    expect_saved,
    log_in,
    open_project,
    open_song,
    order,
    press_render,
    sign_in,
    wait_until,
)
from tests.render.service import Service

LAST_MONTH = timedelta(days=-25)


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_subscriber_pays_meets_limits_recovers_and_cancels(visit: Visit, song: Path, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    customer = sign_in(visitor)
    visitor.open("/billing?plan=pro")
    page.wait_for_url("**/dev/checkout?**")
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_text("The card was declined.")).to_be_visible()
    page.get_by_role("button", name="Pay $9.99").click()
    expect(page.get_by_text("You are now on Pro")).to_be_visible()
    visitor.open("/billing")
    expect(page.get_by_role("heading", name="Pro").first).to_be_visible()
    expect(page.get_by_role("link", name="PDF")).to_have_count(1)
    expect_fine(visitor, width)
    # The studio says what Pro does not include, and what does.
    open_song(visitor, song)
    page.locator("#tab-output").click()
    page.locator(".chip", has_text="4K").click()
    expect(page.get_by_text("Included in Enterprise, $29.99 a month.")).to_be_visible()
    press_render(page)
    expect(page.locator("dialog .limit")).to_contain_text("Pro allows up to 1080p")
    page.get_by_role("button", name="Change the settings").click()
    # The upgrade is declined, nothing changes, and it works with a card that pays.
    in_portal(visitor, "Decline all payments")
    visitor.open("/billing")
    upgrade(page)
    expect(page.locator(".toast")).to_contain_text("declined")
    expect(page.get_by_role("heading", name="Pro").first).to_be_visible()
    in_portal(visitor, "Accept payments again")
    visitor.open("/billing")
    upgrade(page)
    expect(page.get_by_text("You are on Enterprise now.")).to_be_visible()
    plan_to_pay_less_and_take_it_back(visitor, width)
    buy_single_renders(customer, width)
    # A month later the bank declines, and the customer mends the card.
    in_portal(visitor, "Decline all payments", "Renew now")
    failure = page.get_by_text("The last payment failed.")
    open_billing_until(visitor, lambda: failure.count() == 1)
    expect_fine(visitor, width)
    in_portal(visitor, "Accept payments again")
    open_billing_until(visitor, lambda: failure.count() == 0)
    expect(page.locator("section", has=page.locator("#invoices")).locator("tr", has_text="Paid")).to_have_count(3)
    expect(page.get_by_role("link", name="PDF")).to_have_count(3)
    page.get_by_role("button", name="Cancel the plan").click()
    assert visitor.accessible() == []
    page.locator("dialog").get_by_role("button", name="Cancel the plan").click()
    expect(page.get_by_text("is not charged again")).to_be_visible()
    expect(page.locator(".plan").first).to_contain_text("Begins on")
    expect(page.get_by_role("button", name="Change to Free")).to_have_count(0)
    page.get_by_role("button", name="Keep my plan").click()
    expect(page.get_by_text("Your plan will continue.")).to_be_visible()


def plan_to_pay_less_and_take_it_back(visitor: Visitor, width: int) -> None:
    """Change to Pro from the next month on, and keep Enterprise after all."""
    page = visitor.page
    page.get_by_role("button", name="Change to Pro").click()
    page.get_by_role("dialog").get_by_role("button", name="Change to Pro").click()
    expect(page.get_by_text("Then Pro begins, for $9.99 a month.")).to_be_visible()
    keep = page.get_by_role("button", name="Keep Enterprise")
    # It is there before the rest of the page is up to date.
    expect(keep).to_be_enabled()
    keep.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("You pay nothing now. Then $29.99 on")
    expect_fine(visitor, width)
    page.get_by_role("dialog").get_by_role("button", name="Keep Enterprise").press("Enter")
    expect(page.get_by_text("You keep Enterprise.")).to_be_visible()
    expect(page.get_by_text("Next payment: $29.99 on")).to_be_visible()
    expect(keep).to_have_count(0)


def buy_single_renders(customer: Customer, width: int) -> None:
    """Pay for one render with a receipt, and leave the payment page of another one."""
    visitor, page = customer.visitor, customer.visitor.page
    payments = page.locator("section", has=page.locator("#payments"))
    expect(payments).to_contain_text("No single payment yet.")
    page.goto(customer.post("/api/payments/create-session", {"kind": "render"})["checkout_url"])
    page.get_by_role("button", name="Pay $4.99").click()
    page.wait_for_url("**/payment/done**")
    customer.post("/api/payments/create-session", {"kind": "render"})
    visitor.open("/billing")
    expect(payments.locator("tbody tr")).to_have_count(2)
    expect(payments.locator("tbody tr").first).to_contain_text("Not paid yet")
    expect(payments.locator("tbody tr").last).to_contain_text(re.compile(r"One render.*\$4\.99.*Paid", re.DOTALL))
    expect(payments.get_by_role("link", name="Receipt")).to_have_count(1)
    expect(payments.locator("tbody tr").first.get_by_role("link", name="Pay")).to_be_visible()
    expect_fine(visitor, width)


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_customer_comes_back_shares_and_leaves(visit: Visit, site: Service, song: Path, width: int) -> None:
    ada = owner_with_project(visit, site, song, width)
    make_last_months_video(ada)
    find_the_project_and_its_video(ada, width)
    change_it(ada)
    show_it_to_a_stranger(ada, visit(width))
    work_with_a_band_mate(ada, visit(width), width)
    render_again(ada)
    read_the_invoice(ada)
    protect_the_account(ada, width)
    take_everything_along(ada)
    delete_the_account(ada, width)


def make_last_months_video(ada: Owner) -> None:
    """Render the project, and let the project and its video be older."""
    for name in ("Dawn", "Dusk"):
        ada.call("POST", "/api/projects", json={"name": name, "settings": {"look": "prism"}})
    job = ada.call("POST", "/api/render/submit", json={"project_id": ada.project, "settings": SETTINGS})["id"]
    ada.visitor.open(f"/render/{job}")
    expect(ada.visitor.page.get_by_role("link", name="Download")).to_be_visible()
    with sqlite3.connect(ada.site.data / "oriel.sqlite3", timeout=120) as database:
        days = f"{LAST_MONTH.days} days"
        for table, columns in {"projects": ["created_at", "changed_at"], "render_jobs": ["created_at"]}.items():
            moved = ", ".join(f"{each} = strftime('%Y-%m-%d %H:%M:%f000', {each}, ?)" for each in columns)
            key = "id" if table == "projects" else "project_id"
            database.execute(f"UPDATE {table} SET {moved} WHERE {key} = ?", (*[days] * len(columns), ada.project))  # noqa: S608


def find_the_project_and_its_video(ada: Owner, width: int) -> None:
    """Search for the project, and download its video once more."""
    page = ada.visitor.page
    ada.visitor.open("/dashboard")
    expect(page.locator(".project").last).to_contain_text("Night Drive")
    page.get_by_label("Search projects").fill("night")
    expect(page.locator(".project")).to_have_count(1)
    expect_fine(ada.visitor, width)
    page.get_by_label("Actions for Night Drive").click()
    page.get_by_role("button", name="Show videos").click()
    expect(page.locator(".render")).to_contain_text(re.compile(r"Kept \d+ more days"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Night Drive").click()
    assert Path(download.value.path()).read_bytes()[4:8] == b"ftyp"
    expect_fine(ada.visitor, width)


def change_it(ada: Owner) -> None:
    """Open the project and give it another look."""
    page = ada.visitor.page
    page.get_by_role("tab", name="Projects").click()
    page.locator(".project .open", has_text="Night Drive").click()
    expect(page.get_by_label("Name of this project")).to_have_value("Night Drive")
    expect(page.locator(".invite")).to_have_count(0)
    choose_look(page, "Prism")
    expect_saved(page)
    assert ada.call("GET")["look"] == "prism"
    # The picture for the list follows within seconds, while the page is open.
    wait_until(page, lambda: ada.call("GET")["thumbnail_url"] is not None)


def show_it_to_a_stranger(ada: Owner, stranger: Visitor) -> None:
    """Share the project by its link."""
    page = ada.visitor.page
    ada.visitor.open("/dashboard")
    picture = page.locator(".project", has_text="Night Drive").locator("img")
    expect(picture).to_have_attribute("src", re.compile("/api/projects/thumbnail/"))
    share(page)
    page.get_by_label("Anyone with the link can view").check()
    expect(page.get_by_label("Link to this project")).to_have_value(re.compile(r"/s/\w{26}"))
    stranger.page.goto(page.get_by_label("Link to this project").input_value())
    expect(stranger.page.get_by_role("heading", name="Night Drive")).to_be_visible()
    page.get_by_role("button", name="Done").click()


def work_with_a_band_mate(ada: Owner, bea: Visitor, width: int) -> None:
    """Invite somebody without an account, who edits the project until she is removed while it is open."""
    page, email = ada.visitor.page, f"bea.{ada.email}"
    share(page)
    page.get_by_label("Email address").fill(email)
    page.keyboard.press("Enter")
    expect(page.get_by_label(f"What {email} can do")).to_have_value("editor")
    expect_fine(ada.visitor, width)
    hers = bea.page
    hers.goto(bea.link(email, "/shared/"))
    expect(hers.get_by_role("heading", name="Someone has shared a project with you")).to_be_visible()
    hers.get_by_role("link", name="Create an account").click()
    log_in(hers, email)
    expect(hers.get_by_role("heading", name="Confirm your email address")).to_be_visible()
    bea.confirm(email)
    hers.wait_for_url(f"**/studio?project={ada.project}")
    expect(hers.locator(".invite")).to_have_count(0)
    choose_look(hers, "Horizon")
    expect_saved(hers)
    assert ada.call("GET")["look"] == "horizon"
    # Her tab is open when she is removed.
    page.get_by_role("button", name=f"Remove {email}").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_label(f"What {email} can do")).to_have_count(0)
    choose_look(hers, "Halo")
    expect(hers.get_by_text("no longer shared with you")).to_be_visible()
    expect_fine(bea, width)
    hers.get_by_role("button", name="Keep as my own project").click()
    expect(hers.locator(".saved")).to_have_text("Saved in My videos")
    assert ada.call("GET")["look"] == "horizon"


def render_again(ada: Owner) -> None:
    """Render what the band mate has made of it."""
    page = open_project(ada.visitor, ada.project)
    press_render(page)
    order(ada.visitor)
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    assert ada.call("GET", "/api/renders")["items"][0]["look"] == "horizon"


def read_the_invoice(ada: Owner) -> None:
    """Subscribe, and fetch the invoice from the payment service."""
    page = ada.visitor.page
    ada.visitor.open("/billing?plan=pro")
    page.wait_for_url("**/dev/checkout?**")
    page.get_by_role("button", name="Pay $9.99").click()
    expect(page.get_by_text("You are now on Pro")).to_be_visible()
    ada.visitor.open("/billing")
    number = page.locator("tbody td").nth(1).inner_text()
    # Chromium downloads a document or shows it in a viewer of its own, as it was built.
    address = page.get_by_role("link", name="PDF").get_attribute("href")
    invoice = page.request.get(str(address)).body()
    assert invoice.startswith(b"%PDF")
    assert number.encode() in invoice
    assert b"$9.99" in invoice


def protect_the_account(ada: Owner, width: int) -> None:
    """Set up an authenticator app."""
    page = ada.visitor.page
    ada.visitor.open("/account")
    page.get_by_role("button", name="Set up an authenticator app").click()
    page.get_by_label("Current password").last.fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("scan it?").click()
    secret = page.locator("dialog .secret").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_role("button", name="I have saved them").click()
    expect(page.get_by_text("10 of 10 left")).to_be_visible()
    expect_fine(ada.visitor, width)


def take_everything_along(ada: Owner) -> None:
    """Download a copy of the data: the project is in it, and both videos are."""
    page = ada.visitor.page
    ada.visitor.open("/account#data")
    page.get_by_role("button", name="Prepare my data").click()
    expect(page.get_by_text("Your data is ready")).to_be_visible()
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download the ZIP").click()
    files = ZipFile(coming.value.path())
    assert "Night Drive" in files.read("projects/projects.json").decode()
    assert len([name for name in files.namelist() if name.endswith(".mp4")]) == 2


def delete_the_account(ada: Owner, width: int) -> None:
    """Ask to delete the account; the plan ends with it."""
    page = ada.visitor.page
    ada.visitor.open("/account#delete")
    ask_to_delete(page, PASSWORD)
    notice = page.get_by_role("complementary", name="Your account")
    expect(notice).to_contain_text("Your account will be deleted on")
    expect_fine(ada.visitor, width)
    ada.visitor.open("/billing")
    expect(page.get_by_text("is not charged again")).to_be_visible()
    expect(page.locator(".plan").first).to_contain_text("Begins on")
    expect(page.get_by_role("button", name="Change to Free")).to_have_count(0)


def share(page: Page) -> None:
    """Open the dialog that shares the project, on the dashboard."""
    page.get_by_label("Actions for Night Drive").click()
    page.get_by_role("button", name="Share", exact=True).click()


def upgrade(page: Page) -> None:
    """Change to Enterprise. Nothing of the month is used up, so all of it is taken off."""
    page.get_by_role("button", name="Change to Enterprise").click()
    page.get_by_role("button", name="Pay $20.00").click()


def in_portal(visitor: Visitor, *buttons: str) -> None:
    """Press buttons of the payment service's portal."""
    page = visitor.page
    visitor.open("/billing")
    page.get_by_role("button", name="Payment method and receipts").click()
    page.wait_for_url("**/dev/portal?**")
    for button in buttons:
        page.get_by_role("button", name=button).click()


def open_billing_until(visitor: Visitor, holds: Callable[[], bool]) -> None:
    """Open the billing page again and again: what happens at the payment service reaches us a moment later."""
    for _ in range(50):
        visitor.open("/billing")
        visitor.page.locator("tbody").first.wait_for()
        if holds():
            return
    raise AssertionError("The billing page stays as it was.")


def expect_fine(visitor: Visitor, width: int) -> None:
    """Expect a page that is accessible and as wide as the screen."""
    assert visitor.accessible() == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
