"""An operator in the panel: sets up the second factor, finds a failed render and mends it, and looks at everything."""

import secrets
import sqlite3
import subprocess
import sys
from contextlib import closing
from os import environ
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect
from tests.pages.conftest import ON_A_PHONE, PASSWORD, WIDTHS, Visit, Visitor
from tests.pages.steps import sign_in
from tests.render.service import SMALL, Service

LISTS = ("Renders", "Mails", "Uploads", "Projects", "Storage", "Housekeeping", "Audit trail")


def new_operator(site: Service) -> str:
    """Make an operator as whoever runs the service does; return the address."""
    email = f"{secrets.token_hex(6)}@example.com"
    command = [sys.executable, "-m", "oriel", "admin", "create", email, "--password", PASSWORD]
    subprocess.run(command, env={**environ, "DATA_DIR": str(site.data)}, check=True, capture_output=True)
    return email


def failed_render(site: Service, song: Path) -> tuple[str, str]:
    """Have a render that failed for good, as its row says; return its id and the customer's address."""
    journey = site.customer()
    job_id = journey.submit(journey.upload(song), SMALL)["id"]
    with closing(sqlite3.connect(site.data / "oriel.sqlite3", timeout=120)) as database, database:
        # A worker that has taken it up notices that it is another's by now.
        end = "status = 'failed', fence = fence + 1, completed_at = created_at, error_code = 'STAGE_CRASHED'"
        said = """error_message = 'The browser crashed.', error_details = '{"stderr": "GL error"}'"""
        database.execute(f"UPDATE render_jobs SET {end}, {said} WHERE id = ?", (job_id,))  # noqa: S608  (no input)
        database.execute("UPDATE render_rights SET state = 'returned' WHERE render_id = ?", (job_id,))
        of_render = "SELECT email FROM users JOIN render_jobs ON user_id = users.id WHERE render_jobs.id = ?"
        (email,) = database.execute(of_render, (job_id,)).fetchone()
    return job_id, email


def enter(visitor: Visitor, email: str) -> None:
    """Sign in for the first time, which sets up an authenticator app."""
    page = visitor.page
    visitor.open("/admin/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    assert visitor.accessible() == []
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    assert visitor.accessible() == []
    page.get_by_label("Code").fill(pyotp.TOTP(page.locator(".entry code").inner_text().replace(" ", "")).now())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="Open the panel").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def go_to(page: Page, name: str) -> None:
    """Choose a part of the panel in its menu."""
    if page.get_by_role("button", name="Menu", exact=True).is_visible():
        page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("navigation", name="Panel").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_operator_mends_a_failed_render(visit: Visit, site: Service, song: Path, width: int) -> None:
    job_id, customer = failed_render(site, song)
    visitor = visit(width)
    page = visitor.page
    enter(visitor, new_operator(site))
    go_to(page, "Renders")
    page.get_by_role("link", name="Failed").click()
    page.get_by_label("Search renders").fill(customer)
    page.keyboard.press("Enter")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("STAGE_CRASHED")
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    row.locator(".title a").click()
    expect(page.get_by_text("GL error")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Try again?")).to_be_visible()
    assert visitor.accessible() == []
    page.locator("dialog").get_by_role("button", name="Try again").click()
    expect(page.locator(".toast", has_text="The render is queued again.")).to_be_visible()
    for _ in range(600):
        page.reload()
        if page.locator("h1 .badge").inner_text() == "Done":
            break
        page.wait_for_timeout(200)
    video = page.locator("video")
    expect(video).to_be_visible()
    assert video.evaluate("video => new Promise((done) => {video.onloadeddata = () => done(true); video.load();})")
    go_to(page, "Audit trail")
    expect(page.locator("tbody tr").first).to_contain_text(job_id)
    expect(page.locator("tbody tr").first).to_contain_text("Try again")


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_an_operator_refunds_a_payment(visit: Visit, site: Service, width: int) -> None:
    customer = sign_in(visit(width))
    theirs = customer.visitor.page
    theirs.goto(customer.post("/api/payments/create-session", {"kind": "render"})["checkout_url"])
    theirs.get_by_role("button", name="Pay $4.99").click()
    theirs.wait_for_url("**/payment/done**")
    visitor = visit(width)
    page = visitor.page
    enter(visitor, new_operator(site))
    go_to(page, "Payments")
    page.get_by_label("Search payments").fill(customer.email)
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody .title a").click()
    page.get_by_role("button", name="Refund").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("$4.99 will go back to the customer.")
    assert visitor.accessible() == []
    # What the server refuses is open again.
    question.get_by_label("Reason").fill("  ")
    question.get_by_role("button", name="Refund").click()
    expect(question).to_contain_text("Please give a reason.")
    assert visitor.accessible() == []
    question.get_by_label("Reason").fill("The song was the wrong one.")
    question.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("$4.99 refunded.")).to_be_visible()
    go_to(page, "Audit trail")
    expect(page.locator("tbody tr").first).to_contain_text("Refund")
    customer.visitor.open("/billing")
    expect(theirs.locator("section", has=theirs.locator("#payments")).locator("tbody tr")).to_contain_text("Refunded")
    assert customer.get("/api/user/profile")["statistics"]["credits"] == 0


def attempted(site: Service, job_id: str, times: int) -> None:
    """Note attempts at a render that ended with an error, each on a machine with a long name."""
    columns = "id, render_id, attempt, worker, plan, look, ended_at, wait_s, run_s, stages, frames_per_s"
    with closing(sqlite3.connect(site.data / "oriel.sqlite3", timeout=120)) as database, database:
        for number in range(10, 10 + times):
            values = (f"{job_id[:24]}{number}", job_id, number, "worker-7@render-machine-7f3c9d.internal")
            facts = "'pro', 'prism', (SELECT created_at FROM render_jobs WHERE id = ?2), 1234.5, 1234.5, '{}', 123.4"
            end = "123456789, 'held_up', 'STORAGE_UNAVAILABLE'"
            database.execute(
                f"INSERT INTO job_metrics ({columns}, peak_memory_bytes, outcome, error_code)"  # noqa: S608  (no input)
                f" VALUES (?1, ?2, ?3, ?4, {facts}, {end})",
                values,
            )


@pytest.mark.parametrize("width", WIDTHS)
def test_each_attempt_at_a_render_is_shown_whole(visit: Visit, site: Service, song: Path, width: int) -> None:
    job_id, _customer = failed_render(site, song)
    attempted(site, job_id, 3)
    visitor = visit(width)
    enter(visitor, new_operator(site))
    visitor.open(f"/admin/renders/{job_id}")
    table = visitor.page.get_by_role("region", name="Ended attempts, table")
    expect(table.locator("tbody tr")).to_have_count(3)
    assert table.evaluate("table => table.scrollWidth - table.clientWidth") == 0
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == width
    assert visitor.accessible() == []


def end_sessions(site: Service, email: str) -> None:
    """End an operator's sessions, as another operator does."""
    with closing(sqlite3.connect(site.data / "oriel.sqlite3", timeout=120)) as database, database:
        of_operator = "user_id = (SELECT id FROM users WHERE email = ?)"
        database.execute(f"UPDATE user_sessions SET ended_at = created_at WHERE {of_operator}", (email,))  # noqa: S608


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_the_overview_renews_itself_and_leaves_its_reader_alone(
    visit: Visit, site: Service, song: Path, width: int
) -> None:
    visitor, email = visit(width), new_operator(site)
    page = visitor.page
    enter(visitor, email)
    failed = page.get_by_role("link", name="Failed")
    before = int(failed.first.locator("strong").inner_text())
    failed.first.focus()
    page.evaluate("window.isFirst = true; scrollTo(0, 1e6)")
    depth = page.evaluate("scrollY")
    failed_render(site, song)
    expect(failed.first.locator("strong")).to_have_text(str(before + 1))
    expect(failed.first).to_be_focused()
    assert page.evaluate("[window.isFirst, scrollY]") == [True, depth]
    # Where nobody is signed in any more, nothing stays on the screen.
    end_sessions(site, email)
    expect(page.get_by_role("heading", name="Sign in to the panel")).to_be_visible()


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_every_part_is_accessible_and_fits(visit: Visit, site: Service, width: int) -> None:
    site.customer()
    visitor = visit(width, scheme="light" if width > 1000 else "dark")
    page = visitor.page
    enter(visitor, new_operator(site))
    for name in LISTS:
        go_to(page, name)
        assert visitor.accessible() == [], name
        assert page.evaluate("document.documentElement.scrollWidth") == width, name
    go_to(page, "Mails")
    page.locator("tbody .title a").first.click()
    expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    expect(page.frame_locator("iframe").locator("h1")).to_be_visible()
    assert visitor.accessible() == []
