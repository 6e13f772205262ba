"""A customer shows a face: on the account page, in the header, in the studio, and to those who share a project."""

import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from tests.pages import calls
from tests.pages.conftest import ON_A_PHONE, PASSWORD, Visit, Visitor
from tests.pages.owner import owner_with_project
from tests.pages.steps import Customer, open_project, sign_in
from tests.render.service import Service


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photo, a picture that is cut off, and a text that is called a picture."""
    folder = tmp_path_factory.mktemp("faces")
    make = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=800x600:d=0.04:r=25", "-frames:v", "1"]
    subprocess.run([*make, folder / "me.jpg"], check=True, timeout=120)
    (folder / "cut off.jpg").write_bytes((folder / "me.jpg").read_bytes()[:9000])
    (folder / "text.png").write_bytes(b"not a picture at all\n" * 400)
    (folder / "huge.png").write_bytes(bytes(20_000_001))
    return folder


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_a_customer_sends_replaces_and_removes_a_picture(visit: Visit, faces: Path, width: int) -> None:
    visitor = visit(width, scheme="light" if width == 390 else "dark")
    page = visitor.page
    # Playwright catches file dialogs only while somebody listens; beginning with the key press could be too late.
    page.on("filechooser", lambda _: None)
    customer = sign_in(visitor)
    visitor.open("/account")
    field, link = page.locator("oriel-avatar-field"), page.locator('.site-nav a[href="/account"]')
    expect(field.locator("oriel-avatar")).to_have_text(customer.email[0].upper())
    for name, sentence in (
        ("cut off.jpg", "it is damaged"),
        ("text.png", "We cannot read this picture"),
        ("huge.png", "larger than 20 MB"),
    ):
        choose(field, faces / name)
        expect(field.get_by_role("alert")).to_contain_text(sentence)
    assert visitor.accessible() == []
    look(visitor, f"refused-{width}")
    # By keyboard alone.
    button = field.get_by_role("button", name="Choose a picture")
    button.focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(faces / "me.jpg")
    expect(page.get_by_text("Your picture is saved.")).to_be_visible()
    expect(field.locator(".problem")).to_be_empty()
    shows(field.locator("oriel-avatar"))
    shows(link.locator("oriel-avatar"))
    assert visitor.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    look(visitor, f"account-{width}")
    before = field.locator("img").get_attribute("src")
    choose(field, faces / "me.jpg", "Replace")
    expect(field.locator("img")).not_to_have_attribute("src", before or "")
    visitor.open("/studio")
    shows(page.locator(".bar summary oriel-avatar"))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    look(visitor, f"studio-{width}")
    visitor.open("/account")
    field.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Your picture is removed.")).to_be_visible()
    expect(field.locator("img")).to_have_count(0)
    expect(link.locator("img")).to_have_count(0)


@pytest.mark.parametrize("width", ON_A_PHONE)
def test_people_who_share_a_project_see_each_other(
    visit: Visit, site: Service, faces: Path, song: Path, width: int
) -> None:
    ada, bob = owner_with_project(visit, site, song, width), sign_in(visit(390))
    page, headers = ada.visitor.page, token_of(bob)
    for person in (ada.headers, headers):
        send(site.url, person, faces / "me.jpg")
    for email in (bob.email, "nobody.yet@example.com"):
        ada.invite(email)
    calls.post(f"{site.url}/api/projects/{ada.project}/opened", headers=headers).raise_for_status()
    open_project(ada.visitor, ada.project)
    share = "Your account" if width == 390 else "Share"
    page.locator(f'summary[aria-label="{share}"]').click()
    page.get_by_role("button", name="Share this project…").click()
    rows = page.locator(".people li")
    expect(rows).to_have_count(3)
    shows(rows.nth(0).locator("oriel-avatar"))
    shows(rows.nth(1).locator("oriel-avatar"))
    expect(rows.nth(2).locator("oriel-avatar")).to_have_text("N")
    assert ada.visitor.accessible() == []
    look(ada.visitor, f"share-{width}")
    page.get_by_role("button", name="Done").click()
    page.locator(f'summary[aria-label="{share}"]').click()
    page.get_by_role("button", name="Version history").click()
    shows(page.locator(".version oriel-avatar").first)
    assert ada.visitor.accessible() == []
    look(ada.visitor, f"versions-{width}")


def choose(field: Locator, file: Path, button: str = "Choose a picture") -> None:
    with field.page.expect_file_chooser() as chooser:
        field.get_by_role("button", name=button).click()
    chooser.value.set_files(file)


def shows(avatar: Locator) -> None:
    """Wait until a picture is there and drawn."""
    expect(avatar.locator("img")).to_have_js_property("complete", value=True)
    assert avatar.locator("img").evaluate("image => image.naturalWidth") == 512


def send(url: str, headers: dict[str, str], file: Path) -> None:
    with file.open("rb") as content:
        files = {"picture": (file.name, content)}
        calls.put(f"{url}/api/user/avatar", files=files, headers=headers).raise_for_status()


def token_of(customer: Customer) -> dict[str, str]:
    account = {"email": customer.email, "password": PASSWORD}
    login = calls.post(f"{customer.visitor.url}/api/auth/login", json=account).raise_for_status()
    return {"Authorization": f"Bearer {login.json()['access_token']}"}


def look(visitor: Visitor, name: str) -> None:
    if folder := os.environ.get("AVATAR_PICTURES"):
        visitor.page.screenshot(path=f"{folder}/{name}.png")
