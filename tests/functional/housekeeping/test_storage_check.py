"""Files without a row go after a day; rows without a file are told; nothing that is needed is ever taken."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.caller import Caller
from tests.functional.housekeeping.conftest import Put
from tests.functional.media.files import uploaded

from oriel import app as application
from oriel import cli, cli_service
from oriel.errors import OurError
from oriel.housekeeping import storage_check
from oriel.housekeeping.models import StrayFile
from oriel.housekeeping.storage_check import GRACE, check_storage, inspect_storage, preview
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.storage import storage
from oriel.media.models import ResumableUpload, Upload, folder_of
from oriel.privacy.models import READY, DataExport
from oriel.rendering.models import COMPLETED, PROCESSING, RenderJob

MakeCaller = Callable[..., Caller]


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def names() -> set[str]:
    return {stored.name for stored in storage().list("")}


def rendered(ada: Caller, put: Put) -> RenderJob:
    """A render with its video and poster."""
    answer = ada.post("/api/render/submit", json={"upload_id": uploaded(ada)})
    job_id = str((answer.json or {})["id"])
    video = f"videos/{ada.user_id}/{job_id}/video.mp4"
    put(video)
    with writing() as session:
        job = session.get_one(RenderJob, job_id)
        job.status, job.video_object, job.expires_at = COMPLETED, video, now() + timedelta(days=30)
    return job


def test_what_rows_name_fits_and_is_added_up(ada: Caller, put: Put) -> None:
    rendered(ada, put)
    with writing() as session:
        name = f"exports/{ada.user_id}/e/data.zip"
        session.add(DataExport(id="e", user_id=ada.user_id, state=READY, object_name=name))
    put(name)
    put("chunks/a/1.bin")
    put("others/readme")
    report = inspect_storage()
    assert (report.orphaned, report.missing) == ([], [])
    assert dict(report.files) == {
        "uploads": 1,
        "videos": 1,
        "exports": 1,
        "chunks": 1,
        "in folders that are not ours": 1,
    }
    done = check_storage()
    assert done.items == 0
    assert "0 without a row, 0 rows without a file" in done.detail


def test_a_file_without_a_row_goes_a_day_after_it_was_found(ada: Caller, put: Put) -> None:
    kept = uploaded(ada)
    orphans = {f"uploads/{ada.user_id}/{new_id()}.mp3", f"videos/{new_id()}/{new_id()}/video.mp4", "exports/a/b/c.zip"}
    for name in orphans:
        put(name)
    assert check_storage().items == 0
    assert orphans <= names()
    clock.shift(GRACE - timedelta(minutes=1))
    assert check_storage().items == 0
    clock.shift(timedelta(minutes=2))
    # The song's own day is over, too; its row is still there, so that the sweep of uploads takes it.
    assert check_storage().items == 3
    assert names() == {db.session.get_one(Upload, kept).object_name}
    assert db.session.scalars(select(StrayFile)).all() == []


def test_a_preview_names_them_and_changes_nothing(ada: Caller, put: Put) -> None:
    put("videos/a/b/video.mp4")
    clock.shift(2 * GRACE)
    told = preview()
    assert told.items == 1
    assert "orphaned: videos/a/b/video.mp4" in told.detail
    assert db.session.scalars(select(StrayFile)).all() == []
    assert names() == {"videos/a/b/video.mp4"}


def test_an_upload_under_way_is_never_taken(ada: Caller, put: Put) -> None:
    # Its row is written before its bytes are stored.
    song, pieces = f"uploads/{ada.user_id}/{new_id()}.mp3", new_id()
    with writing() as session:
        about = {"filename": "a.mp3", "size_bytes": 1, "expires_at": now() + timedelta(days=9)}
        session.add(Upload(user_id=ada.user_id, kind="song", format="mp3", object_name=song, sha256="", **about))
        session.add(ResumableUpload(id=pieces, user_id=ada.user_id, **about))
    put(song)
    put(f"{folder_of(ada.user_id, pieces)}000000000000-ab")
    before = names()
    for _ in range(2):
        check_storage()
        clock.shift(2 * GRACE)
    assert names() == before


def test_what_a_worker_has_just_stored_is_never_taken(ada: Caller, put: Put) -> None:
    job = rendered(ada, put)
    with writing() as session:
        row = session.get_one(RenderJob, job.id)
        row.status, row.video_object = PROCESSING, None
    before = names()
    for _ in range(2):
        check_storage()
        clock.shift(2 * GRACE)
    assert names() >= {name for name in before if name.startswith("videos/")}


def test_what_gets_its_row_within_the_grace_is_forgotten(ada: Caller, put: Put) -> None:
    song = f"uploads/{ada.user_id}/{new_id()}.mp3"
    put(song)
    check_storage()
    with writing() as session:
        about = {"filename": "a.mp3", "size_bytes": 1, "stored_at": now()}
        session.add(Upload(user_id=ada.user_id, kind="song", format="mp3", object_name=song, sha256="", **about))
    clock.shift(2 * GRACE)
    assert check_storage().items == 0
    assert song in names()
    assert db.session.scalars(select(StrayFile)).all() == []


def test_a_row_without_its_file_is_told_until_the_file_is_back(
    ada: Caller, put: Put, caplog: pytest.LogCaptureFixture
) -> None:
    job = rendered(ada, put)
    song = db.session.scalars(select(Upload.object_name)).one()
    assert job.video_object
    for name in (job.video_object, song):
        storage().delete(name)
    done = check_storage()
    assert (done.items, "2 rows without a file" in done.detail) == (0, True)
    assert all(name in done.detail for name in (job.video_object, song))
    check_storage()
    # Once, not each day.
    assert caplog.messages.count("Rows name files that the storage lacks.") == 1
    assert set(db.session.scalars(select(StrayFile.name))) == {job.video_object, song}
    assert db.session.get_one(RenderJob, job.id).deleted_at is None
    put(job.video_object)
    put(song)
    check_storage()
    assert db.session.scalars(select(StrayFile)).all() == []


def test_a_storage_that_belongs_to_other_rows_is_left_alone(ada: Caller, put: Put) -> None:
    for number in range(12):
        put(f"videos/{new_id()}/{new_id()}/{number}.mp4")
    clock.shift(2 * GRACE)
    for _ in range(2):
        with pytest.raises(OurError, match="12 of 12 files have no row"):
            check_storage()
        clock.shift(2 * GRACE)
    assert len(names()) == 12


def test_many_users_are_compared_some_at_a_time(caller: MakeCaller, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_check, "_BATCH", 2)
    songs = []
    for _ in range(6):
        songs.append(db.session.get_one(Upload, uploaded(caller())).object_name)
        # The next customer's request reads in this session, and would not see what was written since.
        db.session.commit()
    put(f"uploads/{new_id()}/last.mp3")
    put("uploads/0/first.mp3")
    storage().delete(songs[2])
    storage().delete(songs[5])
    report = inspect_storage()
    assert {stored.name.rpartition("/")[2] for stored in report.orphaned} == {"first.mp3", "last.mp3"}
    assert sorted(report.missing) == sorted([songs[2], songs[5]])


@pytest.fixture
def commands(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "create_app", lambda _settings: app)
    monkeypatch.setattr(cli_service, "_service", lambda _process: app.config["ORIEL"])


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_the_command_fails_while_files_are_missing(
    ada: Caller, put: Put, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    song = db.session.get_one(Upload, uploaded(ada)).object_name
    put("uploads/0/first.mp3")
    command = ["housekeeping", "storage-check", *options]
    assert cli.run(command) == 0
    storage().delete(song)
    assert cli.run(command) == 1
    told = capsys.readouterr()
    assert song in told.out
    assert "The storage lacks 1 file that a row names." in told.err
    put(song)
    assert cli.run(command) == 0


@pytest.mark.usefixtures("commands")
def test_many_files_without_a_row_go_once_an_operator_has_looked(put: Put) -> None:
    for number in range(12):
        put(f"videos/a/{number}/video.mp4")
    with pytest.raises(OurError, match="--most 12"):
        check_storage()
    assert cli.run(["housekeeping", "storage-check", "--most", "11"]) == 1
    assert cli.run(["housekeeping", "storage-check", "--most", "12"]) == 0
    clock.shift(GRACE + timedelta(minutes=1))
    assert cli.run(["housekeeping", "storage-check", "--most", "12"]) == 0
    assert names() == set()
    assert cli.run(["housekeeping", "left-chunks", "--most", "12"]) == 2
