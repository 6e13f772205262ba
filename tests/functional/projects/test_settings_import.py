"""Settings from files become projects, or replace the settings of one."""

from typing import Any

import pytest
from tests.functional.caller import Caller
from tests.functional.projects.cast import MakeCaller, Shared, pictured, shared_project

from oriel.projects import projects

HALO = {"look": "halo", "params": {"radius": 0.5}}


def imported(user: Caller, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = user.post("/api/projects/import", json={"items": items})
    assert answer.status_code == 201, answer.json
    return list(answer.get_json()["items"])


def replaced(user: Caller, shared: Shared, settings: dict[str, Any], version: int = 1) -> dict[str, Any]:
    answer = user.put(f"{shared.path}/settings", json={"version": version, "settings": settings})
    assert answer.status_code == 200, answer.json
    return dict(answer.get_json())


def settings_of(user: Caller, project_id: str) -> Any:  # noqa: ANN401  (JSON)
    return user.get(f"/api/projects/{project_id}").get_json()["settings"]


def test_documents_become_projects_in_their_order(caller: MakeCaller) -> None:
    ada = caller()
    one, two, flat = imported(
        ada, {"name": "One", "settings": HALO}, {"name": "", "settings": {}}, {"settings": {"shape": "cube"}}
    )
    assert [(each["name"], each["look"]) for each in (one, two, flat)] == [
        ("One", "halo"),
        ("Untitled", "prism"),
        ("Untitled", "prism"),
    ]
    assert settings_of(ada, one["id"]) == HALO
    assert one["lacks_pictures"] is False


def test_what_several_projects_download_is_read_again(caller: MakeCaller) -> None:
    ada = caller()
    shared = [shared_project(ada, name) for name in ("Night Drive", "Dusk")]
    answer = ada.post("/api/projects/settings", json={"ids": [each.id for each in shared]}).get_json()["items"]
    documents = [{"name": each["name"], "settings": each["settings"]} for each in answer]
    again = imported(ada, *documents)
    assert [each["name"] for each in again] == [each["name"] for each in documents]
    assert [settings_of(ada, each["id"]) for each in again] == [each["settings"] for each in documents]


@pytest.mark.parametrize("name", ["art/cover.png", "0" * 26])
def test_pictures_that_a_customer_does_not_have_are_left_out(caller: MakeCaller, name: str) -> None:
    ada, bob = caller(), caller()
    settings = {
        "look": "halo",
        "cover": {"source": "file", "file": pictured(bob)},
        "background": {"type": "image", "image": name},
    }
    [project] = imported(ada, {"settings": settings})
    assert project["lacks_pictures"] is True
    assert settings_of(ada, project["id"]) == {"look": "halo"}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"look": "halo", "output": {"width": 7, "height": 8}}, "output.width"),
        ({"look": "halo", "params": {"radius": "wide"}}, "radius"),
        ({"look": "halo", "colour": "red"}, "colour"),
        ({"look": "neon"}, "neon"),
    ],
)
def test_a_refusal_names_the_field_and_the_document_and_makes_nothing(
    caller: MakeCaller, settings: dict[str, Any], named: str
) -> None:
    ada = caller()
    answer = ada.post("/api/projects/import", json={"items": [{"settings": HALO}, {"settings": settings}]})
    error = answer.get_json()["error"]
    assert answer.status_code == 422
    assert named in error["message"]
    assert error["details"]["item"] == 1
    assert ada.get("/api/projects").get_json()["total"] == 0


@pytest.mark.parametrize("items", [[], [{"settings": HALO}] * 201, [{"settings": []}], [{"settings": HALO, "id": "1"}]])
def test_a_body_out_of_bounds_is_refused(caller: MakeCaller, items: list[dict[str, Any]]) -> None:
    assert caller().post("/api/projects/import", json={"items": items}).status_code == 422


def test_nobody_imports_more_than_the_most_projects(caller: MakeCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "MOST_PROJECTS", 2)
    ada = caller()
    imported(ada, {"settings": HALO})
    answer = ada.post("/api/projects/import", json={"items": [{"settings": HALO}] * 2})
    assert answer.status_code == 409
    assert ada.get("/api/projects").get_json()["total"] == 1


def test_new_settings_are_a_version_of_their_own_and_the_old_ones_come_back(caller: MakeCaller) -> None:
    shared = shared_project(caller(), look="prism")
    ada = shared.owner
    before = settings_of(ada, shared.id)
    assert ada.patch(shared.path, json={"version": 1, "thumbnail_id": pictured(ada)}).status_code == 200
    project = replaced(ada, shared, HALO)
    # The picture was of another look.
    assert project["thumbnail_url"] is None
    assert (project["version"], project["look"], project["name"]) == (2, "halo", "Night Drive")
    assert project["settings"] == HALO
    assert project["song"]["upload_id"] == shared.song
    latest, previous = ada.get(f"{shared.path}/versions").get_json()["items"]
    assert (latest["number"], previous["number"]) == (2, 1)
    restored = ada.post(f"{shared.path}/versions/{previous['id']}/restore", json={"version": 2})
    assert restored.get_json()["settings"] == before


@pytest.mark.parametrize("settings", [{"cover": 3}, {"look": "neon"}, {"background": {"type": "image", "image": 5}}])
def test_settings_that_are_not_valid_replace_nothing(caller: MakeCaller, settings: dict[str, Any]) -> None:
    shared = shared_project(caller())
    answer = shared.owner.put(f"{shared.path}/settings", json={"version": 1, "settings": settings})
    assert answer.status_code == 422
    assert shared.owner.get(shared.path).get_json()["version"] == 1


def test_an_older_version_is_not_replaced(caller: MakeCaller) -> None:
    shared = shared_project(caller())
    replaced(shared.owner, shared, HALO)
    answer = shared.owner.put(f"{shared.path}/settings", json={"version": 1, "settings": {}})
    assert answer.status_code == 409
    assert settings_of(shared.owner, shared.id) == HALO


def test_an_editor_uses_the_pictures_of_the_project_and_no_others(caller: MakeCaller) -> None:
    shared, bob = shared_project(caller()), caller()
    shared.invite(bob.email)
    with_cover = {"look": "halo", "cover": {"source": "file", "file": shared.cover}}
    assert replaced(bob, shared, with_cover)["settings"] == with_cover
    other = {"look": "halo", "cover": {"source": "file", "file": pictured(shared.owner)}}
    project = replaced(bob, shared, other, version=2)
    assert (project["settings"], project["lacks_pictures"]) == ({"look": "halo"}, True)
