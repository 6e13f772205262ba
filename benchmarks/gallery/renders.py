"""The pages of a customer, and the render's page: waiting, drawing, done, failed, cancelled, missing. Real renders."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from benchmarks.account import Account
from benchmarks.gallery.camera import View
from benchmarks.service import Service
from oriel.errors import VerificationError
from oriel.infra.database import writing
from oriel.infra.ids import new_id
from oriel.rendering.attempts import end_badly
from oriel.rendering.models import RenderJob

_PATIENCE_S = 600.0
_FREE = {"width": 1280, "height": 720, "fps": 30}


class Renders:
    """One customer's renders in every state. The long one must be drawing while its page is photographed."""

    def __init__(self, running: Service, song: Path) -> None:
        self._running = running
        self.owner = Account(running.url)
        self._upload_id = self.owner.upload(song)
        self.done = self._submit("horizon", 14.0, 3.0)
        self._wait(self.done, lambda job: job["status"] == "completed")
        tall = {"width": 720, "height": 1280, "fps": 30, "quality": "draft"}
        self.tall = self._submit("halo", 15.0, 2.0, tall)
        self._wait(self.tall, lambda job: job["status"] == "completed")
        self.long = self._submit("prism", 0.0, None)
        self.waiting = self._submit("halo", 0.0, None)
        self.failed = self._submit("prism", 15.0, 2.0)
        self._fail(self.failed)
        self.missing = new_id()
        # The poster comes soon after the first frames.
        self._wait(self.long, lambda job: job["poster_url"] and job["eta_s"])

    def cancel(self) -> None:
        """Cancel the long one, which counts, and the one that waits, which does not."""
        for job_id in (self.waiting, self.long):
            self.owner.post(f"/api/render/cancel/{job_id}")
            self._wait(job_id, lambda job: job["status"] == "cancelled")

    def _submit(self, look: str, start: float, seconds: float | None, output: dict[str, Any] = _FREE) -> str:
        settings = {
            "version": 1, "look": look, "output": output, "range": {"start_s": start, "duration_s": seconds},
            "text": {"title": "First Light", "artist": "Oriel"},
        }  # fmt: skip
        return self.owner.submit(self._upload_id, settings)

    def _wait(self, job_id: str, holds: Callable[[dict[str, Any]], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not holds(job := self.owner.status(job_id)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"The render is {job['status']}, {job['progress']:.0%}.")
            time.sleep(0.5)

    def _fail(self, job_id: str) -> None:
        """End a render as the worker ends it after an error that does not go away."""
        error = VerificationError("The finished video was 2 frames too short, so we did not deliver it.")
        with self._running.app.app_context(), writing() as session:
            job = session.scalars(select(RenderJob).where(RenderJob.id == job_id)).one()
            end_badly(session, job, error)


def photograph_running(view: View, renders: Renders) -> None:
    """Photograph what is under way, and what has ended before."""
    renders.owner.sign_in(view.context)
    shown = {"done": renders.done, "done-tall": renders.tall, "drawing": renders.long, "waiting": renders.waiting}
    for state, job_id in {**shown, "failed": renders.failed, "missing": renders.missing}.items():
        view.attempt(f"render, {state}", _shoot, state, job_id)
    view.attempt("render, asked to cancel", _ask_to_cancel, renders.long)
    for state, job_id in {"wide": renders.done, "tall": renders.tall}.items():
        view.attempt(f"watch, {state}", _watch, state, renders.owner.status(job_id)["watch_url"])
    view.attempt("watch, gone", _watch, "gone", f"{view.url}/v/{renders.missing}{'A' * 22}")
    for name in ("dashboard", "account", "billing"):
        view.attempt(name, _customer_page, name)


def _watch(view: View, state: str, address: str) -> None:
    view.page.goto(f"{view.url}{urlsplit(address).path}")
    view.shoot("watch", state)


def photograph_cancelled(view: View, renders: Renders) -> None:
    """Photograph the cancelled ones."""
    renders.owner.sign_in(view.context)
    for state, job_id in {"cancelled-counted": renders.long, "cancelled": renders.waiting}.items():
        view.attempt(f"render, {state}", _shoot, state, job_id)


def _shoot(view: View, state: str, job_id: str) -> None:
    view.page.goto(f"{view.url}/render/{job_id}")
    view.page.locator("oriel-render h1").wait_for()
    view.page.wait_for_timeout(1500)
    view.shoot("render", state)


def _customer_page(view: View, name: str) -> None:
    view.page.goto(f"{view.url}/{name}")
    view.page.locator("h1").first.wait_for()
    view.page.wait_for_timeout(2500)
    view.shoot(name, "customer")


def _ask_to_cancel(view: View, job_id: str) -> None:
    view.page.goto(f"{view.url}/render/{job_id}")
    view.page.get_by_role("button", name="Cancel", exact=True).click()
    view.page.locator("dialog[open]").wait_for()
    view.shoot("render", "cancel", whole=False)
