"""The last versions of a project: grouped by person and time, looked at, and brought back."""

from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.projects.cast import MakeCaller, Shared, gets, name_user, pictured, shared_project

from oriel.accounts.models import User
from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.media.models import Upload
from oriel.projects import versions


@pytest.fixture
def shared(caller: MakeCaller) -> Shared:
    return shared_project(caller())


def listed(user: Caller, shared: Shared) -> list[dict[str, Any]]:
    answer = user.get(f"{shared.path}/versions")
    assert answer.status_code == 200, answer.json
    return list(answer.get_json()["items"])


def change(user: Caller, shared: Shared, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    user.refresh()
    version = user.get(shared.path).get_json()["version"]
    answer = user.patch(shared.path, json={"version": version, **body})
    assert answer.status_code == 200, answer.json
    return dict(answer.get_json())


def test_what_is_saved_over_stays_as_a_version_of_its_own(shared: Shared) -> None:
    change(shared.owner, shared, name="On the laptop")
    change(shared.owner, shared, name="On the phone", keep_before=True)
    change(shared.owner, shared, name="On the phone, later")
    assert [each["name"] for each in listed(shared.owner, shared)] == ["On the phone, later", "On the laptop"]


def test_what_one_person_changes_within_minutes_is_one_version(
    app: APIFlask, caller: MakeCaller, shared: Shared
) -> None:
    bob = caller()
    name_user(app, shared.owner, "Ada")
    shared.invite(bob.email)
    change(shared.owner, shared, name="One")
    clock.shift(timedelta(minutes=5))
    change(shared.owner, shared, name="Two")
    change(bob, shared, name="Three")
    change(shared.owner, shared, name="Four")
    clock.shift(timedelta(minutes=11))
    change(shared.owner, shared, name="Five")
    rows = listed(shared.owner, shared)
    assert [(each["number"], each["name"], each["by"]) for each in rows] == [
        (6, "Five", "Ada"),
        (5, "Four", "Ada"),
        (4, "Three", bob.email),
        (3, "Two", "Ada"),
    ]
    # Only the owner, who has invited them, knows the addresses of the editors.
    shared.owner.patch(f"{shared.path}/sharing", json={"link": True})
    carl = caller()
    shared.invite(carl.email)
    assert {each["by"] for each in listed(carl, shared)} == {"Ada", "Another editor"}


def test_a_picture_alone_makes_no_newer_version(shared: Shared) -> None:
    before = shared.owner.get(shared.path).get_json()
    clock.shift(timedelta(minutes=11))
    body = {"version": before["version"], "thumbnail_id": pictured(shared.owner)}
    after = shared.owner.patch(shared.path, json=body).get_json()
    assert after["thumbnail_url"]
    assert {**after, "thumbnail_url": None} == {**before, "thumbnail_url": None}
    [version] = listed(shared.owner, shared)
    assert version["thumbnail_url"]
    # Nobody else has an older version by it, and one who has gets no picture of it.
    change(shared.owner, shared, settings={"look": "prism"})
    assert shared.owner.patch(shared.path, json=body).status_code == 409


def test_a_version_is_looked_at_and_brought_back_as_a_new_one(shared: Shared) -> None:
    clock.shift(timedelta(minutes=11))
    thumbnail = pictured(shared.owner)
    change(shared.owner, shared, name="Other", settings={"look": "prism"}, thumbnail_id=thumbnail)
    latest, first = listed(shared.owner, shared)
    assert latest["thumbnail_url"].startswith("/api/projects/thumbnail/")
    seen = shared.owner.get(f"{shared.path}/versions/{first['id']}").get_json()
    assert (seen["settings"]["look"], seen["name"]) == ("halo", "Night Drive")
    answer = shared.owner.post(f"{shared.path}/versions/{first['id']}/restore", json={"version": 2})
    back = answer.get_json()
    assert (back["version"], back["name"], back["look"]) == (3, "Night Drive", "halo")
    assert back["song"]["upload_id"] == shared.song
    assert [(each["number"], each["restored"]) for each in listed(shared.owner, shared)] == [
        (3, 1),
        (2, None),
        (1, None),
    ]
    # What follows is a version of its own.
    change(shared.owner, shared, name="After")
    assert [each["number"] for each in listed(shared.owner, shared)] == [4, 3, 2, 1]


def test_a_version_comes_back_only_in_place_of_the_latest(caller: MakeCaller, shared: Shared) -> None:
    [first] = listed(shared.owner, shared)
    clock.shift(timedelta(minutes=11))
    change(shared.owner, shared, name="Two")
    late = shared.owner.post(f"{shared.path}/versions/{first['id']}/restore", json={"version": 1})
    assert late.status_code == 409
    other = shared_project(shared.owner)
    assert shared.owner.get(f"{other.path}/versions/{first['id']}").status_code == 404
    assert shared.owner.post(f"{other.path}/versions/{first['id']}/restore", json={"version": 1}).status_code == 404


def test_the_pictures_of_a_version_are_kept_with_it(
    app: APIFlask, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "MOST_VERSIONS", 2)

    def is_kept() -> bool:
        with app.app_context():
            return db.session.get_one(Upload, shared.cover).expires_at is None

    clock.shift(timedelta(minutes=11))
    change(shared.owner, shared, settings={"look": "prism"})
    assert is_kept()
    [_, first] = listed(shared.owner, shared)
    assert gets(shared.owner, f"{shared.path}/files/{shared.cover}")
    clock.shift(timedelta(minutes=11))
    change(shared.owner, shared, name="Third")
    assert len(listed(shared.owner, shared)) == 2
    assert not is_kept()
    assert shared.owner.get(f"{shared.path}/versions/{first['id']}").status_code == 404


def test_an_editor_brings_a_version_back_with_its_picture(caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    shared.invite(bob.email)
    change(bob, shared, settings={"look": "prism"})
    [_, first] = listed(bob, shared)
    answer = bob.post(f"{shared.path}/versions/{first['id']}/restore", json={"version": 2})
    assert answer.status_code == 200, answer.json
    assert answer.get_json()["settings"]["cover"]["file"] == shared.cover


def test_the_author_of_a_version_may_be_gone(app: APIFlask, caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    shared.invite(bob.email)
    change(bob, shared, name="Bob's")
    with app.app_context(), writing() as session:
        session.delete(session.get_one(User, bob.user_id))
    assert listed(shared.owner, shared)[0]["by"] == "A deleted account"


def test_a_copy_has_a_history_of_its_own(shared: Shared) -> None:
    copy = shared.owner.post("/api/projects/duplicate", json={"ids": [shared.id]}).get_json()["items"][0]
    assert len(shared.owner.get(f"/api/projects/{copy['id']}/versions").get_json()["items"]) == 1
