"""Orders with a song or picture whose file the storage has lost are refused at once, and nothing else is."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.functional.caller import Caller
from tests.functional.media.files import png, send, uploaded
from werkzeug.test import TestResponse

from oriel.billing import rights
from oriel.errors import StorageFailed, StoredFileDamaged, UploadLost, WrongState
from oriel.infra.database import db, writing
from oriel.infra.storage import storage
from oriel.media.models import Upload
from oriel.rendering import attempts, operator_actions
from oriel.rendering.look_routes import looks_of
from oriel.rendering.models import RenderJob
from oriel.rendering.submit import check_order

OURS = "was lost in our storage. We are sorry. Please upload it again."


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    """A customer whose storage is not empty, whatever is lost."""
    customer = caller()
    uploaded(customer, name="another.wav")
    return customer


def lose(upload_id: str) -> None:
    """Delete an upload's file behind the service's back."""
    storage().delete(db.session.get_one(Upload, upload_id).object_name)
    db.session.commit()


def order(customer: Caller, upload_id: str, key: str | None = None, **body: Any) -> TestResponse:  # noqa: ANN401  (JSON)
    headers = {"Idempotency-Key": key} if key else {}
    return customer.post("/api/render/submit", json={"upload_id": upload_id, **body}, headers=headers)


def renders() -> int:
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(RenderJob)) or 0


def test_a_render_of_a_lost_song_is_refused_and_counts_for_nothing(customer: Caller) -> None:
    song = uploaded(customer, name="night.wav")
    lose(song)
    answer = order(customer, song)
    assert answer.status_code == 410
    assert answer.get_json()["error"] == {
        "code": "UPLOAD_LOST",
        "message": f"The file “night.wav” {OURS}",
        "details": {"upload": song, "kind": "song", "is_damaged": False},
    }
    assert renders() == 0
    assert rights.used_this_period(db.session, customer.user_id) == 0


def test_a_project_whose_song_is_lost_cannot_be_rendered_until_it_has_another(customer: Caller) -> None:
    song = uploaded(customer)
    project = customer.post("/api/projects", json={"name": "Night", "upload_id": song, "settings": {}}).get_json()
    lose(song)
    assert customer.post("/api/render/submit", json={"project_id": project["id"]}).status_code == 410
    assert customer.get(f"/api/projects/{project['id']}/files/{song}").status_code == 410
    other = {"version": project["version"], "upload_id": uploaded(customer)}
    assert customer.patch(f"/api/projects/{project['id']}", json=other).status_code == 200
    assert customer.post("/api/render/submit", json={"project_id": project["id"]}).status_code == 202


def test_a_render_with_a_lost_picture_is_refused(customer: Caller) -> None:
    picture = send(customer, png(), "cover.png", "picture").get_json()["id"]
    lose(picture)
    answer = order(customer, uploaded(customer), settings={"cover": {"source": "file", "file": picture}})
    error = answer.get_json()["error"]
    assert (answer.status_code, error["details"]["upload"], error["details"]["kind"]) == (410, picture, "picture")


def test_nobody_pays_for_a_render_of_a_lost_song(customer: Caller) -> None:
    from flask import current_app

    song = uploaded(customer)
    lose(song)
    with pytest.raises(UploadLost):
        check_order(customer.user_id, {"upload_id": song, "settings": {}}, looks_of(current_app))


def test_a_repeated_request_is_answered_with_its_render_though_the_song_is_lost_since(customer: Caller) -> None:
    song = uploaded(customer)
    first = order(customer, song, "one").get_json()
    lose(song)
    assert order(customer, song, "one").get_json()["id"] == first["id"]
    assert order(customer, song, "two").status_code == 410


def test_a_storage_that_does_not_answer_has_lost_nothing(customer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    song = uploaded(customer)

    def away(*_: object, **__: object) -> None:
        raise StorageFailed("The storage is not responding right now.")

    for name in ("path", "stat", "list"):
        monkeypatch.setattr(type(storage()), name, away)
    assert order(customer, song).status_code == 202


def test_a_storage_without_any_upload_is_not_mounted_and_has_lost_nothing(customer: Caller) -> None:
    song = uploaded(customer)
    storage().delete_all("uploads/")
    assert order(customer, song).status_code == 202
    assert customer.get(f"/api/uploads/{song}/content").status_code == 503


def test_a_song_that_a_worker_found_damaged_is_refused_until_an_operator_has_mended_it(customer: Caller) -> None:
    song = uploaded(customer, name="night.wav")
    job_id = order(customer, song).get_json()["id"]
    with writing() as session:
        job = session.get_one(RenderJob, job_id)
        error = StoredFileDamaged("The stored file is damaged.", name=job.audio_object)
        attempts.end_badly(session, job, error)
    refused = order(customer, song).get_json()["error"]
    assert (refused["code"], refused["details"]["is_damaged"]) == ("UPLOAD_LOST", True)
    assert "“night.wav” was damaged in our storage" in refused["message"]
    assert order(customer, uploaded(customer)).status_code == 202
    operator_actions.retry(job_id)
    assert order(customer, song).status_code == 202


def test_a_render_whose_song_is_lost_is_tried_again_once_the_file_is_back(customer: Caller) -> None:
    song = uploaded(customer, name="night.wav")
    job_id = order(customer, song).get_json()["id"]
    with writing() as session:
        attempts.end_badly(session, session.get_one(RenderJob, job_id), UploadLost("It is lost."))
    name = db.session.get_one(Upload, song).object_name
    lose(song)
    with pytest.raises(WrongState, match="Put the file back first"):
        operator_actions.retry(job_id)
    with storage().write(name, content_type="audio/wav") as sink:
        sink.write(b"sound")
    assert operator_actions.retry(job_id).status == "queued"


def test_the_file_of_a_lost_upload_is_said_to_be_gone(customer: Caller) -> None:
    song = uploaded(customer)
    with closing(customer.get(f"/api/uploads/{song}/content")) as whole:
        assert whole.status_code == 200
    lose(song)
    answer = customer.get(f"/api/uploads/{song}/content")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (410, "UPLOAD_LOST")
