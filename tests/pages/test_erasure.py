"""A customer deletes the account: the week passes, the clock erases it, and nothing speaks of it any more."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect
from tests.pages.conftest import PASSWORD, Visit
from tests.pages.steps import TINY, ask_to_delete, sign_in, wait_until
from tests.pages.test_avatar import token_of
from tests.render.service import PATIENCE_S, Service
from tests.render.songs import music, write_wav

NAME = "Zoe Quillfeather"
TITLE = "Marmalade Lighthouse"


def test_an_account_is_erased_to_its_end(visit: Visit, site: Service, tmp_path: Path) -> None:
    visitor, guest = visit(), visit(390)
    page, customer = visitor.page, sign_in(visitor)
    api = httpx.Client(base_url=site.url, headers=token_of(customer), timeout=PATIENCE_S)
    with api:
        user_id = str(call(api, "PUT", "/api/user/profile", json={"name": NAME})["id"])
        song = write_wav(tmp_path / f"{TITLE}.wav", music(2.0))
        project, job = project_with_video(api, song)
        # While the other one is made, this one waits: a customer of the free plan has one at a time.
        failed = render_of_a_lost_song(api, song, site.data / "storage")
        wait_until(page, lambda: call(api, "GET", f"/api/render/status/{job}")["status"] == "completed")
        wait_until(page, lambda: has_failed(site, api, failed))
        link = call(api, "PATCH", f"/api/projects/{project}/sharing", json={"link": True})["link"]
    guest.page.goto(link)
    expect(guest.page.get_by_role("heading", name=TITLE)).to_be_visible()
    visitor.open("/account#delete")
    ask_to_delete(visitor.page, PASSWORD)
    expect(page.get_by_role("complementary", name="Your account")).to_contain_text("will be deleted on")
    let_the_week_pass(site, user_id)
    wait_until(page, lambda: number(site, "SELECT count(*) FROM users WHERE id = ?", user_id) == 0)
    # The page that is still open, a new login, and the link that others have.
    page.reload()
    page.wait_for_url("**/login?next=**")
    page.get_by_label("Email").fill(customer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    look(page, "login")
    guest.page.reload()
    expect(guest.page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    look(guest.page, "link")
    assert [path for path in (site.data / "storage").rglob("*") if path.is_file() and user_id in str(path)] == []
    # Of web, clock, and the worker that made the video and failed to make the other.
    logs = site.command.stderr
    assert f"render done  job={job}" in logs
    assert re.search(rf"WARNING .*  job={failed} .*\nTraceback", logs)
    assert [trace for trace in (customer.email, NAME, "Quillfeather", user_id, TITLE) if trace in logs] == []


def project_with_video(api: httpx.Client, song: Path) -> tuple[str, str]:
    """Make a project and submit its render; return the ids of both."""
    with song.open("rb") as content:
        upload = call(api, "POST", "/api/uploads", files={"audio": (song.name, content)})
    project = call(api, "POST", "/api/projects", json={"name": TITLE, "upload_id": upload["id"], "settings": TINY})
    job = call(api, "POST", "/api/render/submit", json={"project_id": project["id"], "settings": TINY})
    return str(project["id"]), str(job["id"])


def render_of_a_lost_song(api: httpx.Client, song: Path, storage: Path) -> str:
    """Submit a render whose song disappears from the storage while it waits; return its id."""
    with song.open("rb") as content:
        upload = call(api, "POST", "/api/uploads", files={"audio": (f"Lost {song.name}", content)})
    (stored,) = storage.rglob(f"{upload['id']}.*")
    job = call(api, "POST", "/api/render/submit", json={"upload_id": upload["id"], "settings": TINY})
    stored.unlink()
    return str(job["id"])


def has_failed(site: Service, api: httpx.Client, job: str) -> bool:
    """Whether a render has failed for good; its pauses between attempts are cut short."""
    with closing(sqlite3.connect(site.data / "oriel.sqlite3", timeout=120)) as database, database:
        database.execute("UPDATE render_jobs SET run_after = created_at WHERE id = ?", (job,))
    return bool(call(api, "GET", f"/api/render/status/{job}")["status"] == "failed")


def call(api: httpx.Client, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401  (JSON)
    return api.request(method, path, **options).raise_for_status().json()


def let_the_week_pass(site: Service, user_id: str) -> None:
    """Move the day of the deletion into the past: the clock of a running service cannot be moved."""
    with closing(sqlite3.connect(site.data / "oriel.sqlite3", timeout=120)) as database, database:
        past = "UPDATE users SET deletion_due_at = datetime(deletion_due_at, '-8 days') WHERE id = ?"
        assert database.execute(past, (user_id,)).rowcount == 1


def number(site: Service, query: str, *values: str) -> int:
    with closing(sqlite3.connect(site.data / "oriel.sqlite3", timeout=120)) as database:
        return int(database.execute(query, values).fetchone()[0])


def look(page: Page, name: str) -> None:
    if folder := os.environ.get("LEAVING_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")
