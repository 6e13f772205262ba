"""Avatars: sent, shown to those who share a project, replaced, removed, exported and erased."""

import io
import json
import zlib
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.media.files import part, png
from tests.functional.media.test_uploads import left_behind
from tests.functional.projects.cast import MakeCaller, a_picture, shared_project
from werkzeug.test import TestResponse

from oriel.billing.current_plan import set_plan
from oriel.billing.storage_use import storage_used
from oriel.errors import StorageFailed
from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.infra.storage import storage
from oriel.infra.storage.folder import FolderStorage
from oriel.media.models import Upload
from oriel.media.sweep import delete_expired
from oriel.privacy import erasure, exports

SECRET = b"taken at 48.8584 N 2.2945 E"


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def put(customer: Caller, data: bytes | None = None, name: str = "me.png", field: str = "picture") -> TestResponse:
    return customer.put("/api/user/avatar", **a_picture(field, name, data))


def given(customer: Caller) -> str:
    """Send an avatar and return its address."""
    answer = put(customer)
    assert answer.status_code == 200, answer.json
    return str(answer.get_json()["avatar_url"])


def address_of(customer: Caller) -> str | None:
    url: str | None = customer.get("/api/user/profile").get_json()["avatar_url"]
    return url


def files_of(app: APIFlask, customer: Caller) -> list[str]:
    with app.app_context():
        return [each.name for each in storage().list(f"uploads/{customer.user_id}/")]


def refusal(answer: TestResponse) -> tuple[int, str, str]:
    error = answer.get_json()["error"]
    return answer.status_code, error["code"], error["message"]


def with_text(picture: bytes) -> bytes:
    """Return a PNG that says something beside the picture."""
    text = b"tEXtComment\0" + SECRET
    chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
    return picture[:33] + chunk + picture[33:]


def test_a_picture_becomes_a_jpeg_without_metadata(app: APIFlask, ada: Caller) -> None:
    assert address_of(ada) is None
    answer = put(ada, with_text(png(900, 600)))
    assert answer.status_code == 200, answer.json
    url = answer.get_json()["avatar_url"]
    assert address_of(ada) == url
    shown = ada.client.get(url)
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert shown.data.startswith(b"\xff\xd8\xff")
    assert SECRET not in shown.data
    assert shown.headers["Cache-Control"].startswith("private, max-age=")
    again = ada.client.get(url, headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status_code == 304
    assert len(files_of(app, ada)) == 1
    with app.app_context():
        assert left_behind(app) == []


def test_it_is_kept_for_good_and_counts_as_storage(app: APIFlask, ada: Caller) -> None:
    url = given(ada)
    size = len(ada.client.get(url).data)
    clock.shift(timedelta(days=20))
    with app.app_context():
        assert delete_expired(10) == 0
        assert storage_used(db.session, ada.user_id) == size
    ada.refresh()
    assert ada.client.get(address_of(ada) or "").status_code == 200


def test_another_one_replaces_it(app: APIFlask, ada: Caller) -> None:
    before, after = given(ada), given(ada)
    assert before != after
    assert ada.client.get(before).status_code == 404
    assert ada.client.get(after).status_code == 200
    assert len(files_of(app, ada)) == 1


def test_it_is_removed(app: APIFlask, ada: Caller) -> None:
    url = given(ada)
    assert ada.delete("/api/user/avatar").status_code == 204
    assert address_of(ada) is None
    assert ada.client.get(url).status_code == 404
    assert files_of(app, ada) == []
    assert ada.delete("/api/user/avatar").status_code == 204


def test_with_the_storage_away_the_sweep_removes_it(
    app: APIFlask, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = given(ada)
    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "delete", _away)
        assert ada.delete("/api/user/avatar").status_code == 204
    assert ada.client.get(url).status_code == 404
    assert len(files_of(app, ada)) == 1
    clock.shift(timedelta(minutes=10))
    with app.app_context():
        assert delete_expired(10) == 1
    assert files_of(app, ada) == []


def _away(*_: Any) -> None:  # noqa: ANN401
    raise StorageFailed("The storage is away.")


def test_the_people_of_a_project_see_each_other(ada: Caller, caller: MakeCaller) -> None:
    bob, shared = caller(), shared_project(ada)
    picture = given(bob)
    [invited] = [shared.invite(bob.email)]
    # Whoever is invited shows nothing before they accept.
    assert invited["avatar_url"] is None
    assert bob.post(f"{shared.path}/opened").status_code == 204
    version = bob.get(shared.path).get_json()["version"]
    assert bob.patch(shared.path, json={"version": version, "name": "Ours"}).status_code == 200
    [person] = ada.get(f"{shared.path}/sharing").get_json()["people"]
    assert person["avatar_url"] == picture
    rows = ada.get(f"{shared.path}/versions").get_json()["items"]
    assert [each["by_avatar_url"] for each in rows] == [picture, None]
    mine = given(ada)
    assert [each["by_avatar_url"] for each in bob.get(f"{shared.path}/versions").get_json()["items"]] == [picture, mine]


def test_a_forged_or_old_address_shows_nothing(ada: Caller) -> None:
    url = given(ada)
    for forged in (f"{url[:-2]}xx", f"/api/user/avatar/{'0' * 56}"):
        assert ada.client.get(forged).status_code == 404
    # The seal of a thumbnail opens no avatar.
    assert ada.client.get(url.replace("/user/avatar/", "/projects/thumbnail/")).status_code == 404
    clock.shift(timedelta(hours=12, seconds=1))
    assert ada.client.get(url).status_code == 410


def test_the_avatar_of_a_disabled_account_is_not_shown(app: APIFlask, ada: Caller) -> None:
    url = given(ada)
    with app.app_context():
        assert erasure.begin_erasure(ada.user_id, at_once=True)
    assert ada.client.get(url).status_code == 404


def test_it_is_no_upload_that_can_be_used(app: APIFlask, ada: Caller) -> None:
    given(ada)
    [name] = files_of(app, ada)
    upload_id = name.rpartition("/")[2].removesuffix(".jpg")
    assert ada.get("/api/uploads").get_json()["total"] == 0
    for answer in (ada.get(f"/api/uploads/{upload_id}"), ada.delete(f"/api/uploads/{upload_id}")):
        assert answer.status_code == 404
    made = ada.post("/api/projects", json={"name": "Mine", "thumbnail_id": upload_id})
    assert made.status_code == 404


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"no picture at all" * 400, "me.png", (422, "INVALID_PICTURE")),
        (b"%PDF-1.7" + bytes(5000), "me.pdf", (415, "INVALID_PICTURE_FORMAT")),
        (png(400, 400)[:-40], "me.png", (422, "INVALID_PICTURE")),
        (png(9000, 9000), "me.png", (422, "INVALID_PICTURE")),
        (b"", "me.png", (422, "INVALID_PICTURE")),
        (png() + bytes(20_000_000), "me.png", (413, "TOO_LARGE")),
    ],
    ids=["text", "pdf", "cut off", "81 megapixels", "empty", "too many bytes"],
)
def test_what_is_no_picture_leaves_the_avatar_as_it_is(
    app: APIFlask, ada: Caller, data: bytes, name: str, expected: tuple[int, str]
) -> None:
    url = given(ada)
    assert refusal(put(ada, data, name))[:2] == expected
    assert address_of(ada) == url
    assert len(files_of(app, ada)) == 1
    with app.app_context():
        assert left_behind(app) == []


def test_a_song_is_no_avatar(ada: Caller) -> None:
    assert refusal(put(ada, field="audio", name="song.wav"))[:2] == (422, "VALIDATION_ERROR")


def test_two_pictures_are_one_too_many(ada: Caller) -> None:
    one = part('name="picture"; filename="me.png"', png())
    body = one + one + b"--b--\r\n"
    form = {"content_type": "multipart/form-data; boundary=b", "content_length": len(body)}
    answer = ada.put("/api/user/avatar", input_stream=io.BytesIO(body), **form)
    assert "more than one file" in refusal(answer)[2]


def test_a_full_storage_takes_none(app: APIFlask, ada: Caller) -> None:
    with app.app_context(), writing() as session:
        set_plan(ada.user_id, "free")
        session.add(
            Upload(
                user_id=ada.user_id,
                kind="song",
                filename="a",
                format="wav",
                object_name="a",
                size_bytes=1 << 50,
                sha256="",
            )
        )
    assert refusal(put(ada))[:2] == (402, "PLAN_LIMIT_STORAGE")


def test_nobody_sends_one_before_the_address_is_confirmed(caller: MakeCaller) -> None:
    assert refusal(put(caller(confirmed=False)))[:2] == (403, "EMAIL_NOT_VERIFIED")


def test_it_is_in_the_export_and_goes_with_the_account(app: APIFlask, ada: Caller) -> None:
    url = given(ada)
    content = ada.client.get(url).data
    assert ada.post("/api/user/export").status_code == 202
    with app.app_context():
        exports.write_next()
    answer = ada.client.get(ada.get("/api/user/export").get_json()["export"]["download_url"])
    archive = ZipFile(io.BytesIO(answer.get_data()))
    answer.close()
    [row] = json.loads(archive.read("uploads/uploads.json"))
    assert archive.read(row["file"]) == content
    assert json.loads(archive.read("account/profile.json"))[0]["avatar_id"] == row["id"]
    with app.app_context():
        assert erasure.begin_erasure(ada.user_id, at_once=True)
        erasure.erase_due()
    assert files_of(app, ada) == []
    assert ada.client.get(url).status_code == 404
