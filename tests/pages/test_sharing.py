"""Projects are shared: by a link, with people, between two browsers, and until somebody is removed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.pages.conftest import ON_A_PHONE, Visit
from tests.pages.owner import owner_with_project
from tests.pages.steps import choose_look, expect_saved, log_in, open_project, sign_in
from tests.render.service import Service


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_link_plays_the_look_and_leads_to_the_studio(visit: Visit, site: Service, song: Path, width: int) -> None:
    owner, guest = owner_with_project(visit, site, song), visit(width)
    path, page = owner.share(), guest.page
    guest.open(path)
    expect(page.get_by_role("heading", name="Night Drive")).to_be_visible()
    expect(page.get_by_text("Shared by Ada")).to_be_visible()
    expect(page.get_by_text("You hear our example song.")).to_be_visible()
    expect(page.get_by_role("button", name="Make a copy")).to_have_count(0)
    assert guest.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".screen canvas.drawn")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    # The owner lets everybody hear the song.
    owner.share(song=True)
    page.reload()
    expect(page.get_by_text("You hear “Night Drive”")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".screen canvas.drawn")).to_be_visible()
    page.get_by_role("button", name="Use it with my song").click()
    page.wait_for_url("**/studio#look=*")
    if width < 1000:
        page.locator("#tab-looks").click()
    expect(page.locator(".tile:visible", has_text="Halo").first).to_have_attribute("aria-pressed", "true")
    # A link that is switched off says so.
    owner.call("PATCH", "/sharing", json={"link": False})
    guest.open(path)
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    assert guest.accessible() == []


def test_a_visitor_signs_in_to_make_a_copy(visit: Visit, site: Service, song: Path) -> None:
    owner, guest, elsewhere = owner_with_project(visit, site, song), visit(), visit()
    email = sign_in(elsewhere).email
    guest.open(owner.share(copies=True, song=True))
    guest.page.get_by_role("button", name="Make a copy").click()
    guest.page.wait_for_url("**/login?next=*")
    log_in(guest.page, email)
    guest.page.wait_for_url("**/studio?project=*")
    expect(guest.page.get_by_label("Name of this project")).to_have_value("Night Drive")
    expect(guest.page.locator(".invite")).to_have_count(0)
    assert owner.project not in guest.page.url
    elsewhere.open("/dashboard")
    expect(elsewhere.page.locator(".project", has_text="Night Drive")).to_have_count(1)


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_an_owner_shares_from_the_dashboard(visit: Visit, site: Service, song: Path, width: int) -> None:
    owner = owner_with_project(visit, site, song, width)
    page = owner.visitor.page
    owner.visitor.open("/dashboard")
    page.get_by_label("Actions for Night Drive").click()
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_label("Anyone with the link can view").check()
    expect(page.get_by_label("Link to this project")).to_have_value(re.compile(r"/s/\w{26}"))
    page.get_by_label("They can copy the whole project").check()
    expect(page.get_by_label("They can copy the whole project")).to_be_checked()
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("Enter an email address.")).to_be_visible()
    page.get_by_label("Email address").fill(owner.email)
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("This is your own address.")).to_be_visible()
    page.get_by_label("Email address").fill("band.mate@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_label("What band.mate@example.com can do")).to_have_value("editor")
    assert owner.visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("What band.mate@example.com can do").select_option("viewer")
    expect(page.get_by_label("What band.mate@example.com can do")).to_be_enabled()
    sharing = owner.call("GET", "/sharing")
    assert (sharing["copies"], sharing["song"], sharing["people"][0]["role"]) == (True, False, "viewer")
    page.get_by_role("button", name="Remove band.mate@example.com").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_label("What band.mate@example.com can do")).to_have_count(0)
    page.get_by_label("Anyone with the link can view").uncheck()
    expect(page.get_by_label("Link to this project")).to_have_count(0)
    page.get_by_role("button", name="Done").click()
    assert owner.call("GET", "/sharing")["link"] is None


def test_on_a_phone_the_account_menu_leads_to_both(visit: Visit, site: Service, song: Path) -> None:
    owner = owner_with_project(visit, site, song, 390)
    page = open_project(owner.visitor, owner.project)
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Share this project").click()
    expect(page.get_by_role("heading", name="Night Drive")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Version history").click()
    page.locator(".versions .version").click()
    expect(page.get_by_text("Now", exact=True)).to_be_visible()
    assert owner.visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_an_invitation_is_accepted_by_a_new_account(visit: Visit, site: Service, song: Path) -> None:
    owner, guest = owner_with_project(visit, site, song), visit()
    page, email = guest.page, "new." + owner.email
    owner.invite(email)
    page.goto(guest.link(email, "/shared/"))
    expect(page.get_by_role("heading", name="Someone has shared a project with you")).to_be_visible()
    assert guest.accessible() == []
    page.get_by_role("link", name="Create an account").click()
    log_in(page, email)
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
    assert guest.accessible() == []
    guest.confirm(email)
    page.wait_for_url(f"**/studio?project={owner.project}")
    expect(page.locator(".invite")).to_have_count(0)
    choose_look(page, "Prism")
    expect_saved(page)
    assert owner.call("GET")["look"] == "prism"
    assert owner.call("GET", "/sharing")["people"][0]["accepted_at"]
    guest.open("/dashboard?tab=shared")
    expect(page.locator(".project", has_text="From Ada")).to_be_visible()
    expect(page.get_by_text("Can edit")).to_be_visible()
    assert guest.accessible() == []
    page.get_by_label("Actions for Night Drive").click()
    page.get_by_role("button", name="Leave").click()
    page.locator("dialog").get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="Nobody has shared a project with you yet")).to_be_visible()


def test_a_viewer_watches_and_others_are_told_whose_it_is(visit: Visit, site: Service, song: Path) -> None:
    owner, viewer, stranger = owner_with_project(visit, site, song), visit(), visit()
    owner.invite(sign_in(viewer).email, "viewer")
    viewer.open(f"/studio?project={owner.project}")
    viewer.page.wait_for_url(f"**/shared/{owner.project}")
    expect(viewer.page.get_by_role("heading", name="Night Drive")).to_be_visible()
    expect(viewer.page.get_by_text("You hear our example song.")).to_be_visible()
    email = sign_in(stranger).email
    stranger.open(f"/shared/{owner.project}")
    expect(stranger.page.get_by_role("heading", name="This project is not shared with you")).to_be_visible()
    expect(stranger.page.get_by_text(email)).to_be_visible()
    assert stranger.accessible() == []


def test_two_people_change_one_project(visit: Visit, site: Service, song: Path) -> None:
    owner, guest = owner_with_project(visit, site, song), visit()
    owner.invite(sign_in(guest).email)
    ours, theirs = open_project(owner.visitor, owner.project), open_project(guest, owner.project)
    choose_look(ours, "Prism")
    expect_saved(ours)
    choose_look(theirs, "Horizon")
    expect(theirs.get_by_role("heading", name="This project was changed elsewhere")).to_be_visible()
    expect(theirs.get_by_text(re.compile("Ada.? has saved a newer version since you opened it"))).to_be_visible()
    theirs.get_by_role("button", name="Keep mine").click()
    expect(theirs.locator(".saved")).to_have_text("Saved in \u2068Ada\u2069\u2019s project")
    assert owner.call("GET")["look"] == "horizon"
    # Now the owner's window has the older one.
    choose_look(ours, "Halo")
    expect(ours.get_by_role("heading", name="This project was changed elsewhere")).to_be_visible()
    ours.get_by_role("button", name="Take theirs").click()
    expect(ours.locator(".tile:visible", has_text="Horizon").first).to_have_attribute("aria-pressed", "true")
    # What the owner had is one step back.
    expect(ours.get_by_label("Undo")).to_have_attribute("title", "Undo: Newer version")
    # The history has both and what it was before, and brings the first one back.
    ours.get_by_label("Share", exact=True).click()
    ours.get_by_role("button", name="Version history").click()
    expect(ours.locator(".versions .version")).to_have_count(3)
    ours.locator(".versions .version").nth(1).click()
    assert owner.visitor.accessible() == []
    ours.get_by_role("button", name="Bring this version back").click()
    expect(ours.locator(".tile:visible", has_text="Prism").first).to_have_attribute("aria-pressed", "true")
    assert owner.call("GET")["look"] == "prism"


def test_a_removed_editor_keeps_the_work_of_an_open_tab(visit: Visit, site: Service, song: Path) -> None:
    owner, guest = owner_with_project(visit, site, song), visit()
    person = owner.invite(sign_in(guest).email)
    page = open_project(guest, owner.project)
    owner.call("PATCH", f"/people/{person}", json={"role": "viewer"})
    choose_look(page, "Prism")
    expect(page.get_by_role("heading", name="You can no longer change this project")).to_be_visible()
    assert guest.accessible() == []
    page.get_by_role("button", name="Not now").click()
    owner.call("DELETE", f"/people/{person}")
    choose_look(page, "Horizon")
    expect(page.get_by_text("no longer shared with you")).to_be_visible()
    page.get_by_role("button", name="Keep as my own project").click()
    expect(page.locator(".saved")).to_have_text("Saved in My videos")
    expect(page.locator(".tile:visible", has_text="Horizon").first).to_have_attribute("aria-pressed", "true")
    assert owner.project not in page.url
    assert owner.call("GET")["look"] == "halo"
    guest.open("/dashboard")
    expect(page.locator(".project", has_text="Night Drive")).to_have_count(1)
