"""Deleted projects that their owner deletes for good."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select
from tests.functional.caller import Caller
from tests.functional.projects.cast import MakeCaller, Shared, shared_project

from oriel.infra.clock import clock
from oriel.infra.database import db
from oriel.infra.storage import storage
from oriel.media.models import Upload
from oriel.media.sweep import delete_expired
from oriel.projects import projects
from oriel.projects.models import Project, ProjectPerson, ProjectUpload, ProjectVersion

NOBODY = "0" * 26


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


@pytest.fixture
def shared(ada: Caller) -> Shared:
    """A project with a song, a cover, a version, somebody invited and a link, which is not deleted yet."""
    project = shared_project(ada)
    project.invite("bob@example.com")
    project.share()
    return project


@pytest.fixture
def in_app(app: APIFlask) -> Iterator[None]:
    with app.app_context():
        yield


def delete(owner: Caller, *ids: str) -> None:
    assert owner.post("/api/projects/delete", json={"ids": ids}).get_json() == {"ids": sorted(ids)}


def erased(by: Caller, *ids: str) -> list[str]:
    """Delete projects for good, and return those that are gone by it."""
    answer = by.post("/api/projects/erase", json={"ids": ids})
    assert answer.status_code == 200, answer.json
    return list(answer.get_json()["ids"])


def used(owner: Caller) -> int:
    """Return the storage that a customer sees in use."""
    return int(owner.get("/api/user/profile").get_json()["statistics"]["storage_bytes"])


def listed(owner: Caller, query: str = "") -> list[str]:
    return [each["id"] for each in owner.get(f"/api/projects?{query}").get_json()["items"]]


def copied(owner: Caller, project_id: str) -> str:
    answer = owner.post("/api/projects/duplicate", json={"ids": [project_id]})
    return str(answer.get_json()["items"][0]["id"])


def rows(table: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.usefixtures("in_app")
def test_a_deleted_project_is_erased_with_all_that_belongs_to_it(ada: Caller, shared: Shared) -> None:
    delete(ada, shared.id)
    assert erased(ada, shared.id) == [shared.id]
    assert listed(ada, "deleted=true") == []
    assert {rows(table) for table in (Project, ProjectVersion, ProjectPerson, ProjectUpload)} == {0}
    for upload in (shared.song, shared.cover):
        assert ada.get(f"/api/uploads/{upload}").status_code == 404
    # The next sweep removes the files.
    clock.shift(timedelta(minutes=6))
    assert delete_expired(10) == 2
    assert list(storage().list(f"uploads/{ada.user_id}/")) == []


def test_the_storage_is_free_at_once(ada: Caller, shared: Shared) -> None:
    before = used(ada)
    assert before > 0
    delete(ada, shared.id)
    assert used(ada) == before
    erased(ada, shared.id)
    assert used(ada) == 0


def test_a_project_that_is_not_deleted_stays(ada: Caller, shared: Shared) -> None:
    assert erased(ada, shared.id) == []
    assert listed(ada) == [shared.id]
    assert used(ada) > 0


def test_a_second_time_changes_nothing(ada: Caller, shared: Shared) -> None:
    delete(ada, shared.id)
    assert erased(ada, shared.id, shared.id) == [shared.id]
    assert erased(ada, shared.id) == []


def test_an_unknown_project_is_left_out(ada: Caller, shared: Shared) -> None:
    delete(ada, shared.id)
    assert erased(ada, NOBODY, shared.id) == [shared.id]


def test_a_stranger_cannot_erase_a_project(ada: Caller, shared: Shared, caller: MakeCaller) -> None:
    delete(ada, shared.id)
    assert erased(caller(), shared.id) == []
    assert listed(ada, "deleted=true") == [shared.id]


def test_an_editor_cannot_erase_a_project(ada: Caller, shared: Shared, caller: MakeCaller) -> None:
    bob = caller()
    shared.invite(bob.email)
    delete(ada, shared.id)
    assert erased(bob, shared.id) == []
    assert listed(ada, "deleted=true") == [shared.id]


def test_an_erased_project_cannot_be_brought_back(ada: Caller, shared: Shared) -> None:
    delete(ada, shared.id)
    erased(ada, shared.id)
    assert ada.post("/api/projects/restore", json={"ids": [shared.id]}).get_json() == {"ids": []}


@pytest.mark.usefixtures("in_app")
def test_a_song_of_another_project_stays(ada: Caller, shared: Shared) -> None:
    copy, before = copied(ada, shared.id), used(ada)
    delete(ada, shared.id)
    erased(ada, shared.id)
    assert used(ada) == before
    assert ada.get(f"/api/projects/{copy}").get_json()["song"]["is_there"]
    assert db.session.get_one(Upload, shared.song).expires_at is None


@pytest.mark.usefixtures("in_app")
def test_a_song_of_another_deleted_project_stays_for_as_long_as_that_can_be_restored(
    ada: Caller, shared: Shared
) -> None:
    copy = copied(ada, shared.id)
    delete(ada, copy)
    clock.shift(timedelta(minutes=5))
    delete(ada, shared.id)
    erased(ada, shared.id)
    deleted_at = db.session.get_one(Project, copy).deleted_at
    assert deleted_at
    assert db.session.get_one(Upload, shared.song).expires_at == deleted_at + timedelta(days=30)
    assert erased(ada, copy) == [copy]
    assert used(ada) == 0


def test_several_that_share_a_song_are_erased_at_once(ada: Caller, shared: Shared) -> None:
    both = sorted((shared.id, copied(ada, shared.id)))
    delete(ada, *both)
    assert erased(ada, *both) == both
    assert used(ada) == 0


@pytest.mark.usefixtures("in_app")
def test_a_song_that_a_render_needs_stays_until_it_has_ended(ada: Caller, shared: Shared) -> None:
    job = ada.post("/api/render/submit", json={"project_id": shared.id}).get_json()["id"]
    delete(ada, shared.id)
    erased(ada, shared.id)
    assert db.session.get_one(Upload, shared.song).deleted_at is None
    assert ada.post(f"/api/render/cancel/{job}").status_code < 300
    clock.shift(timedelta(hours=25))
    assert delete_expired(10) == 2


@pytest.mark.usefixtures("in_app")
def test_song_and_picture_of_an_open_payment_stay(ada: Caller, shared: Shared) -> None:
    settings = ada.get(shared.path).get_json()["settings"]
    order = {"kind": "render", "render": {"upload_id": shared.song, "settings": settings}}
    opened = ada.post("/api/payments/create-session", json=order)
    assert opened.status_code == 201, opened.json
    delete(ada, shared.id)
    erased(ada, shared.id)
    for upload in (shared.song, shared.cover):
        assert db.session.get_one(Upload, upload).deleted_at is None


@pytest.mark.usefixtures("in_app")
def test_a_project_that_can_no_longer_be_restored_is_erased_too(ada: Caller, shared: Shared) -> None:
    delete(ada, shared.id)
    clock.shift(timedelta(days=31))
    assert projects.erase_deleted(ada.user_id, [shared.id]) == [shared.id]
    assert projects.forget_deleted(10) == 0
