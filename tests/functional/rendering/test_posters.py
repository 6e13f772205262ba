"""A render's picture and settings in its status: there early, for those who know its address, gone with the video."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from google.cloud.storage import Client
from google.oauth2.service_account import Credentials
from tests.functional.caller import Caller
from tests.functional.media import files
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel.accounts.operators import disable_user
from oriel.errors import CallerError
from oriel.infra.clock import clock, now
from oriel.infra.database import writing
from oriel.infra.storage import storage
from oriel.infra.storage.bucket import BucketStorage
from oriel.rendering import attempts, delivery, links
from oriel.rendering.attempts import Attempt, Pulse, Video
from oriel.rendering.cancellation import withdraw
from oriel.rendering.expiry import delete_expired_videos
from oriel.rendering.models import RenderJob

PICTURE = b"\xff\xd8\xff" + bytes(range(256))


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    return caller()


@pytest.fixture
def drawn(customer: Caller, make_job: MakeJob, tmp_path: Path) -> tuple[RenderJob, Attempt]:
    """A render under way whose poster is stored."""
    job = make_job(user_id=customer.user_id)
    attempt = attempts.claim("worker")
    assert attempt
    (tmp_path / "p.jpg").write_bytes(PICTURE)
    name = storage().put(f"videos/{job.user_id}/{job.id}/0a1b.jpg", tmp_path / "p.jpg", content_type="image/jpeg").name
    attempts.beat(attempt, Pulse("rendering", 0.1, 9.0, 1, 0, name))
    # Later heartbeats of an attempt that resumes do not know of it, and keep it.
    attempts.beat(attempt, Pulse("rendering", 0.2, 8.0, 2, 0))
    return job, attempt


def complete(attempt: Attempt, job: RenderJob) -> None:
    attempts.complete(attempt, Video("videos/v.mp4", 5, "0" * 64, 8.5, fresh(job).poster_object))


def status(customer: Caller, job: RenderJob) -> dict[str, Any]:
    return customer.get(f"/api/render/status/{job.id}").json or {}


def test_the_picture_is_there_while_the_video_is_made_and_afterwards(
    customer: Caller, client: FlaskClient, drawn: tuple[RenderJob, Attempt]
) -> None:
    job, attempt = drawn
    address = status(customer, job)["poster_url"]
    answer = client.get(address)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PICTURE, "image/jpeg")
    assert answer.headers["Cache-Control"].startswith("private, max-age=")
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    complete(attempt, job)
    after = status(customer, job)
    assert (after["poster_url"], after["duration_s"], after["size_bytes"]) == (address, 8.5, 5)


def test_before_the_drawing_there_is_none(customer: Caller, make_job: MakeJob) -> None:
    job = make_job(user_id=customer.user_id)
    assert status(customer, job)["poster_url"] is None


@pytest.mark.parametrize("end", [attempts.end_cancelled, lambda attempt: attempts.fail(attempt, CallerError("No."))])
def test_a_render_without_a_video_shows_none(
    customer: Caller, client: FlaskClient, drawn: tuple[RenderJob, Attempt], end: Callable[[Attempt], object]
) -> None:
    job, attempt = drawn
    address = status(customer, job)["poster_url"]
    end(attempt)
    assert status(customer, job)["poster_url"] is None
    assert client.get(address).status_code == 404


def delete(customer: Caller, job: RenderJob) -> None:
    assert customer.delete(f"/api/render/video/{job.id}").status_code == 200


def withdraw_payment(_: Caller, job: RenderJob) -> None:
    with writing() as session:
        withdraw(session, job.id, True)


def expire(_: Caller, job: RenderJob) -> None:
    with writing() as session:
        session.get_one(RenderJob, job.id).expires_at = now()


@pytest.mark.parametrize("end", [delete, withdraw_payment, expire])
def test_it_goes_with_the_video(
    customer: Caller, client: FlaskClient, drawn: tuple[RenderJob, Attempt], end: Callable[[Caller, RenderJob], None]
) -> None:
    job, attempt = drawn
    complete(attempt, job)
    address = status(customer, job)["poster_url"]
    end(customer, job)
    assert status(customer, job)["poster_url"] is None
    assert client.get(address).status_code == 410
    assert delete_expired_videos(10) == 1
    assert list(storage().list(f"videos/{job.user_id}/")) == []
    assert client.get(address).status_code == 410


def test_a_revoked_link_takes_the_pictures_address_along(
    customer: Caller, client: FlaskClient, drawn: tuple[RenderJob, Attempt]
) -> None:
    job, attempt = drawn
    complete(attempt, job)
    address = status(customer, job)["poster_url"]
    customer.post(f"/api/render/revoke-link/{job.id}")
    assert client.get(address).status_code == 404
    assert client.get(status(customer, job)["poster_url"]).status_code == 200


def test_the_picture_of_a_disabled_account_is_not_shown(
    customer: Caller, client: FlaskClient, drawn: tuple[RenderJob, Attempt]
) -> None:
    address = status(customer, drawn[0])["poster_url"]
    disable_user(customer.user_id)
    assert client.get(address).status_code == 404


def test_an_address_works_for_six_to_twelve_hours_and_stays_the_same_meanwhile(
    customer: Caller, client: FlaskClient, drawn: tuple[RenderJob, Attempt]
) -> None:
    span = 6 * 3600
    clock.shift(timedelta(seconds=span - now().timestamp() % span + 1))
    customer.refresh()
    address = status(customer, drawn[0])["poster_url"]
    assert client.get(address).headers["Cache-Control"].startswith("private, max-age=43")
    clock.shift(timedelta(hours=5, minutes=59))
    customer.refresh()
    assert status(customer, drawn[0])["poster_url"] == address
    clock.shift(timedelta(hours=6))
    assert client.get(address).status_code == 200
    clock.shift(timedelta(minutes=1))
    answer = client.get(address)
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == (410, "EXPIRED")


@pytest.mark.parametrize(
    "spoil", [lambda a: a[:-1] + ("A" if a[-1] != "A" else "B"), lambda a: a[:-30] + "f" + a[-29:]]
)
def test_a_forged_address_shows_nothing(
    customer: Caller, client: FlaskClient, drawn: tuple[RenderJob, Attempt], spoil: Callable[[str], str]
) -> None:
    address = status(customer, drawn[0])["poster_url"]
    assert client.get(spoil(address)).status_code == 404
    assert client.get("/api/render/poster/x").status_code == 404


def test_a_token_of_a_video_shows_no_picture(client: FlaskClient, drawn: tuple[RenderJob, Attempt]) -> None:
    job, _ = drawn
    token = links.token_of(job.id, job.link_generation)
    assert client.get(f"/api/render/poster/{token}").status_code == 404


def test_a_picture_in_a_bucket_is_fetched_there(
    customer: Caller, client: FlaskClient, drawn: tuple[RenderJob, Attempt], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    account = {"client_email": "videos@example.com", "private_key": pem.decode(), "token_uri": "http://127.0.0.1:1/"}
    credentials = Credentials.from_service_account_info(account)  # type: ignore[no-untyped-call]
    bucket = BucketStorage(Client(project="example", credentials=credentials), "videos-of-all")
    monkeypatch.setattr(delivery, "storage", lambda: bucket)
    answer = client.get(status(customer, drawn[0])["poster_url"])
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "private, max-age=300")
    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (told["X-Goog-Expires"], told["response-content-type"]) == (["600"], ["image/jpeg"])


def test_the_settings_are_complete_and_can_be_sent_again(customer: Caller) -> None:
    song = files.uploaded(customer)
    picture = (files.send(customer, files.png(), "cover.png", "picture").json or {})["id"]
    asked = {"look": "prism", "params": {"size": 2.5}, "cover": {"source": "file", "file": picture}}
    first = customer.post("/api/render/submit", json={"upload_id": song, "settings": asked}).json or {}
    settings = first["settings"]
    assert (first["look"], first["upload_id"], settings["cover"]["file"]) == ("prism", song, picture)
    declared = next(look for look in (customer.get("/api/looks").json or {})["looks"] if look["name"] == "prism")
    assert settings["params"].keys() == declared["parameters"]["properties"].keys()
    assert settings["params"]["size"] == 2.5
    assert (settings["output"]["width"], settings["text"]["title"]) == (1280, None)
    again = customer.post("/api/render/submit", json={"upload_id": first["upload_id"], "settings": settings}).json or {}
    assert again["settings"] == settings


def test_a_background_from_the_cover_stays_one(customer: Caller) -> None:
    asked = {"background": {"type": "image", "image": "cover"}}
    body = {"upload_id": files.uploaded(customer), "settings": asked}
    assert (customer.post("/api/render/submit", json=body).json or {})["settings"]["background"] == asked["background"]
