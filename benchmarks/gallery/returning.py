"""What customers see who come back: long lists, settings files, sharing, versions, second factors, data, deletion."""

import json
import time
from pathlib import Path
from typing import Any

import pyotp

from benchmarks import many_things
from benchmarks.account import PASSWORD, Account
from benchmarks.gallery.camera import View
from benchmarks.service import Service

_PATIENCE_S = 600.0
_DRAFT = {"width": 640, "height": 360, "fps": 24, "quality": "draft"}
_PICTURES = Path(__file__).parents[2] / "frontend" / "looks"
_LONG_NAME = (
    "The very long name of a project that nobody has shortened, though everybody who sees it has asked for that"
)


class Returning:
    """A customer with a long history, who shares a project with two people."""

    def __init__(self, running: Service, song: Path) -> None:
        self.url = running.url
        self.owner = Account(running.url)
        upload_id = self.owner.upload(song)
        settings = {"look": "horizon", "output": _DRAFT, "range": {"start_s": 14.0, "duration_s": 2.0}}
        render_id = self._rendered(upload_id, settings)
        for look in many_things.LOOKS:
            picture = (_PICTURES / look / "thumbnails" / "default.webp").read_bytes()
            upload = self.owner.post("/api/uploads", files={"picture": ("frame.webp", picture)})["id"]
            many_things.add_projects(running.app, self.owner.email, 12, upload)
        many_things.add_renders(running.app, self.owner.email, 30, render_id)
        body = {"name": "First Light", "upload_id": upload_id, "settings": {"look": "halo"}}
        self.project = self.owner.post("/api/projects", json=body)["id"]
        self.owner.post("/api/projects", json={"name": _LONG_NAME, "settings": {"look": "prism"}})
        self._share()

    def _share(self) -> None:
        path = f"/api/projects/{self.project}"
        self.owner.patch(path, json={"version": 1, "settings": {"look": "halo", "seed": 2}})
        self.owner.put(f"{path}/settings", json={"version": 2, "settings": {"look": "horizon"}})
        self.owner.put(f"{path}/settings", json={"version": 3, "settings": {"look": "prism"}})
        self.owner.patch(f"{path}/sharing", json={"link": True})
        for name, role in (("bea", "editor"), ("a.rather.long.address.of.somebody", "viewer")):
            self.owner.post(f"{path}/people", json={"email": f"{name}@example.com", "role": role})

    def _rendered(self, upload_id: str, settings: dict[str, Any]) -> str:
        job_id = self.owner.submit(upload_id, settings)
        deadline = time.monotonic() + _PATIENCE_S
        while (job := self.owner.status(job_id))["status"] != "completed":
            if time.monotonic() > deadline or job["status"] == "failed":
                raise RuntimeError(f"The render is {job['status']}: {job['error']}")
            time.sleep(0.5)
        return job_id


def photograph(view: View, returning: Returning, folder: Path) -> None:
    """Photograph one variant. What changes an account is done with a new one."""
    returning.owner.sign_in(view.context)
    view.attempt("projects", _projects)
    view.attempt("renders", _renders)
    view.attempt("import", _import, folder)
    view.attempt("sharing", _sharing)
    view.attempt("versions", _versions, returning)
    Account(returning.url).sign_in(view.context)
    view.attempt("second factor", _second_factor)
    view.attempt("notifications", _part, "notifications")
    view.attempt("export", _export)
    view.attempt("deletion", _deletion)


def _projects(view: View) -> None:
    view.open("/dashboard")
    view.shoot("returning", "projects", whole=False)
    view.page.get_by_label("Actions for First Light").click()
    view.shoot("returning", "project-menu", whole=False)
    view.page.keyboard.press("Escape")
    view.page.get_by_label("Choose First Light").check()
    view.shoot("returning", "chosen", whole=False)


def _renders(view: View) -> None:
    view.open("/dashboard?tab=renders&order=expires")
    view.shoot("returning", "renders", whole=False)
    view.open("/dashboard?tab=renders&look=halo&state=under_way")
    view.page.get_by_role("heading", name="Nothing matches").wait_for()
    view.shoot("returning", "nothing-matches", whole=False)


def _import(view: View, folder: Path) -> None:
    view.open("/dashboard")
    drag = (
        "new DragEvent('dragover', {dataTransfer: Object.assign(new DataTransfer()), bubbles: true, cancelable: true})"
    )
    view.page.evaluate(
        f"""() => {{ const event = {drag}; event.dataTransfer.items.add(new File(['{{}}'], 'a.json'));
        document.body.dispatchEvent(event); }}"""
    )
    view.shoot("returning", "drag", whole=False)
    view.page.evaluate("dispatchEvent(new DragEvent('dragleave'))")
    good, bad, text = (folder / name for name in ("First Light settings.json", "Other.json", "notes.json"))
    good.write_text(json.dumps({"look": "halo"}), "utf-8")
    bad.write_text(json.dumps([{"name": "Dusk", "settings": {"look": "halo", "params": {"radius": "wide"}}}]), "utf-8")
    text.write_text("no settings", "utf-8")
    with view.page.expect_file_chooser() as chooser:
        view.page.get_by_role("button", name="Import settings").click()
    chooser.value.set_files([good, bad, text])
    view.page.locator(".toast").wait_for()
    view.shoot("returning", "import", whole=False)
    view.page.locator(".toast").get_by_role("button", name="Undo").click()
    view.page.locator(".toast", has_text="deleted").wait_for()


def _sharing(view: View) -> None:
    view.open("/dashboard")
    view.page.get_by_label("Actions for First Light").click()
    view.page.get_by_role("button", name="Share", exact=True).click()
    view.page.get_by_label("Link to this project").wait_for()
    view.page.locator("dialog").get_by_role("button", name="Invite").click()
    view.page.get_by_text("Enter an email address.").wait_for()
    view.shoot("returning", "sharing", whole=False)


def _versions(view: View, returning: Returning) -> None:
    view.open(f"/studio?project={returning.project}")
    view.page.locator(".invite").wait_for(state="detached")
    if view.variant.is_phone:
        view.page.get_by_label("Your account").click()
    else:
        view.page.get_by_label("Share", exact=True).click()
    view.page.get_by_role("button", name="Version history").click()
    view.page.locator(".versions .version").nth(1).click()
    view.page.get_by_role("button", name="Bring this version back").wait_for()
    view.page.wait_for_timeout(2000)
    view.shoot("returning", "versions", whole=False)


def _second_factor(view: View) -> None:
    page, dialog = view.page, view.page.locator("dialog")
    view.open("/account")
    page.get_by_role("button", name="Set up an authenticator app").click()
    dialog.get_by_label("Current password").fill("not the password")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Your current password is wrong.").wait_for()
    view.shoot("returning", "factor-password", whole=False)
    dialog.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("img", name="QR code").wait_for()
    page.get_by_text("scan it?").click()
    view.shoot("returning", "factor-scan", whole=False)
    secret = dialog.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_role("heading", name="Keep your recovery codes").wait_for()
    view.shoot("returning", "factor-codes", whole=False)
    page.get_by_role("button", name="I have kept them").click()
    page.get_by_text("10 of 10 left").wait_for()
    _part(view, "security")


def _part(view: View, name: str) -> None:
    view.open(f"/account#{name}")
    view.page.wait_for_timeout(1000)
    view.shoot("returning", name, whole=False)


def _export(view: View) -> None:
    view.open("/account#data")
    view.page.get_by_role("button", name="Prepare my data").click()
    view.page.get_by_text("Your data is ready").wait_for()
    view.page.locator("#data").scroll_into_view_if_needed()
    view.shoot("returning", "export", whole=False)


def _deletion(view: View) -> None:
    view.open("/account#delete")
    view.page.get_by_text("Delete my account", exact=True).click()
    view.page.locator("#current-delete").scroll_into_view_if_needed()
    view.shoot("returning", "deletion", whole=False)
    view.page.locator("#current-delete").fill(PASSWORD)
    view.page.keyboard.press("Enter")
    view.page.get_by_role("complementary", name="Your account").wait_for()
    view.shoot("returning", "deletion-asked", whole=False)
