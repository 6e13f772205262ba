"""Render jobs in the panel: found, tried again, moved, cancelled, played; each act in the audit trail, and by role."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from tests.functional.admin.staff import Operator, trail
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob, fresh, make_job

from oriel.billing import rights
from oriel.errors import AppError, PaymentRequired, SongTooLong, StageCrashed, UploadLost, error_classes
from oriel.infra.clock import clock, now
from oriel.infra.database import writing
from oriel.infra.storage import storage
from oriel.rendering import attempts, operator_actions
from oriel.rendering.attempts import Video
from oriel.rendering.models import RenderJob

__all__ = ["make_job"]

LIST = "/admin/renders/"


@dataclass
class Renders:
    """Renders in any state, each change in a context of its own: the panel keeps its operator in the context."""

    app: APIFlask
    make_job: MakeJob

    def made(self, **columns: Any) -> RenderJob:  # noqa: ANN401
        with self.app.app_context():
            return self.make_job(**columns)

    def failed(self, **columns: Any) -> RenderJob:  # noqa: ANN401
        """Make one that has failed for good through our fault."""
        job = self.made(**columns)
        with self.app.app_context(), writing() as session:
            row = session.get_one(RenderJob, job.id)
            row.status, row.completed_at, row.error_code = "failed", now(), "STAGE_CRASHED"
            row.error_message, row.error_details = (
                "The browser crashed.",
                {"stderr": "GL error\nat frame 12", "tries": 3},
            )
            rights.give_back(session, job.id)
        return job

    def finished(self, folder: Path) -> RenderJob:
        """Make one that has a video."""
        job = self.made()
        with self.app.app_context():
            attempt = attempts.claim("worker")
            assert attempt
            (folder / "file").write_bytes(b"video" * 100)
            name = f"videos/{job.user_id}/{job.id}/v.mp4"
            stored = storage().put(name, folder / "file", content_type="video/mp4").name
            attempts.complete(attempt, Video(stored, 500, "0" * 64, 8.0, None))
        return job

    def now_of(self, job: RenderJob) -> RenderJob:
        with self.app.app_context():
            return fresh(job)


@pytest.fixture
def renders(app: APIFlask, make_job: MakeJob) -> Renders:
    return Renders(app, make_job)


def test_a_list_shows_each_render_with_its_customer(
    admin: Operator, renders: Renders, caller: Callable[..., Caller]
) -> None:
    customer = caller()
    job = renders.failed(user_id=customer.user_id)
    page = admin.get(LIST).text
    assert f'href="/admin/renders/{job.id}"' in page
    assert customer.email in page
    assert "STAGE_CRASHED" in page


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("state=failed", True),
        ("state=completed", False),
        ("code=STAGE_CRASHED&plan=free", True),
        ("code=DISK_FULL", False),
        ("age=hour", True),
        ("search=nIGHT", True),
        ("search=nobody", False),
        ("search={id}", True),
        ("search={user}", True),
        ("search={email}", True),
        ("search=somebody@else", False),
        ("state=unknown", True),
    ],
)
def test_a_render_is_found(
    admin: Operator, renders: Renders, caller: Callable[..., Caller], query: str, is_found: bool
) -> None:
    customer = caller()
    job = renders.failed(user_id=customer.user_id)
    page = admin.get(f"{LIST}?{query.format(id=job.id, user=customer.user_id, email=customer.email)}").text
    assert (f"/admin/renders/{job.id}" in page) == is_found


def test_the_filter_has_the_errors_that_a_render_can_have(admin: Operator) -> None:
    page = admin.get(LIST).text
    offered = {code: f'<option value="{code}">' in page for code in sorted(each.code for each in error_classes())}
    # Whatever is a machine's fault can hold a render up.
    assert all(offered[each.code] for each in error_classes() if each.of_machine)
    assert all(offered[code] for code in ("INTERNAL_ERROR", "UPLOAD_LOST", "STAGE_CRASHED", "UNKNOWN_LOOK"))
    assert not any(offered[code] for code in ("CARD_DECLINED", "EMAIL_TAKEN", "WEAK_PASSWORD", "MAIL_FAILED"))


def test_an_old_render_is_not_among_those_of_the_last_hour(admin: Operator, renders: Renders) -> None:
    job = renders.made(created_at=now() - timedelta(hours=2))
    assert job.id not in admin.get(f"{LIST}?age=hour").text
    assert job.id in admin.get(f"{LIST}?age=day").text


def test_its_page_shows_the_error_with_the_end_of_the_log_and_the_settings(admin: Operator, renders: Renders) -> None:
    page = admin.get(f"{LIST}{renders.failed().id}").text
    assert '<pre tabindex="0">GL error\nat frame 12</pre>' in page
    assert "The browser crashed." in page
    assert "&#34;look&#34;: &#34;prism&#34;" in page


def test_its_page_shows_why_it_waits_again_and_each_attempt(admin: Operator, renders: Renders) -> None:
    job = renders.made()
    with renders.app.app_context():
        attempt = attempts.claim("worker 7")
        assert attempt
        attempts.fail(attempt, UploadLost("The song is gone.", stderr="no such object"))
    page = admin.get(f"{LIST}{job.id}").text
    error = page.partition("Error of the last attempt</h2>")[2].partition("</section>")[0]
    assert all(text in error for text in ("UPLOAD_LOST", "The song is gone.", "no such object"))
    row = page.partition("Ended attempts</h2>")[2].partition("</section>")[0]
    assert all(text in row for text in ("Retried", "UPLOAD_LOST", "worker 7"))
    assert "UPLOAD_LOST" in admin.get(LIST).text


def attempted(error: AppError, seconds: float) -> None:
    """Let an attempt at the render whose turn it is end with an error after some seconds."""
    attempt = attempts.claim("worker")
    assert attempt
    clock.shift(timedelta(seconds=seconds))
    attempts.fail(attempt, error)


def took(admin: Operator, job: RenderJob) -> str:
    return admin.get(f"{LIST}{job.id}").text.partition("<dt>Took</dt><dd>")[2].partition("</dd>")[0]


def test_a_render_took_as_long_as_the_attempt_that_ended_it(admin: Operator, renders: Renders) -> None:
    job = renders.made()
    with renders.app.app_context():
        attempted(SongTooLong("It is too long."), 7)
    assert re.fullmatch(r"7\.\d s", took(admin, job))


def test_of_several_attempts_the_last_one_is_told_apart_from_the_waits(admin: Operator, renders: Renders) -> None:
    job = renders.made()
    with renders.app.app_context():
        attempted(StageCrashed("It crashed."), 60)
        clock.shift(timedelta(minutes=10))
        attempted(SongTooLong("It is too long."), 7)
    assert re.fullmatch(r"7\.\d s \(the last of 2 attempts; 11 min since the first one began, .*\)", took(admin, job))


def test_a_render_that_is_cancelled_while_it_waits_ended_in_no_attempt(admin: Operator, renders: Renders) -> None:
    job = renders.made()
    with renders.app.app_context():
        attempted(StageCrashed("It crashed."), 60)
    admin.post(f"{LIST}cancel?key={job.id}")
    assert renders.now_of(job).status == "cancelled"
    assert took(admin, job) == ""


def test_a_running_one_is_being_cancelled(admin: Operator, renders: Renders) -> None:
    job = renders.made()
    with renders.app.app_context():
        assert attempts.claim("worker")
    answer = admin.post(f"{LIST}cancel?key={job.id}")
    assert "The render is being cancelled." in admin.get(answer.location).text
    assert renders.now_of(job).status == "processing"


def test_its_page_says_in_words_who_pays(admin: Operator, renders: Renders) -> None:
    waiting, failed = renders.made(), renders.failed()
    assert "<dt>Counts</dt><dd>Not yet: reserved until it ends</dd>" in admin.get(f"{LIST}{waiting.id}").text
    page = admin.get(f"{LIST}{failed.id}").text
    assert "<dt>Paid with</dt><dd>The plan</dd>" in page
    assert "<dt>Counts</dt><dd>No: the customer got it back</dd>" in page


def test_a_song_title_is_text(admin: Operator, renders: Renders) -> None:
    job = renders.made(title="<script>alert(1)</script>")
    for path in (LIST, f"{LIST}{job.id}"):
        assert "<script>alert" not in admin.get(path).text


def test_a_render_that_is_tried_again_is_queued_once(app: APIFlask, admin: Operator, renders: Renders) -> None:
    job = renders.failed()
    answer = admin.post(f"{LIST}retry?key={job.id}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{LIST}{job.id}")
    assert "The render is queued again." in admin.get(f"{LIST}{job.id}").text
    admin.post(f"{LIST}retry?key={job.id}")
    assert "Only a failed render can be tried again" in admin.get(f"{LIST}{job.id}").text
    assert (renders.now_of(job).status, renders.now_of(job).fence) == ("queued", 0)
    assert [(line.action, line.kind, line.object_id) for line in trail(app)] == [("render.retry", "render", job.id)]


def test_dead_letters_are_queued_again_in_their_order(app: APIFlask, admin: Operator, renders: Renders) -> None:
    start = now()
    jobs = [renders.failed(created_at=start - timedelta(hours=hours)) for hours in (1, 3, 2)]
    assert "Requeue dead letters" in admin.get(LIST).text
    admin.post(f"{LIST}requeue")
    assert [line.object_id for line in trail(app)] == [jobs[1].id, jobs[2].id, jobs[0].id]
    assert [renders.now_of(job).status for job in jobs] == ["queued"] * 3
    assert "Requeue dead letters" not in admin.get(LIST).text


def test_dead_letters_that_are_refused_keep_no_other_back(
    admin: Operator, renders: Renders, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, other = renders.failed(created_at=now() - timedelta(hours=1)), renders.failed()
    retry = operator_actions.retry

    def mostly(job_id: str) -> RenderJob:
        if job_id == refused.id:
            raise PaymentRequired("The month is used up.")
        return retry(job_id)

    monkeypatch.setattr(operator_actions, "retry", mostly)
    monkeypatch.setattr("oriel.admin.many.MOST", 1)
    assert "within 7 days" in admin.get(LIST).text
    admin.post(f"{LIST}requeue")
    assert [renders.now_of(job).status for job in (refused, other)] == ["failed", "queued"]


def test_many_that_are_chosen_are_moved_and_what_is_refused_is_said(admin: Operator, renders: Renders) -> None:
    waiting, dead = renders.made(), renders.failed()
    answer = admin.post(f"{LIST}move", {"key": [waiting.id, dead.id], "back": f"{LIST}?state=queued"})
    assert answer.headers["Location"] == f"{LIST}?state=queued"
    page = admin.get(LIST).text
    assert "The render is at the front now." in page
    assert "Only a waiting render can be moved" in page
    assert renders.now_of(waiting).moved_ahead_at


@pytest.mark.parametrize("back", ["https://evil.example/admin/", "//evil.example/admin/", "/studio", "/admin\\@evil/"])
def test_the_way_back_leads_nowhere_else(admin: Operator, renders: Renders, back: str) -> None:
    answer = admin.post(f"{LIST}move", {"key": renders.made().id, "back": back})
    assert answer.headers["Location"] == LIST


def test_nothing_chosen_changes_nothing(app: APIFlask, admin: Operator, renders: Renders) -> None:
    job = renders.made()
    admin.post(f"{LIST}cancel")
    assert "Choose at least one row first." in admin.get(LIST).text
    assert (renders.now_of(job).status, trail(app)) == ("queued", [])


def test_a_render_is_cancelled(admin: Operator, renders: Renders) -> None:
    job = renders.made()
    admin.post(f"{LIST}cancel?key={job.id}")
    assert renders.now_of(job).status == "cancelled"


def test_a_video_is_played_from_a_link_that_works_for_ten_minutes(
    admin: Operator, renders: Renders, tmp_path: Path, app: APIFlask
) -> None:
    job = renders.finished(tmp_path)
    path = admin.get(f"{LIST}{job.id}").text.partition('<video src="')[2].partition('"')[0]
    with admin.get(path, headers={"Range": "bytes=0-4"}) as played:
        assert (played.status_code, played.data) == (206, b"video")
    assert admin.get(path.partition("?")[0]).status_code == 404
    assert app.test_client().get(path).headers["Location"].startswith("/admin/login")
    clock.shift(timedelta(minutes=11))
    assert admin.get(path).status_code == 410


def test_support_tries_again_and_does_no_more(support: Operator, renders: Renders) -> None:
    job, waiting = renders.failed(), renders.made()
    page = support.get(LIST).text
    assert ("Requeue dead letters" in page, "/admin/renders/retry" in page, "/admin/renders/cancel" in page) == (
        False,
        True,
        False,
    )
    assert support.post(f"{LIST}retry?key={job.id}").status_code == 303
    for act in ("cancel", "move", "requeue", "new-link"):
        assert support.post(f"{LIST}{act}", {"key": waiting.id}).status_code == 403
    assert renders.now_of(waiting).moved_ahead_at is None


def test_an_act_without_its_token_is_refused(admin: Operator, renders: Renders) -> None:
    job = renders.made()
    assert admin.post(f"{LIST}cancel", {"key": job.id}, with_token=False).status_code == 403
    assert renders.now_of(job).status == "queued"


def test_what_does_not_exist_is_said(admin: Operator) -> None:
    assert admin.get(f"{LIST}nothing").status_code == 404
    admin.post(f"{LIST}cancel?key=nothing")
    assert "There is no render nothing." in admin.get(LIST).text
