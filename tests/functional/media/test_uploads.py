"""Uploading, looking at what was uploaded, deleting it."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.caller import Caller
from tests.functional.media.files import EMPTY, part, png, send, send_body, uploaded, wav, wav_with_tags

from oriel.billing.current_plan import set_plan
from oriel.billing.storage_use import storage_used
from oriel.errors import Expired, NotFound, StorageFailed
from oriel.infra.clock import clock, in_iso, now
from oriel.infra.database import db, writing
from oriel.infra.seats import Seats
from oriel.infra.storage import storage
from oriel.media import references, upload_stream
from oriel.media.models import Upload
from oriel.media.sweep import delete_expired, delete_leftovers, erase
from oriel.media.uploads import keep_until, open_upload, release
from oriel.rendering.pipeline.settings_document import parse_settings


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    return caller()


def test_a_song_is_taken_and_stored(app: APIFlask, customer: Caller) -> None:
    data = wav(2.5)
    answer = send(customer, data, "My Song.wav")
    assert answer.status_code == 201
    body = answer.get_json()
    assert {name: body[name] for name in ("kind", "filename", "format", "duration_s", "size_bytes", "title")} == {
        "kind": "song",
        "filename": "My Song.wav",
        "format": "wav",
        "duration_s": 2.5,
        "size_bytes": len(data),
        "title": "My Song",
    }
    assert body["sha256"] == hashlib.sha256(data).hexdigest()
    assert in_iso(now() + timedelta(hours=23)) < body["expires_at"] < in_iso(now() + timedelta(hours=25))
    with app.app_context():
        stored = storage().stat(f"uploads/{customer.user_id}/{body['id']}.wav")
        assert stored
        assert stored.size_bytes == len(data)
        assert left_behind(app) == []


@pytest.mark.parametrize("empty", EMPTY)
def test_a_field_in_which_no_file_was_chosen_is_ignored(customer: Caller, empty: str) -> None:
    song, nothing = part('name="audio"; filename="song.wav"', wav()), part(empty, b"")
    for body in (song + nothing, nothing + song):
        answer = send_body(customer, body + b"--b--\r\n")
        assert (answer.status_code, answer.get_json()["kind"]) == (201, "song")


def test_title_and_artist_come_from_the_file(customer: Caller) -> None:
    body = send(customer, wav_with_tags("Night drive", "The Band")).get_json()
    assert (body["title"], body["artist"]) == ("Night drive", "The Band")


def test_a_title_of_a_megabyte_is_cut(customer: Caller) -> None:
    body = send(customer, wav_with_tags("x" * 1_000_000, "a\r\nb")).get_json()
    assert (len(body["title"]), body["artist"]) == (200, "a b")


def test_tags_with_what_nobody_can_write_are_cleaned(customer: Caller) -> None:
    body = send(customer, wav_with_tags("Night\x01\x1b drive\x7f\x85", "\x9fThe\tBand\u2028")).get_json()
    assert (body["title"], body["artist"]) == ("Night drive", "The Band")
    # A render is given what the file says, so the settings' own rule must let it pass.
    document = parse_settings({"text": {"title": body["title"], "artist": body["artist"]}})
    assert document.text.title == "Night drive"


@pytest.mark.parametrize("junk", [b"    ", b"\r\n\n", bytes(3000), b"APETAGEX\xd0\7\0\0" + bytes(200)])
def test_a_song_behind_junk_is_taken(customer: Caller, tmp_path: Path, junk: bytes) -> None:
    song = tmp_path / "a.mp3"
    tone = ["-f", "lavfi", "-i", "sine=d=2", "-id3v2_version", "0", "-write_xing", "0"]
    subprocess.run(["ffmpeg", "-v", "error", *tone, song], check=True, timeout=120)
    body = send(customer, junk + song.read_bytes(), "a.mp3").get_json()
    assert (body["format"], body["duration_s"]) == ("mp3", pytest.approx(2, abs=0.1))


def test_who_is_not_confirmed_uploads_nothing(caller: Callable[..., Caller]) -> None:
    answer = send(caller(confirmed=False), wav())
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "EMAIL_NOT_VERIFIED")


def test_many_uploads_at_once_are_asked_to_come_back(customer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_stream, "seats", Seats(1, 1, full="Full.", too_many="Too many."))
    with upload_stream.seats.taken("somebody else"):
        answer = send(customer, wav())
    assert (answer.status_code, answer.get_json()["error"]["details"]) == (503, {"retry_after_s": 10})
    assert send(customer, wav()).status_code == 201


def test_a_picture_is_taken(customer: Caller) -> None:
    body = send(customer, png(), "cover.png", "picture").get_json()
    assert (body["kind"], body["format"], body["duration_s"], body["title"]) == ("picture", "png", None, "")


def test_uploads_are_listed_the_latest_first(customer: Caller) -> None:
    first = uploaded(customer)
    clock.shift(timedelta(minutes=1))
    second = uploaded(customer)
    send(customer, png(), "cover.png", "picture")
    answer = customer.get("/api/uploads?kind=song").get_json()
    assert ([item["id"] for item in answer["items"]], answer["total"]) == ([second, first], 2)
    assert customer.get("/api/uploads?page=2&per_page=2").get_json()["total"] == 3


def test_an_upload_can_be_looked_at_and_deleted(app: APIFlask, customer: Caller) -> None:
    upload = uploaded(customer)
    assert customer.get(f"/api/uploads/{upload}").get_json()["id"] == upload
    assert customer.delete(f"/api/uploads/{upload}").status_code == 204
    assert customer.get(f"/api/uploads/{upload}").status_code == 404
    assert customer.get("/api/uploads").get_json()["total"] == 0
    with app.app_context():
        assert list(storage().list(f"uploads/{customer.user_id}/")) == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_others_uploaded_is_not_there(customer: Caller, caller: Callable[..., Caller], method: str) -> None:
    upload = uploaded(caller())
    assert customer._send(method, f"/api/uploads/{upload}").status_code == 404


def test_uploads_are_for_those_who_are_logged_in(client: FlaskClient) -> None:
    assert client.post("/api/uploads").status_code == 401


def test_an_upload_expires_after_a_day(app: APIFlask, customer: Caller) -> None:
    upload = uploaded(customer)
    clock.shift(timedelta(hours=24, seconds=1))
    with app.app_context():
        with pytest.raises(Expired), writing() as session:
            open_upload(session, customer.user_id, upload)
        assert delete_expired(limit=10) == 0
        clock.shift(timedelta(minutes=6))
        assert (delete_expired(limit=10), delete_expired(limit=10)) == (1, 0)
        assert list(storage().list(f"uploads/{customer.user_id}/")) == []
        assert storage_used(db.session, customer.user_id) == 0


def test_a_used_upload_is_kept_until_it_is_released(app: APIFlask, customer: Caller) -> None:
    upload = uploaded(customer)
    with app.app_context():
        with writing() as session:
            keep_until(session, open_upload(session, customer.user_id, upload), None)
        clock.shift(timedelta(days=100))
        with writing() as session:
            found = open_upload(session, customer.user_id, upload)
            keep_until(session, found, now())
            assert found.expires_at is None
            release(session, found)
        clock.shift(timedelta(days=2))
        assert delete_expired(limit=10) == 1


def test_keeping_never_shortens(app: APIFlask, customer: Caller) -> None:
    upload = uploaded(customer)
    with app.app_context(), writing() as session:
        found = open_upload(session, customer.user_id, upload)
        before = found.expires_at
        keep_until(session, found, now() + timedelta(hours=1))
        assert found.expires_at == before
        keep_until(session, found, now() + timedelta(days=7))
        assert found.expires_at
        assert found.expires_at > now() + timedelta(days=6)


def test_what_something_needs_is_neither_deleted_nor_swept(
    app: APIFlask, customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uploaded(customer)
    monkeypatch.setattr(references, "_checks", [lambda _session, upload_id: upload_id == upload])
    assert customer.delete(f"/api/uploads/{upload}").status_code == 409
    clock.shift(timedelta(hours=25))
    with app.app_context():
        assert delete_expired(limit=10) == 0
        assert len(list(storage().list(f"uploads/{customer.user_id}/"))) == 1


def test_what_is_deleted_while_the_storage_is_away_goes_later(
    app: APIFlask, customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uploaded(customer)
    with app.app_context():
        kept = storage()

        def away(_name: str) -> None:
            raise StorageFailed("The storage is away.")

        with monkeypatch.context() as patch:
            patch.setattr(kept, "delete", away)
            assert customer.delete(f"/api/uploads/{upload}").status_code == 204
            clock.shift(timedelta(minutes=6))
            assert delete_expired(limit=10) == 0
        assert customer.get(f"/api/uploads/{upload}").status_code == 404
        assert delete_expired(limit=10) == 1
        assert list(kept.list(f"uploads/{customer.user_id}/")) == []


def test_a_storage_that_refuses_leaves_nothing_behind(
    app: APIFlask, customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        kept = storage()

    def away(*_: object, **__: object) -> None:
        raise StorageFailed("The storage is away.")

    with monkeypatch.context() as patch:
        patch.setattr(kept, "put", away)
        assert send(customer, wav()).status_code == 503
    assert left_behind(app) == []
    assert customer.get("/api/uploads").get_json()["total"] == 0
    with app.app_context():
        assert storage_used(db.session, customer.user_id) == len(wav())
        clock.shift(timedelta(hours=3))
        assert delete_expired(limit=10) == 1
        assert storage_used(db.session, customer.user_id) == 0


def test_folders_of_killed_processes_are_swept(app: APIFlask) -> None:
    incoming: Path = app.config["ORIEL"].data_root / "incoming"
    old, young = incoming / "old", incoming / "young"
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "song.wav").write_bytes(b"half of it")
    os.utime(old, (0, 0))
    with app.app_context():
        assert delete_leftovers() == 1
    assert (old.exists(), young.exists()) == (False, True)
    shutil.rmtree(young)


def test_a_picture_is_no_song(app: APIFlask, customer: Caller) -> None:
    picture = send(customer, png(), "cover.png", "picture").get_json()["id"]
    with app.app_context():
        with pytest.raises(NotFound):
            open_upload(db.session, customer.user_id, picture)
        assert open_upload(db.session, customer.user_id, picture, kind="picture").id == picture


def test_an_upload_whose_way_was_cut_off_is_not_there_and_is_swept(app: APIFlask, customer: Caller) -> None:
    upload = uploaded(customer)
    with app.app_context():
        with writing() as session:
            session.get_one(Upload, upload).stored_at = None
        assert customer.get(f"/api/uploads/{upload}").status_code == 404
        clock.shift(timedelta(hours=25))
        assert delete_expired(limit=10) == 1


def test_erasing_removes_all_of_a_customers_files(
    app: APIFlask, customer: Caller, caller: Callable[..., Caller]
) -> None:
    other = caller()
    for who in (customer, customer, other):
        uploaded(who)
    with app.app_context():
        assert erase(customer.user_id) == 2
        assert len(list(storage().list(f"uploads/{other.user_id}/"))) == 1


def test_uploads_count_towards_the_storage(app: APIFlask, customer: Caller) -> None:
    uploaded(customer)
    with app.app_context():
        assert storage_used(db.session, customer.user_id) == len(wav())


def test_a_song_that_only_a_single_render_allows_is_uploaded_before_the_render_is_paid(customer: Caller) -> None:
    assert send(customer, wav(361)).status_code == 201


def test_a_song_beyond_a_single_renders_length_needs_another_plan(customer: Caller) -> None:
    answer = send(customer, wav(901))
    assert answer.status_code == 402
    error = answer.get_json()["error"]
    assert (error["code"], error["details"]["limit"], error["details"]["lifted_by"]) == (
        "PLAN_LIMIT_DURATION",
        360.0,
        "enterprise",
    )


def test_a_larger_plan_takes_longer_songs(app: APIFlask, customer: Caller) -> None:
    with app.app_context():
        set_plan(customer.user_id, "enterprise")
    assert send(customer, wav(901)).status_code == 201


def test_a_full_storage_takes_no_upload(app: APIFlask, customer: Caller) -> None:
    upload = uploaded(customer)
    with app.app_context(), writing() as session:
        session.get_one(Upload, upload).size_bytes = 1_000_000_000
    answer = send(customer, wav())
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (402, "PLAN_LIMIT_STORAGE")
    customer.delete(f"/api/uploads/{upload}")
    assert send(customer, wav()).status_code == 201


def test_uploads_at_once_share_the_room_that_is_left(app: APIFlask, customer: Caller) -> None:
    upload = uploaded(customer)
    with app.app_context(), writing() as session:
        session.get_one(Upload, upload).size_bytes = 1_000_000_000 - 2 * len(wav()) - 1
    callers = [replace(customer, client=app.test_client()) for _ in range(6)]
    with ThreadPoolExecutor(3) as pool:
        codes = sorted(answer.status_code for answer in pool.map(lambda one: send(one, wav()), callers))
    assert codes == [201, 201, 402, 402, 402, 402]


def test_free_uploads_thirty_times_a_minute_and_pro_more_often(app: APIFlask, customer: Caller) -> None:
    codes = [customer.post("/api/uploads").status_code for _ in range(31)]
    assert codes == [422] * 30 + [429]
    with app.app_context():
        set_plan(customer.user_id, "pro")
    assert customer.post("/api/uploads").status_code == 422


def test_the_body_is_documented(client: FlaskClient) -> None:
    operation = client.get("/api/openapi.json").get_json()["paths"]["/api/uploads"]["post"]
    assert "multipart/form-data" in operation["requestBody"]["content"]
    assert "201" in operation["responses"]


def left_behind(app: APIFlask) -> list[str]:
    """Return what lies where uploads arrive."""
    incoming = app.config["ORIEL"].data_root / "incoming"
    # What vanishes meanwhile is no error of a walk.
    return sorted(
        str(Path(folder) / name) for folder, *inside in os.walk(incoming) for names in inside for name in names
    )


def test_an_upload_is_handed_back_as_it_came(customer: Caller) -> None:
    for data, name, field, content_type in (
        (wav(), "Mein Lied.wav", "audio", "audio/wav"),
        (png(), "cover.png", "picture", "image/png"),
    ):
        path = f"/api/uploads/{send(customer, data, name, field=field).get_json()['id']}/content"
        with closing(customer.get(path)) as answer:
            assert (answer.status_code, answer.data, answer.mimetype) == (200, data, content_type)
        with closing(customer.get(path, headers={"Range": "bytes=4-9"})) as answer:
            assert (answer.status_code, answer.data) == (206, data[4:10])


def test_an_upload_that_is_gone_is_handed_to_nobody(app: APIFlask, customer: Caller) -> None:
    upload = uploaded(customer)
    customer.delete(f"/api/uploads/{upload}")
    assert customer.get(f"/api/uploads/{upload}/content").status_code == 404
    lost = uploaded(customer)
    with app.app_context():
        storage().delete(db.session.get_one(Upload, lost).object_name)
    uploaded(customer)
    assert customer.get(f"/api/uploads/{lost}/content").status_code == 410
