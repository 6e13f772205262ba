"""A customer comes back: saves a project, finds it, changes it, renders it again, cleans up."""

import json
import re
import secrets
from contextlib import closing
from pathlib import Path

import pytest
from benchmarks.account import Account
from playwright.sync_api import Locator, Page, Route, expect
from tests.pages import calls
from tests.pages.conftest import ON_A_PHONE, PASSWORD, Visit, Visitor
from tests.pages.owner import owner_with_project
from tests.pages.steps import (
    TINY,
    choose_look,
    drop,
    expect_saved,
    open_project,
    open_song,
    order,
    press_render,
    shared,
    sign_in,
    wait_until,
)
from tests.render.service import Service

# As FOLLOW_MS in frontend/pages/studio/project.js.
SAVES_AFTER_MS = 2500


def save(visitor: Visitor) -> str:
    """Press Save, register and confirm in place; return the address."""
    page, email = visitor.page, f"{secrets.token_hex(6)}@example.com"
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Create an account to save")).to_be_visible()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
    visitor.confirm(email)
    expect(page.locator(".saved")).to_have_text("Saved in My videos")
    return email


def headers_of(site: Service, email: str) -> dict[str, str]:
    """Sign in beside the page."""
    answer = calls.post(f"{site.url}/api/auth/login", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def project_of(site: Service, page: Page, headers: dict[str, str]) -> dict[str, object]:
    """Return the project that the page has open, as the service has it."""
    project_id = page.evaluate("new URLSearchParams(location.search).get('project')")
    answer = calls.get(f"{site.url}/api/projects/{project_id}", headers=headers)
    return dict(answer.json())


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_project_is_saved_found_and_changed(visit: Visit, song: Path, site: Service, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    open_song(visitor, song, shared(TINY))
    email = save(visitor)
    headers = headers_of(site, email)
    # What is changed from now on follows by itself.
    choose_look(page, "Halo")
    expect(page.locator(".saved")).to_have_text("Saving\u2026")
    expect(page.locator(".saved")).to_have_text("Saved in My videos")
    assert project_of(site, page, headers)["look"] == "halo"
    visitor.open("/dashboard")
    card = page.locator(".project", has_text="Night Drive")
    expect(card.get_by_text("Halo")).to_be_visible()
    assert str(card.locator("img").get_attribute("src")).startswith("/api/projects/thumbnail/")
    assert visitor.accessible() == []
    card.get_by_label("Actions for Night Drive").click()
    card.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Second cut")
    page.keyboard.press("Enter")
    expect(page.locator(".project", has_text="Second cut")).to_be_visible()
    # This browser has it already, under its old name.
    page.locator(".project .open", has_text="Second cut").click()
    expect(page.get_by_label("Name of this project")).to_have_value("Second cut")
    # Another browser opens it, with the song.
    other = visit(width)
    other.open("/login?next=/dashboard")
    other.page.get_by_label("Email").fill(email)
    other.page.get_by_label("Password").fill(PASSWORD)
    other.page.keyboard.press("Enter")
    other.page.locator(".project .open", has_text="Second cut").click()
    expect(other.page.get_by_label("Name of this project")).to_have_value("Second cut")
    expect(other.page.locator(".invite")).to_have_count(0)
    if width < 1000:
        other.page.locator("#tab-looks").click()
    expect(other.page.locator(".tile:visible", has_text="Halo").first).to_have_attribute("aria-pressed", "true")


def test_two_windows_on_one_project_do_not_overwrite_each_other(visit: Visit, song: Path, site: Service) -> None:
    visitor = visit()
    page = visitor.page
    open_song(visitor, song, shared(TINY))
    headers = headers_of(site, save(visitor))
    project = project_of(site, page, headers)
    changed = {"version": project["version"], "settings": {**TINY, "look": "horizon"}}
    answer = calls.patch(f"{site.url}/api/projects/{project['id']}", headers=headers, json=changed)
    assert answer.status_code == 200
    choose_look(page, "Halo")
    expect(page.get_by_role("heading", name="This project was changed elsewhere")).to_be_visible()
    assert visitor.accessible() == []
    page.get_by_role("button", name="Keep mine").click()
    expect(page.locator(".saved")).to_have_text("Saved in My videos")
    assert project_of(site, page, headers)["look"] == "halo"


def test_a_second_tab_that_opens_while_the_first_one_saves_asks_nothing(
    visit: Visit, song: Path, site: Service
) -> None:
    owner = owner_with_project(visit, site, song)
    page = open_project(owner.visitor, owner.project)
    saves: list[Route] = []
    page.route(
        f"**/api/projects/{owner.project}",
        lambda route: saves.append(route) if route.request.method == "PATCH" else route.continue_(),
    )
    choose_look(page, "Prism")
    wait_until(page, lambda: bool(saves))
    # The service has it, and its answer is still on its way.
    answer = saves[0].fetch()
    other = page.context.new_page()
    other.goto(f"{owner.visitor.url}/studio?project={owner.project}")
    expect(other.locator(".tile", has_text="Prism").first).to_have_attribute("aria-pressed", "true")
    expect(other.locator(".invite")).to_have_count(0)
    choose_look(other, "Horizon")
    expect_saved(other)
    saves[0].fulfill(response=answer)
    assert owner.call("GET")["look"] == "horizon"
    for each in (page, other):
        expect(each.get_by_role("dialog")).to_have_count(0)


def test_a_video_opens_its_project_with_the_settings_that_it_was_made_with(
    visit: Visit, song: Path, site: Service
) -> None:
    owner = owner_with_project(visit, site, song)
    owner.call("POST", "/api/render/submit", json={"project_id": owner.project, "settings": TINY})
    before = owner.call("GET")
    page = owner.visitor.page
    owner.visitor.open("/dashboard?tab=renders")
    page.get_by_role("link", name="Edit Night Drive and render again").click()
    page.wait_for_url(f"**/studio?project={owner.project}")
    prism, halo = (page.locator(".tile", has_text=look).first for look in ("Prism", "Halo"))
    expect(prism).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".saved")).to_have_text("Not saved: settings of the video")
    expect(page.locator(".toast")).to_contain_text("The project has other ones by now")
    assert owner.visitor.accessible() == []
    page.reload()
    expect(prism).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".saved")).to_have_text("Not saved: settings of the video")
    page.get_by_label("Undo").click()
    expect(halo).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".saved")).to_have_text("Saved in My videos")
    page.get_by_label("Redo").click()
    page.wait_for_timeout(2 * SAVES_AFTER_MS)
    assert {**before, "opened_at": None} == {**owner.call("GET"), "opened_at": None}
    # A change saves them; what the project was stays among its versions.
    choose_look(page, "Horizon")
    expect_saved(page)
    assert [each["look"] for each in owner.call("GET", "/versions")["items"]] == ["horizon", "halo"]


@pytest.mark.parametrize("kind", ["render", "project"])
def test_what_is_opened_leaves_the_project_before_as_it_was(visit: Visit, song: Path, site: Service, kind: str) -> None:
    owner = owner_with_project(visit, site, song)
    other = owner.call("POST", "/api/projects/duplicate", json={"ids": [owner.project]})["items"][0]["id"]
    page = open_project(owner.visitor, owner.project)
    choose_look(page, "Prism")
    expect_saved(page)
    before = owner.call("GET")
    order = {"project_id": other, "settings": {**TINY, "look": "horizon"}}
    asked = owner.call("POST", "/api/render/submit", json=order)["id"] if kind == "render" else other

    # A slow machine reads the song for longer than a project waits to save.
    def wait(route: Route) -> None:
        page.wait_for_timeout(2 * SAVES_AFTER_MS)
        route.continue_()

    page.route("**/song-worker-*.js", wait)
    owner.visitor.open(f"/studio?{kind}={asked}")
    look = "Horizon" if kind == "render" else "Halo"
    expect(page.locator(".tile", has_text=look).first).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".invite")).to_have_count(0)
    page.wait_for_timeout(2 * SAVES_AFTER_MS)
    assert owner.call("GET") == before


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_projects_are_searched_chosen_copied_deleted_and_brought_back(visit: Visit, site: Service, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    email = sign_in(visitor).email
    headers = headers_of(site, email)
    for number, look in enumerate(["halo", "prism", "horizon"]):
        body = {"name": f"<b>Song</b> {number}", "settings": {"look": look}}
        assert calls.post(f"{site.url}/api/projects", headers=headers, json=body).status_code == 201
    visitor.open("/dashboard")
    expect(page.locator(".project")).to_have_count(3)
    page.get_by_label("Search projects").fill("horizon")
    expect(page.locator(".project")).to_have_count(1)
    page.reload()
    expect(page.locator(".project")).to_have_count(1)
    page.get_by_label("Search projects").fill("nothing like it")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("button", name="Show all projects").click()
    expect(page.locator(".project")).to_have_count(3)
    page.get_by_label("Choose <b>Song</b> 2").check()
    page.get_by_label("Choose <b>Song</b> 1").check()
    expect(page.get_by_text("2 projects chosen")).to_be_visible()
    assert visitor.accessible() == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Download settings").click()
    settings = json.loads(download.value.path().read_text("utf-8"))
    assert [each["settings"]["look"] for each in settings] == ["prism", "horizon"]
    page.get_by_label("Choose <b>Song</b> 0").check()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator(".project")).to_have_count(4)
    page.get_by_label("Choose <b>Song</b> 0 (copy)").check()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".project")).to_have_count(3)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".project")).to_have_count(4)
    choose_two(page, "<b>Song</b> 2", "<b>Song</b> 1", width)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".project")).to_have_count(2)
    restore_them(visitor, width)
    expect(page.locator(".project")).to_have_count(4)
    page.get_by_role("tab", name="Videos").click()
    expect(page.get_by_role("heading", name="No video yet")).to_be_visible()
    assert visitor.accessible() == []
    page.go_back()
    expect(page.locator(".project")).to_have_count(4)


def choose_two(page: Page, first: str, second: str, width: int) -> None:
    """Choose two projects: on a phone with a finger that rests on the first one, and then taps the other."""
    if width > 600:
        page.get_by_label(f"Choose {first}").check()
        page.get_by_label(f"Choose {second}").check()
    else:
        hold(page, page.locator(".project", has_text=first))
        expect(page.get_by_text("1 project chosen")).to_be_visible()
        page.locator(".project .open", has_text=second).tap()
    expect(page.get_by_text("2 projects chosen")).to_be_visible()


def hold(page: Page, card: Locator) -> None:
    """Let a finger rest on a card until it is chosen."""
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    assert box
    finger = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    browser = page.context.new_cdp_session(page)
    browser.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    expect(card).to_have_class(re.compile("chosen"))
    browser.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    browser.detach()


def restore_them(visitor: Visitor, width: int) -> None:
    """Bring two projects back from the list of deleted ones: one with the keyboard, one that is chosen."""
    page, rows = visitor.page, visitor.page.locator(".project")
    page.get_by_role("tab", name="Deleted").click()
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Kept 30 more days")
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Restore <b>Song</b> 1").press("Enter")
    expect(page.locator(".toast", has_text="<b>Song</b> 1")).to_contain_text("restored.")
    expect(page.get_by_label("Restore <b>Song</b> 2")).to_be_focused()
    page.reload()
    page.get_by_label("Choose <b>Song</b> 2").check()
    assert visitor.accessible() == []
    page.get_by_role("button", name="Restore", exact=True).click()
    expect(page.get_by_role("heading", name="No deleted project")).to_be_visible()
    assert visitor.accessible() == []
    page.get_by_role("button", name="Show in Projects").click()


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_deleted_projects_are_deleted_for_good(visit: Visit, site: Service, song: Path, width: int) -> None:
    owner = owner_with_project(visit, site, song, width)
    page, rows = owner.visitor.page, owner.visitor.page.locator(".project")
    for name in ("Dawn", "Dusk", "Noon"):
        owner.call("POST", "/api/projects", json={"name": name, "settings": {"look": "prism"}})
    ids = [each["id"] for each in owner.call("GET", "/api/projects")["items"]]
    owner.call("POST", "/api/projects/delete", json={"ids": ids})
    owner.visitor.open("/dashboard?tab=deleted")
    expect(rows).to_have_count(4)
    expect(page.locator(".meters")).to_contain_text(re.compile(r"[1-9]\d* kB of"))
    assert owner.visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Whoever thinks better of it keeps the project.
    page.get_by_label("Delete for good: Night Drive").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(rows).to_have_count(4)
    erase_one_and_two(owner.visitor)
    page.get_by_role("button", name="Delete for good: Noon").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="No deleted project")).to_be_visible()
    expect(page.locator(".meters")).to_contain_text("0 kB of")
    expect(page.get_by_role("tab", name="Deleted")).to_be_focused()
    assert owner.call("GET", "/api/projects?deleted=true")["items"] == []


def erase_one_and_two(visitor: Visitor) -> None:
    """Delete projects for good: one from its row, with the keyboard, and two that are chosen."""
    page, dialog = visitor.page, visitor.page.get_by_role("dialog")
    page.get_by_label("Delete for good: Night Drive").press("Enter")
    expect(dialog).to_contain_text("This cannot be undone.")
    assert visitor.accessible() == []
    dialog.get_by_role("button", name="Delete for good").press("Enter")
    expect(page.locator(".toast", has_text="Night Drive")).to_contain_text("deleted for good.")
    expect(page.locator(".project .erase").first).to_be_focused()
    page.get_by_label("Choose Dawn").check()
    page.get_by_label("Choose Dusk").check()
    page.get_by_role("toolbar").get_by_role("button", name="Delete for good").click()
    expect(dialog).to_contain_text("Delete 2 projects for good?")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.locator(".toast", has_text="2 projects")).to_contain_text("deleted for good.")
    expect(page.locator(".project")).to_have_count(1)


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_settings_files_become_projects_and_replace_settings(
    visit: Visit, site: Service, width: int, tmp_path: Path
) -> None:
    visitor = visit(width)
    page, projects = visitor.page, visitor.page.locator(".project")
    headers = headers_of(site, sign_in(visitor).email)
    for name in ("Dawn", "Dusk"):
        body = {"name": name, "settings": {"look": "prism"}}
        calls.post(f"{site.url}/api/projects", headers=headers, json=body).raise_for_status()
    visitor.open("/dashboard")
    page.get_by_label("Choose Dawn").check()
    page.get_by_label("Choose Dusk").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download settings").click()
    both, halo, wrong = (tmp_path / name for name in ("both.json", "Halo settings.json", "wrong.json"))
    download.value.save_as(both)
    halo.write_text('{"version": 1, "look": "halo"}', "utf-8")
    wrong.write_text('{"look": "halo", "params": {"radius": "wide"}}', "utf-8")
    # Several files at once: one of them is refused, with the field's name.
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import settings").click()
    chooser.value.set_files([both, wrong, halo])
    expect(page.get_by_text("3 projects are imported.")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("wrong.json.*radius"))
    expect(projects).to_have_count(5)
    expect(projects.filter(has_text="Dawn")).to_have_count(2)
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("alert").get_by_role("button", name="Close").click()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(projects).to_have_count(2)
    # Dropped on the page.
    drop(page, halo, on="main")
    expect(page.get_by_text("is imported.")).to_be_visible()
    expect(projects.filter(has_text="Halo")).to_have_count(1)
    # In place of what a project has, and back.
    page.get_by_label("Actions for Dawn").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Replace settings").click()
    chooser.value.set_files(halo)
    dawn = projects.filter(has_text="Dawn")
    expect(dawn).to_contain_text("Halo")
    page.locator(".toast", has_text="settings of the file").get_by_role("button", name="Undo").click()
    expect(dawn).to_contain_text("Prism")


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_renders_are_filtered_searched_and_sorted(visit: Visit, site: Service, song: Path, width: int) -> None:
    visitor = visit(width)
    page, rows = visitor.page, visitor.page.locator(".render")
    with closing(Account(site.url)) as owner:
        settings = {**TINY, "text": {"title": "<b>Zenith</b>", "artist": ""}}
        upload = owner.upload(song)
        project = owner.post("/api/projects", json={"name": "Night Drive", "upload_id": upload, "settings": settings})
        # Both wait behind others, or are done before the second one is cancelled.
        owner.post("/api/render/submit", json={"project_id": project["id"]})
        last = owner.submit(upload, {**TINY, "look": "halo"})
        owner.post(f"/api/render/cancel/{last}")
        owner.sign_in(visitor.context)
    visitor.open("/dashboard?tab=renders")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Night Drive")
    expect(rows.last).to_contain_text("Zenith")
    expect(rows.last.get_by_role("link", name="Download")).to_be_visible()
    page.get_by_label("Order").select_option("Oldest")
    expect(rows.first).to_contain_text("Zenith")
    page.get_by_label("State").select_option("Ready")
    expect(rows).to_have_count(1)
    expect(page.get_by_text("1 video", exact=True)).to_be_visible()
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.get_by_label("State")).to_have_value("available")
    expect(page.get_by_label("Order")).to_have_value("oldest")
    page.get_by_label("Look").select_option("Halo")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    assert visitor.accessible() == []
    page.get_by_role("button", name="Show all videos").click()
    expect(rows).to_have_count(2)
    page.get_by_label("Search videos").fill("zen")
    expect(rows).to_have_count(1)
    page.get_by_label("Search videos").fill("")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Same project").click()
    expect(rows).to_have_count(1)
    expect(page.get_by_role("button", name="Project Night Drive")).to_be_visible()
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Project Night Drive").click()
    expect(rows).to_have_count(2)
    delete_the_first_video(visitor, "Zenith")
    page.get_by_role("tab", name="Projects").click()
    page.get_by_label("Actions for Night Drive").click()
    page.get_by_role("button", name="Show videos").click()
    expect(rows).to_have_count(1)
    assert project["id"] in page.url


def test_what_the_studio_renders_is_listed_under_its_project(visit: Visit, site: Service, song: Path) -> None:
    ada = owner_with_project(visit, site, song)
    page = open_project(ada.visitor, ada.project)
    press_render(page)
    order(ada.visitor)
    ada.visitor.open("/dashboard")
    page.get_by_label("Actions for Night Drive").click()
    page.get_by_role("button", name="Show videos").click()
    expect(page.locator(".render")).to_have_count(1)


def delete_the_first_video(visitor: Visitor, title: str) -> None:
    """Revoke a video's link and delete it from its row, with the keyboard."""
    page = visitor.page
    row, menu = page.locator(".render", has_text=title), page.get_by_label(f"More actions for <b>{title}</b>")
    link = str(row.get_by_role("link", name="Download").get_attribute("href"))
    menu.press("Enter")
    assert visitor.accessible() == []
    row.get_by_role("button", name="Revoke link").press("Enter")
    page.get_by_role("button", name="Revoke the link").press("Enter")
    expect(row.get_by_role("link", name="Download")).not_to_have_attribute("href", link)
    expect(menu).to_be_focused()
    assert calls.get(link).status_code == 404
    page.keyboard.press("Enter")
    row.get_by_role("button", name="Delete video").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(f"<b>{title}</b>")
    assert visitor.accessible() == []
    page.get_by_role("button", name="Delete the video").press("Enter")
    expect(row.locator(".state")).to_have_text("Deleted")
    expect(row.get_by_role("link", name=f"<b>{title}</b>", exact=True)).to_be_focused()
    expect(menu).to_have_count(0)
    take_off_the_list(visitor, title)


def take_off_the_list(visitor: Visitor, title: str) -> None:
    """Take the row of a video that is gone off the list, and put it back."""
    page, row = visitor.page, visitor.page.locator(".render", has_text=title)
    page.get_by_role("button", name=f"Remove <b>{title}</b> from the list").press("Enter")
    expect(row).to_have_count(0)
    undo = page.locator(".toast").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(row).to_have_count(1)
    assert visitor.accessible() == []


def test_a_visitor_signs_in_before_the_dashboard(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/dashboard?tab=renders")
    visitor.page.wait_for_url("**/login?next=%2Fdashboard%3Ftab%3Drenders")


def test_a_project_of_somebody_else_is_not_opened(visit: Visit) -> None:
    visitor = visit()
    sign_in(visitor)
    visitor.open(f"/studio?project={'0' * 26}")
    expect(visitor.page.locator(".toast")).to_contain_text("There is no such project.")
    expect(visitor.page.get_by_role("button", name="Choose a file")).to_be_visible()
