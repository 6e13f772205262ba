"""Renders over HTTP: what customers may do, and each refusal."""

import io
import json
import re
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from tests.functional.caller import Caller
from tests.functional.media import files
from tests.functional.rendering.conftest import MakeJob, fresh
from werkzeug.test import TestResponse

from oriel.accounts.operators import disable_user, enable_user
from oriel.billing.models import RenderRight
from oriel.errors import PaymentRequired
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.storage import storage
from oriel.rendering import attempts, links, routes
from oriel.rendering.attempts import Pulse, Video
from oriel.rendering.expiry import delete_expired_videos
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.submit import Order, submit_render

CONTENT = bytes(range(256)) * 40


def wav(seconds: float = 1.0) -> tuple[io.BytesIO, str]:
    """Return a real song, as a test client sends it."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(bytes(round(seconds * 48_000) * 4))
    content.seek(0)
    return content, "Night Drive.wav"


def uploaded(customer: Caller) -> str:
    answer = customer.post("/api/uploads", data={"audio": wav()})
    assert answer.status_code == 201, answer.text
    return str((answer.json or {})["id"])


def submitted(customer: Caller, **body: Any) -> TestResponse:  # noqa: ANN401  (JSON)
    headers = body.pop("headers", {})
    return customer.post("/api/render/submit", json={"upload_id": uploaded(customer), **body}, headers=headers)


def fetched(by: FlaskClient | Caller, path: str, **headers: str) -> TestResponse:
    """Read a video to its end and close it, as a browser does."""
    answer = by.get(path, headers={name.title(): value for name, value in headers.items()})
    answer.get_data()
    answer.close()
    return answer


def code_of(answer: TestResponse) -> str:
    assert answer.json
    return str(answer.json["error"]["code"])


def completed(job: RenderJob, tmp_path: Path) -> RenderJob:
    """Finish a queued render with a file of known bytes."""
    attempt = attempts.claim("worker")
    assert attempt
    assert attempt.job_id == job.id
    (tmp_path / "video.mp4").write_bytes(CONTENT)
    stored = storage().put(f"videos/{job.user_id}/{job.id}/v.mp4", tmp_path / "video.mp4", content_type="video/mp4")
    attempts.complete(attempt, Video(stored.name, stored.size_bytes, "0" * 64, 8.0, None))
    return fresh(job)


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    return caller()


def test_title_and_artist_come_from_the_settings_or_the_songs_tags(customer: Caller) -> None:
    upload = files.uploaded(customer, files.wav_with_tags("Tagged", "The Band"))

    def told(**text: str) -> tuple[str, str]:
        body = {"upload_id": upload, "settings": {"look": "prism", "text": text}}
        job = customer.post("/api/render/submit", json=body).json
        assert job
        return job["title"], job["artist"]

    assert told() == ("Tagged", "The Band")
    assert told(title="Mine", artist="Me") == ("Mine", "Me")
    assert told(title="", artist="") == ("", "")


def test_a_render_is_submitted_and_followed(customer: Caller) -> None:
    answer = submitted(customer)
    assert answer.status_code == 202
    job = answer.json
    assert job
    assert (job["status"], job["progress"], job["queue_position"], job["watermark"]) == ("queued", 0.0, 1, True)
    assert job["title"] == "Night Drive"
    assert customer.get(f"/api/render/status/{job['id']}").json == customer.get(f"/api/jobs/{job['id']}/status").json
    history = customer.get("/api/user/history").json
    assert history
    assert [render["id"] for render in history["renders"]["items"]] == [job["id"]]


def test_song_and_settings_may_come_together(customer: Caller) -> None:
    data = {"audio": wav(), "settings": json.dumps({"look": "halo"})}
    answer = customer.post("/api/jobs/submit", data=data)
    assert answer.status_code == 202, answer.text
    job = db.session.scalars(select(RenderJob)).one()
    assert job.render_config["look"] == "halo"


@pytest.mark.parametrize("multipart", [False, True])
def test_settings_may_be_flat(customer: Caller, multipart: bool) -> None:
    flat = {"shape": "cube", "size": 2.5, "glowColor": 8590805}
    if multipart:
        answer = customer.post("/api/render/submit", data={"audio": wav(), "settings": json.dumps(flat)})
    else:
        answer = submitted(customer, settings=flat)
    assert answer.status_code == 202, answer.text
    job = db.session.scalars(select(RenderJob)).one()
    params = job.render_config["params"]
    assert job.render_config["look"] == "prism"
    assert (params["shape"], params["size"], params["glowColor"]) == ("cube", 2.5, "#8315d5")
    assert job.render_config["output"]["width"] == 1280


def test_without_a_size_it_is_the_largest_of_the_plan(customer: Caller) -> None:
    submitted(customer)
    output = db.session.scalars(select(RenderJob)).one().render_config["output"]
    assert (output["width"], output["height"]) == (1280, 720)


def kept(customer: Caller) -> int:
    """Return how many songs of a customer are there: rows and bytes."""
    rows = (customer.get("/api/uploads").json or {})["total"]
    assert len(list(storage().list(f"uploads/{customer.user_id}/"))) == rows
    return int(rows)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"settings": '{"look": "nothing"}'}, 422),
        ({"settings": "{"}, 422),
        ({"settings": '{"output": {"fps": 60}}'}, 402),
        ({"settings": '{"params": {"size": ' + "[" * 600 + "]" * 600 + "}}"}, 422),
        ({"pay_with": "shells"}, 422),
        ({"pay_with": "credit"}, 402),
        ({"more": "1"}, 422),
    ],
)
def test_a_song_that_came_with_a_refused_submit_is_gone(customer: Caller, fields: dict[str, str], status: int) -> None:
    answer = customer.post("/api/render/submit", data={"audio": wav(), **fields})
    assert answer.status_code == status, answer.text
    assert kept(customer) == 0
    statistics = (customer.get("/api/user/profile").json or {})["statistics"]
    assert statistics["storage_bytes"] == 0


def test_a_song_that_came_again_is_gone_and_the_first_stays(customer: Caller) -> None:
    key = {"Idempotency-Key": "k1"}
    first, second = (customer.post("/api/render/submit", data={"audio": wav()}, headers=key) for _ in range(2))
    assert (second.status_code, (second.json or {})["id"]) == (202, (first.json or {})["id"])
    other = customer.post("/api/render/submit", data={"audio": wav(2.0)}, headers=key)
    assert (other.status_code, code_of(other)) == (422, "IDEMPOTENCY_MISMATCH")
    assert kept(customer) == 1
    job = db.session.scalars(select(RenderJob)).one()
    assert storage().stat(job.audio_object)


def test_a_song_that_somebody_needs_meanwhile_stays(customer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(user_id: str, order: Order, looks: Looks) -> RenderJob:
        submit_render(user_id, order, looks)
        raise PaymentRequired("This one is refused.")

    monkeypatch.setattr(routes, "submit_render", refused)
    assert customer.post("/api/render/submit", data={"audio": wav()}).status_code == 402
    assert kept(customer) == 1


def test_it_takes_a_user_a_confirmed_one(client: FlaskClient, caller: Callable[..., Caller]) -> None:
    assert client.post("/api/render/submit", json={"upload_id": "x"}).status_code == 401
    answer = caller(confirmed=False).post("/api/render/submit", json={"upload_id": "x"})
    assert (answer.status_code, code_of(answer)) == (403, "EMAIL_NOT_VERIFIED")


@pytest.mark.parametrize(
    ("settings", "status", "code"),
    [
        ({"look": "nothing"}, 422, "UNKNOWN_LOOK"),
        ({"colour": 1}, 422, "UNKNOWN_SETTING"),
        ({"params": {"size": "big"}}, 422, "INVALID_PARAMETER"),
        ({"range": {"start_s": 5}}, 422, "INVALID_RANGE"),
        ({"output": {"width": 1920, "height": 1080}}, 402, "PLAN_LIMIT_SIZE"),
        ({"output": {"fps": 60}}, 402, "PLAN_LIMIT_FPS"),
        ({"output": {"format": "webm"}}, 402, "PLAN_LIMIT_FORMAT"),
        ({"cover": {"source": "file", "file": "/etc/passwd"}}, 404, "NOT_FOUND"),
        ({"background": {"type": "image", "image": "../../etc/passwd"}}, 404, "NOT_FOUND"),
    ],
)
def test_what_cannot_be_rendered_is_refused_and_costs_nothing(
    customer: Caller, settings: dict[str, Any], status: int, code: str
) -> None:
    answer = submitted(customer, settings=settings)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert db.session.scalar(select(func.count(RenderJob.id))) == 0
    assert db.session.scalar(select(func.count(RenderRight.render_id))) == 0


def test_a_limit_names_the_plan_that_lifts_it(customer: Caller) -> None:
    error = (submitted(customer, settings={"output": {"fps": 60}}).json or {})["error"]
    assert error["details"]["plan"] == "pro" or "pro" in json.dumps(error["details"])


@pytest.mark.parametrize("body", [{}, {"upload_id": 3}, {"upload_id": "x", "more": 1}, [], "text"])
def test_a_body_that_is_none_is_refused(customer: Caller, body: object) -> None:
    answer = customer.post("/api/render/submit", json=body)
    assert (answer.status_code, code_of(answer)) == (422, "VALIDATION_ERROR")


def test_somebody_elses_upload_is_not_there(caller: Callable[..., Caller]) -> None:
    answer = caller().post("/api/render/submit", json={"upload_id": uploaded(caller())})
    assert answer.status_code == 404


def test_somebody_elses_render_is_not_there(caller: Callable[..., Caller], make_job: MakeJob) -> None:
    job, stranger = make_job(), caller()
    for path in (f"/api/render/status/{job.id}", f"/api/render/download/{job.id}", f"/api/user/download/{job.id}"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/api/render/cancel/{job.id}").status_code == 404


@pytest.mark.parametrize("text", ["abc", "0" * 26, "0" * 25 + "Z", "0" * 2000, "%F0%9F%8E%B9", "..%5C"])
def test_a_text_that_is_no_id_names_no_render(customer: Caller, text: str) -> None:
    for path in (f"/api/render/status/{text}", f"/api/jobs/{text}/status", f"/api/user/download/{text}"):
        answer = customer.get(path)
        assert (answer.status_code, (answer.json or {})["error"]["message"]) == (404, "There is no such render.")


def test_somebody_unknown_logs_in_before_any_id_is_looked_at(client: FlaskClient) -> None:
    assert client.get("/api/render/status/abc").status_code == 401


def test_the_same_key_gives_the_same_render(customer: Caller) -> None:
    upload, key = uploaded(customer), {"Idempotency-Key": "k1"}
    first = customer.post("/api/render/submit", json={"upload_id": upload}, headers=key)
    second = customer.post("/api/render/submit", json={"upload_id": upload}, headers=key)
    assert first.json
    assert second.json
    assert (second.status_code, second.json["id"]) == (202, first.json["id"])
    other = customer.post("/api/render/submit", json={"upload_id": upload, "settings": {"seed": 2}}, headers=key)
    assert (other.status_code, code_of(other)) == (422, "IDEMPOTENCY_MISMATCH")


def test_a_key_may_be_used_again_after_a_day(customer: Caller) -> None:
    key = {"Idempotency-Key": "k1"}
    first = submitted(customer, headers=key).json or {}
    clock.shift(timedelta(hours=25))
    customer.refresh()
    assert (submitted(customer, headers=key).json or {})["id"] != first["id"]


def test_a_hundred_identical_submits_at_once_are_one_render(app: APIFlask, customer: Caller) -> None:
    body, key = {"upload_id": uploaded(customer)}, {"Idempotency-Key": "k1"}

    def submit(_: int) -> tuple[int, str]:
        with app.test_client() as client:
            answer = client.post("/api/render/submit", json=body, headers={**customer.headers, **key})
            return answer.status_code, (answer.json or {}).get("id", answer.text)

    with ThreadPoolExecutor(16) as threads:
        answers = set(threads.map(submit, range(25)))
    assert len(answers) == 1, answers
    assert {status for status, _ in answers} == {202}
    assert db.session.scalar(select(func.count(RenderJob.id))) == 1


def test_a_waiting_render_is_cancelled_at_once_and_its_right_is_back(customer: Caller) -> None:
    job_id = (submitted(customer).json or {})["id"]
    answer = customer.post(f"/api/render/cancel/{job_id}")
    assert (answer.status_code, (answer.json or {})["status"]) == (202, "cancelled")
    assert (answer.json or {})["counted"] is False
    assert db.session.scalars(select(RenderRight.state)).one() == "returned"
    again = customer.post(f"/api/render/cancel/{job_id}")
    assert (again.status_code, code_of(again)) == (409, "WRONG_STATE")


@pytest.mark.parametrize("has_begun", [False, True])
def test_cancelling_a_running_render_says_that_it_was_asked_and_whether_it_counts(
    customer: Caller, make_job: MakeJob, tmp_path: Path, *, has_begun: bool
) -> None:
    job = make_job(user_id=customer.user_id)
    attempt = attempts.claim("worker")
    assert attempt
    attempts.beat(attempt, Pulse("rendering", 0.1, 9.0, frames_done=int(has_begun), chunks_made=0))
    path = f"/api/render/status/{job.id}"
    before = customer.get(path).json or {}
    assert (before["cancel_requested"], before["counted"]) == (False, None)
    answer = customer.post(f"/api/render/cancel/{job.id}")
    told = answer.json or {}
    assert (answer.status_code, told["status"]) == (202, "processing")
    assert (told["cancel_requested"], told["counted"]) == (True, has_begun)
    # What was said holds, though the worker draws on for a moment, and even though it has the video by then.
    attempts.beat(attempt, Pulse("rendering", 0.2, 8.0, frames_done=30, chunks_made=0))
    assert not attempts.complete(attempt, Video("v.mp4", 1, "0" * 64, 8.0, None))
    after = customer.get(path).json or {}
    assert (after["status"], after["cancel_requested"], after["counted"]) == ("cancelled", False, has_begun)
    assert db.session.scalars(select(RenderRight.state)).one() == ("spent" if has_begun else "returned")


def test_a_video_is_downloaded_whole_and_in_parts(
    customer: Caller, client: FlaskClient, make_job: MakeJob, tmp_path: Path
) -> None:
    job = completed(make_job(user_id=customer.user_id), tmp_path)
    answer = fetched(customer, f"/api/render/download/{job.id}")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, CONTENT, "video/mp4")
    assert "Night.mp4" in answer.headers["Content-Disposition"]
    link = (customer.get(f"/api/user/download/{job.id}").json or {})["download_url"]
    path = "/d/" + link.rpartition("/")[2]
    part = fetched(client, path, range="bytes=100-199")
    assert (part.status_code, part.data) == (206, CONTENT[100:200])


def test_a_part_that_the_video_has_not_is_refused_with_its_length(
    client: FlaskClient, make_job: MakeJob, tmp_path: Path
) -> None:
    job = completed(make_job(), tmp_path)
    answer = fetched(client, f"/d/{links.token_of(job.id, job.link_generation)}", range=f"bytes={len(CONTENT)}-")
    assert (answer.status_code, code_of(answer)) == (416, "RANGE_NOT_SATISFIABLE")
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


def test_times_and_progress_have_one_spelling(customer: Caller, make_job: MakeJob) -> None:
    job = make_job(user_id=customer.user_id)
    with writing() as session:
        session.get_one(RenderJob, job.id).progress = 0.7649999999999999
    told = customer.get(f"/api/render/status/{job.id}").json or {}
    assert told["progress"] == 0.765
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["created_at"])
    assert (customer.get("/api/user/history").json or {})["renders"]["items"] == [told]


def test_no_video_before_the_render_is_done(customer: Caller, make_job: MakeJob) -> None:
    job = make_job(user_id=customer.user_id)
    answer = fetched(customer, f"/api/render/download/{job.id}")
    assert (answer.status_code, code_of(answer)) == (409, "WRONG_STATE")


def test_a_link_that_was_changed_or_revoked_opens_nothing(
    client: FlaskClient, make_job: MakeJob, tmp_path: Path
) -> None:
    job = completed(make_job(), tmp_path)
    token = links.token_of(job.id, job.link_generation)
    assert fetched(client, f"/d/{token}").status_code == 200
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[:26], "x", job.id + "A" * 22):
        assert fetched(client, f"/d/{forged}").status_code == 404
    with writing() as session:
        session.get_one(RenderJob, job.id).link_generation += 1
    assert fetched(client, f"/d/{token}").status_code == 404


def storage_used(customer: Caller) -> int:
    return int((customer.get("/api/user/profile").json or {})["statistics"]["storage_bytes"])


def test_a_customer_deletes_a_video_for_good(
    customer: Caller, client: FlaskClient, make_job: MakeJob, tmp_path: Path
) -> None:
    job = completed(make_job(user_id=customer.user_id), tmp_path)
    before = storage_used(customer)
    first, again = (customer.delete(f"/api/render/video/{job.id}") for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    told = first.json or {}
    assert (told["status"], told["download_url"], told["video_url"]) == ("completed", None, None)
    assert before - storage_used(customer) == len(CONTENT)
    for path in (f"/d/{links.token_of(job.id, job.link_generation)}", f"/api/user/download/{job.id}"):
        answer = fetched(customer, path)
        assert (answer.status_code, code_of(answer)) == (410, "EXPIRED")
        # Whoever has the link reads nothing that only its owner can do.
        said = "This video is no longer available." if path.startswith("/d/") else "This video was deleted."
        assert (answer.json or {})["error"]["message"].startswith(said)
    assert [delete_expired_videos(limit=10), delete_expired_videos(limit=10)] == [1, 0]
    assert list(storage().list(f"videos/{job.user_id}/")) == []
    assert customer.delete(f"/api/render/video/{job.id}").status_code == 200


def test_an_expired_video_may_be_deleted(customer: Caller, make_job: MakeJob, tmp_path: Path) -> None:
    job = completed(make_job(user_id=customer.user_id), tmp_path)
    with writing() as session:
        session.get_one(RenderJob, job.id).expires_at = now()
    assert customer.delete(f"/api/render/video/{job.id}").status_code == 200


def test_a_video_that_is_not_there_yet_is_not_deleted(customer: Caller, make_job: MakeJob) -> None:
    waiting = make_job(user_id=customer.user_id)
    cancelled = make_job(user_id=customer.user_id)
    customer.post(f"/api/render/cancel/{cancelled.id}")
    for job in (waiting, cancelled):
        answer = customer.delete(f"/api/render/video/{job.id}")
        assert (answer.status_code, code_of(answer)) == (409, "WRONG_STATE")
        answer = customer.post(f"/api/render/revoke-link/{job.id}")
        assert (answer.status_code, code_of(answer)) == (409, "WRONG_STATE")


def test_a_customer_revokes_a_link(customer: Caller, client: FlaskClient, make_job: MakeJob, tmp_path: Path) -> None:
    job = completed(make_job(user_id=customer.user_id), tmp_path)
    old = f"/d/{links.token_of(job.id, job.link_generation)}"
    answer = customer.post(f"/api/render/revoke-link/{job.id}")
    assert answer.status_code == 200
    new = "/d/" + (answer.json or {})["video_url"].rpartition("/")[2]
    assert fetched(client, old).status_code == 404
    assert fetched(client, new).status_code == 200
    assert fetched(customer, f"/api/render/download/{job.id}").status_code == 200


def test_the_link_of_a_disabled_account_opens_nothing_until_it_is_enabled(
    client: FlaskClient, make_job: MakeJob, tmp_path: Path
) -> None:
    job = completed(make_job(), tmp_path)
    path = f"/d/{links.token_of(job.id, job.link_generation)}"
    disable_user(job.user_id)
    answer = fetched(client, path)
    assert (answer.status_code, code_of(answer)) == (404, "NOT_FOUND")
    enable_user(job.user_id)
    assert fetched(client, path).status_code == 200


def test_a_person_reads_why_there_is_no_video(client: FlaskClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = client.get(f"/d/{'0' * 48}", headers=browser)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is no video at this link" in answer.get_data(as_text=True)
    for program in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        assert code_of(client.get(f"/d/{'0' * 48}", headers=program)) == "NOT_FOUND"


def test_a_video_is_gone_on_its_minute(client: FlaskClient, make_job: MakeJob, tmp_path: Path) -> None:
    job = completed(make_job(), tmp_path)
    path = f"/d/{links.token_of(job.id, job.link_generation)}"
    clock.shift(timedelta(days=30) - timedelta(seconds=30))
    assert fetched(client, path).status_code == 200
    clock.shift(timedelta(seconds=31))
    answer = fetched(client, path)
    assert (answer.status_code, code_of(answer)) == (410, "EXPIRED")
    assert delete_expired_videos(limit=10) == 1
    assert job.video_object
    assert storage().stat(job.video_object) is None
    assert fetched(client, path).status_code == 410


def test_two_hundred_renders_wait_at_most(customer: Caller, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oriel.rendering.submit.MOST_QUEUED", 2)
    for _ in range(2):
        make_job(user_id=customer.user_id)
    answer = submitted(customer)
    assert (answer.status_code, code_of(answer)) == (429, "RATE_LIMITED")
    assert answer.headers["Retry-After"]
