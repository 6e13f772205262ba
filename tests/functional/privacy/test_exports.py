"""Exports: asked for, written as a stream, handed out for a week; whatever dies in between."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from apiflask import APIFlask
from tests.functional.accounts.person import Mailbox, code_of, json_of
from tests.functional.caller import Caller
from tests.functional.privacy.conftest import EMAIL, NAME, VIDEO, Zoe

from oriel.accounts.account_data import ACCOUNT_DATA
from oriel.accounts.models import User
from oriel.errors import StorageFailed
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.storage import storage
from oriel.infra.storage.folder import FolderStorage
from oriel.privacy import exports
from oriel.privacy.export_files import write_zip
from oriel.privacy.models import FAILED, QUEUED, READY, WRITING, DataExport
from oriel.projects.project_data import PROJECT_DATA

MakeCaller = Callable[..., Caller]


def asked(caller: Caller) -> dict[str, Any]:
    answer = caller.post("/api/user/export")
    assert answer.status_code == 202, answer.text
    return json_of(answer)


def shown(caller: Caller) -> dict[str, Any]:
    export = json_of(caller.get("/api/user/export"))["export"]
    assert isinstance(export, dict)
    return export


def ready(caller: Caller) -> dict[str, Any]:
    asked(caller)
    assert exports.write_next()
    return shown(caller)


def downloaded(caller: Caller) -> ZipFile:
    answer = caller.client.get(shown(caller)["download_url"])
    assert answer.status_code == 200, answer.text
    archive = ZipFile(io.BytesIO(answer.get_data()))
    answer.close()
    assert archive.testzip() is None
    return archive


def rows(archive: ZipFile, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(archive.read(path))
    return found


def files_of(zoe: Zoe) -> list[str]:
    return [each.name for each in storage().list(exports.folder_of(zoe.user_id))]


def row_of(caller: Caller) -> DataExport:
    db.session.rollback()
    export = exports.latest_export(caller.user_id)
    assert export
    db.session.refresh(export)
    return export


def test_everything_of_a_customer_is_in_the_zip(zoe: Zoe) -> None:
    assert ready(zoe.caller)["state"] == READY
    archive = downloaded(zoe.caller)
    assert [each["email"] for each in rows(archive, "account/profile.json")] == [EMAIL]
    assert [each["name"] for each in rows(archive, "account/api-keys.json")] == ["studio"]
    assert "login" in [each["kind"] for each in rows(archive, "account/activity.json")]
    assert len(rows(archive, "account/sessions.json")) == 1
    assert {each["kind"] for each in rows(archive, "account/mails.json")} >= {"confirmation"}
    [project] = rows(archive, "projects/projects.json")
    assert project["settings"] == {"text": {"artist": NAME}}
    assert archive.read(project["thumbnail"]).startswith(b"\x89PNG")
    assert archive.read(project["song"]).startswith(b"RIFF")
    [render] = rows(archive, "renders/renders.json")
    assert archive.read(render["file"]) == VIDEO
    assert {each["render_id"] for each in rows(archive, "billing/renders-paid.json")} == {zoe.job.id}
    assert "your songs and pictures" in archive.read("README.txt").decode()


def test_no_secret_is_in_the_zip(zoe: Zoe) -> None:
    ready(zoe.caller)
    archive = downloaded(zoe.caller)
    texts = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".json"))
    for secret in (b"scrypt", b"hash", b"refresh_id", b"oriel_csrf"):
        assert secret not in texts


def test_another_customer_is_not_in_the_zip(zoe: Zoe, app: APIFlask, caller: MakeCaller) -> None:
    with app.app_context():
        other = caller()
        ready(other)
        archive = downloaded(other)
    texts = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert other.email in texts
    assert not [trace for trace in zoe.traces if trace in texts]


def test_an_invitation_that_is_not_accepted_is_in_the_zip_of_the_confirmed_address(
    zoe: Zoe, app: APIFlask, caller: MakeCaller
) -> None:
    with app.app_context():
        other = caller()
        invitation = {"email": other.email, "role": "viewer"}
        assert zoe.caller.post(f"/api/projects/{zoe.project_id}/people", json=invitation).status_code == 201
        ready(other)
        archive = downloaded(other)
        [project] = rows(archive, "projects/shared-with-me.json")
        assert (project["project_id"], project["accepted_at"]) == (zoe.project_id, None)
        assert [each["to"] for each in rows(archive, "account/mails.json") if "invit" in each["kind"]] == [other.email]


def test_an_address_that_is_not_confirmed_learns_of_no_invitation(zoe: Zoe, app: APIFlask, caller: MakeCaller) -> None:
    with app.app_context():
        other = caller()
        invitation = {"email": other.email, "role": "viewer"}
        assert zoe.caller.post(f"/api/projects/{zoe.project_id}/people", json=invitation).status_code == 201
        with writing() as session:
            session.get_one(User, other.user_id).email_verified_at = None
        listings = {
            listing.path: list(listing.rows)
            for domain in (ACCOUNT_DATA, PROJECT_DATA)
            for listing in domain.listings(other.user_id)
        }
        assert listings["projects/shared-with-me.json"] == []
        assert [row for row in listings["account/mails.json"] if "invit" in str(row["kind"])] == []


def test_the_customer_gets_a_mail_with_the_way_to_the_file(zoe: Zoe, mailbox: Mailbox) -> None:
    ready(zoe.caller)
    [mail] = mailbox.mails("export_ready")
    assert mail.to == EMAIL
    assert "/account#data" in mail.text
    assert "/export/file/" not in mail.text


def test_progress_is_shown_while_it_is_written(zoe: Zoe, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    monkeypatch.setattr(exports, "_HEARTBEAT_S", 0.0)
    real = exports._Heartbeat.wrote

    def watched(self: exports._Heartbeat, size: int) -> None:
        real(self, size)
        seen.append(shown(zoe.caller)["progress"])

    monkeypatch.setattr(exports._Heartbeat, "wrote", watched)
    ready(zoe.caller)
    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] == 1.0


def test_what_vanishes_meanwhile_is_named(zoe: Zoe, monkeypatch: pytest.MonkeyPatch) -> None:
    real = FolderStorage.read

    def read(self: FolderStorage, name: str) -> Any:  # noqa: ANN401
        storage().delete(name)
        return real(self, name)

    monkeypatch.setattr(FolderStorage, "read", read)
    ready(zoe.caller)
    archive = downloaded(zoe.caller)
    assert f"Night Quillfeather ({zoe.job.id}).mp4" in archive.read("README.txt").decode()


class TestTroubles:
    def test_an_export_whose_writer_was_killed_is_written_by_the_next(
        self, zoe: Zoe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked(zoe.caller)
        with monkeypatch.context() as patch:
            patch.setattr(exports, "write_zip", _die)
            with pytest.raises(SystemExit):
                exports.write_next()
        assert row_of(zoe.caller).state == WRITING
        assert not exports.write_next()
        clock.shift(timedelta(minutes=6))
        assert exports.write_next()
        assert row_of(zoe.caller).state == READY
        assert len(files_of(zoe)) == 1

    def test_a_writer_that_wakes_too_late_changes_nothing(self, zoe: Zoe, monkeypatch: pytest.MonkeyPatch) -> None:
        asked(zoe.caller)
        real = write_zip

        def overtaken(*args: Any) -> None:  # noqa: ANN401
            monkeypatch.setattr(exports, "write_zip", real)
            clock.shift(timedelta(minutes=6))
            assert exports.write_next()
            real(*args)

        monkeypatch.setattr(exports, "write_zip", overtaken)
        assert exports.write_next()
        export = row_of(zoe.caller)
        assert (export.state, export.fence) == (READY, 2)
        assert files_of(zoe) == [export.object_name]

    def test_a_writer_that_wakes_while_another_writes_leaves_it_alone(
        self, zoe: Zoe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked(zoe.caller)

        def overtaken(*args: Any) -> None:  # noqa: ANN401
            clock.shift(timedelta(minutes=6))
            assert exports._claim()
            write_zip(*args)

        monkeypatch.setattr(exports, "write_zip", overtaken)
        assert exports.write_next()
        export = row_of(zoe.caller)
        assert (export.state, export.fence) == (WRITING, 2)
        assert files_of(zoe) == []

    def test_a_storage_that_fails_is_asked_again_and_given_up_in_the_end(
        self, zoe: Zoe, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "write_zip", _fail)
        asked(zoe.caller)
        for _ in range(5):
            assert exports.write_next()
            assert not exports.write_next()
            clock.shift(timedelta(hours=2))
        assert row_of(zoe.caller).state == FAILED
        assert len(mailbox.mails("export_failed")) == 1
        zoe.caller.refresh()
        assert shown(zoe.caller)["download_url"] is None

    def test_an_export_goes_with_its_account(self, zoe: Zoe, monkeypatch: pytest.MonkeyPatch) -> None:
        asked(zoe.caller)
        real = write_zip

        def erased(*args: Any) -> None:  # noqa: ANN401
            real(*args)
            with writing() as session:
                session.delete(row_of(zoe.caller))

        monkeypatch.setattr(exports, "write_zip", erased)
        assert exports.write_next()
        assert files_of(zoe) == []


class TestLimits:
    def test_one_is_written_at_a_time(self, zoe: Zoe) -> None:
        asked(zoe.caller)
        assert code_of(zoe.caller.post("/api/user/export")) == (409, "CONFLICT")

    def test_three_may_be_asked_for_in_a_day(self, zoe: Zoe) -> None:
        for _ in range(3):
            ready(zoe.caller)
            clock.shift(timedelta(minutes=1))
            zoe.caller.refresh()
        refused = zoe.caller.post("/api/user/export")
        assert code_of(refused)[0] == 429
        assert 80_000 < int(refused.headers["Retry-After"]) <= 86_400
        clock.shift(timedelta(days=1))
        zoe.caller.refresh()
        asked(zoe.caller)

    def test_a_new_one_replaces_the_earlier(self, zoe: Zoe) -> None:
        first = ready(zoe.caller)
        ready(zoe.caller)
        exports.delete_expired(limit=10)
        assert zoe.caller.client.get(first["download_url"]).status_code == 410
        assert len(files_of(zoe)) == 1

    def test_a_file_goes_after_a_week(self, zoe: Zoe) -> None:
        ready(zoe.caller)
        clock.shift(timedelta(days=7, seconds=1))
        assert exports.delete_expired(limit=10) == 1
        zoe.caller.refresh()
        assert shown(zoe.caller)["state"] == "expired"
        assert files_of(zoe) == []
        clock.shift(timedelta(days=2))
        exports.delete_expired(limit=10)
        assert exports.latest_export(zoe.user_id) is None


class TestLinks:
    def test_an_address_works_for_an_hour(self, zoe: Zoe) -> None:
        url = ready(zoe.caller)["download_url"]
        clock.shift(timedelta(hours=1, seconds=1))
        assert code_of(zoe.caller.client.get(url)) == (410, "EXPIRED")

    @pytest.mark.parametrize("at", [3, 30, 40])
    def test_a_changed_address_opens_nothing(self, zoe: Zoe, at: int) -> None:
        head, _, token = ready(zoe.caller)["download_url"].rpartition("/")
        changed = token[:at] + ("0" if token[at] != "0" else "1") + token[at + 1 :]
        assert zoe.caller.client.get(f"{head}/{changed}").status_code == 404

    def test_a_closed_account_hands_nothing_out(self, zoe: Zoe, app: APIFlask) -> None:
        from oriel.accounts.operators import disable_user

        url = ready(zoe.caller)["download_url"]
        disable_user(zoe.user_id)
        assert zoe.caller.client.get(url).status_code == 404

    def test_another_customers_export_is_not_shown(self, zoe: Zoe, app: APIFlask, caller: MakeCaller) -> None:
        ready(zoe.caller)
        with app.app_context():
            assert json_of(caller().get("/api/user/export")) == {"export": None}


def test_nothing_is_written_where_nothing_waits() -> None:
    assert not exports.write_next()


def test_one_that_waits_for_its_pause_is_left_alone(zoe: Zoe) -> None:
    asked(zoe.caller)
    with writing() as session:
        session.get_one(DataExport, row_of(zoe.caller).id).run_after = now() + timedelta(minutes=1)
    assert not exports.write_next()
    assert row_of(zoe.caller).state == QUEUED


def _die(*_: object) -> None:
    raise SystemExit


def _fail(*_: object) -> None:
    raise StorageFailed("The storage refused the file.")
