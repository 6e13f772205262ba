"""Projects: kept with their songs, found, changed in turns, copied, deleted and brought back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import event, func, select
from tests.functional.caller import Caller
from tests.functional.media.files import png, send, uploaded, wav, wav_with_tags

from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.media.models import Upload
from oriel.media.sweep import delete_expired
from oriel.projects import projects
from oriel.projects.models import Project, ProjectUpload

MakeCaller = Callable[..., Caller]
NOBODY = "0" * 26


def made(owner: Caller, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = owner.post("/api/projects", json=body)
    assert answer.status_code == 201, answer.json
    return dict(answer.get_json())


def listed(owner: Caller, query: str = "") -> list[str]:
    answer = owner.get(f"/api/projects?{query}")
    assert answer.status_code == 200, answer.json
    return [each["name"] for each in answer.get_json()["items"]]


def pictured(owner: Caller) -> str:
    return str(send(owner, png(), "cover.png", field="picture").get_json()["id"])


def expiry(app: APIFlask, upload_id: str) -> Any:  # noqa: ANN401
    with app.app_context():
        return db.session.get_one(Upload, upload_id).expires_at


def test_a_project_is_called_as_its_song_and_answers_all_of_it(caller: MakeCaller) -> None:
    ada = caller()
    song = send(ada, wav_with_tags("Night Drive", "Ada"), "drive.wav").get_json()["id"]
    settings = {"look": "halo", "preset": "bloom", "params": {"radius": 0.5}}
    project = made(ada, upload_id=song, settings=settings)
    assert (project["name"], project["look"], project["version"]) == ("Night Drive", "halo", 1)
    assert project["settings"] == settings
    assert project["song"]["artist"] == "Ada"
    assert project["song"]["is_there"] is True
    assert ada.get(f"/api/projects/{project['id']}").get_json() == project


@pytest.mark.parametrize(
    ("given", "name"),
    [("  My \n cut ", "My cut"), ("", "Untitled"), ("x" * 200, "x" * 120), ("שלום 👩‍🚀", "שלום 👩‍🚀")],
)
def test_a_name_is_one_line_of_120_characters(caller: MakeCaller, given: str, name: str) -> None:
    assert made(caller(), name=given)["name"] == name


def test_a_song_is_kept_while_a_project_uses_it(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    first, second, cover = uploaded(ada), uploaded(ada, wav(2)), pictured(ada)
    project = made(ada, upload_id=first, settings={"cover": {"source": "file", "file": cover}})
    assert expiry(app, first) is None
    assert expiry(app, cover) is None
    assert ada.delete(f"/api/uploads/{first}").status_code == 409
    changed = ada.patch(f"/api/projects/{project['id']}", json={"version": 1, "upload_id": second, "settings": {}})
    assert changed.get_json()["song"]["upload_id"] == second
    assert expiry(app, second) is None
    clock.shift(timedelta(hours=25))
    with app.app_context():
        assert delete_expired(10) == 2
    assert (expiry(app, first), expiry(app, cover)) != (None, None)


def test_a_song_of_two_projects_stays_with_the_second(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    song = uploaded(ada)
    first, second = made(ada, upload_id=song), made(ada, upload_id=song)
    ada.delete(f"/api/projects/{first['id']}")
    assert expiry(app, song) is None
    ada.delete(f"/api/projects/{second['id']}")
    assert expiry(app, song) is not None


def test_the_same_id_makes_one_project(caller: MakeCaller) -> None:
    ada, wanted = caller(), "0123456789abcdefghijklmnop"
    first = made(ada, id=wanted, name="One")
    assert made(ada, id=wanted, name="One") == first
    assert listed(ada) == ["One"]
    assert caller().post("/api/projects", json={"id": wanted}).status_code == 409
    assert ada.post("/api/projects", json={"id": "../etc"}).status_code == 422
    ada.delete(f"/api/projects/{wanted}")
    assert ada.post("/api/projects", json={"id": wanted}).status_code == 409


def test_a_project_that_is_brought_back_in_time_is_not_forgotten(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    project = made(ada, name="Mine")
    ada.delete(f"/api/projects/{project['id']}")
    clock.shift(timedelta(days=31))
    with app.app_context():
        assert projects.bring_back(ada.user_id, [project["id"]]) == []
        assert projects.forget_deleted(10) == 1


def test_bringing_a_project_back_keeps_no_upload_that_its_owner_has_deleted(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    song = uploaded(ada)
    project = made(ada, upload_id=song)
    ada.delete(f"/api/projects/{project['id']}")
    assert ada.delete(f"/api/uploads/{song}").status_code == 204
    ada.post("/api/projects/restore", json={"ids": [project["id"]]})
    assert expiry(app, song) is not None


def test_a_deleted_project_comes_back_with_its_song_for_30_days(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    song = uploaded(ada)
    project = made(ada, upload_id=song, name="Mine")
    assert ada.delete(f"/api/projects/{project['id']}").status_code == 204
    assert listed(ada) == []
    assert listed(ada, "deleted=true") == ["Mine"]
    [shown] = (ada.get("/api/projects?deleted=true").json or {})["items"]
    kept_for = datetime.fromisoformat(shown["restorable_until"]) - datetime.fromisoformat(shown["deleted_at"])
    assert kept_for == timedelta(days=30)
    assert ada.get(f"/api/projects/{project['id']}").status_code == 404
    clock.shift(timedelta(days=29))
    ada.refresh()
    with app.app_context():
        assert projects.forget_deleted(10) == 0
        assert delete_expired(10) == 0
    assert ada.post("/api/projects/restore", json={"ids": [project["id"]]}).get_json() == {"ids": [project["id"]]}
    assert listed(ada) == ["Mine"]
    assert ada.get(f"/api/projects/{project['id']}").get_json()["restorable_until"] is None
    assert expiry(app, song) is None


def test_the_project_that_was_deleted_last_comes_first(caller: MakeCaller) -> None:
    ada = caller()
    ids = {name: made(ada, name=name)["id"] for name in ("One", "Two", "Three")}
    for name in ("Two", "Three", "One"):
        ada.delete(f"/api/projects/{ids[name]}")
        clock.shift(timedelta(seconds=1))
    assert listed(ada, "deleted=true&sort=deleted") == ["One", "Three", "Two"]


def test_after_30_days_a_deleted_project_and_its_song_are_gone(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    song = uploaded(ada)
    project = made(ada, upload_id=song)
    kept = made(ada, name="Kept")
    ada.delete(f"/api/projects/{project['id']}")
    clock.shift(timedelta(days=30, hours=2))
    with app.app_context():
        assert projects.forget_deleted(10) == 1
        assert delete_expired(10) == 1
        assert db.session.scalars(select(Project.id)).all() == [kept["id"]]
        assert db.session.scalar(select(func.count()).select_from(ProjectUpload)) == 0
        assert projects.bring_back(ada.user_id, [project["id"]]) == []


def test_an_older_version_changes_nothing(caller: MakeCaller) -> None:
    ada = caller()
    project = made(ada, name="One")
    path = f"/api/projects/{project['id']}"
    assert ada.patch(path, json={"version": 1, "name": "Two"}).get_json()["version"] == 2
    late = ada.patch(path, json={"version": 1, "name": "Three"})
    assert late.status_code == 409
    assert late.get_json()["error"]["details"] == {"version": 2, "yours": 1, "by": ""}
    assert ada.get(path).get_json()["name"] == "Two"


def test_a_change_leaves_what_it_does_not_name(caller: MakeCaller) -> None:
    ada = caller()
    project = made(ada, name="One", upload_id=uploaded(ada), thumbnail_id=pictured(ada), settings={"look": "halo"})
    changed = ada.patch(f"/api/projects/{project['id']}", json={"version": 1, "name": "Two"}).get_json()
    same = ("settings", "song", "look", "thumbnail_url", "created_at")
    assert {key: changed[key] for key in same} == {key: project[key] for key in same}


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("NIGHT", ["Night Drive"]),
        ("drive night", ["Night Drive"]),
        ("halo", ["Straße"]),
        ("STRASSE", ["Straße"]),
        ("ada", ["Night Drive"]),
        ("100%", ["100% Water"]),
        ("_", []),
        ("night straße", []),
        ("", ["100% Water", "Straße", "Night Drive"]),
    ],
)
def test_a_search_finds_every_word_in_name_song_artist_or_look(
    caller: MakeCaller, search: str, names: list[str]
) -> None:
    ada = caller()
    made(ada, upload_id=send(ada, wav_with_tags("Night Drive", "Ada L.")).get_json()["id"])
    made(ada, name="Straße", settings={"look": "halo"})
    made(ada, name="100% Water", settings={"look": "horizon"})
    made(caller(), name="Night of somebody else")
    answer = ada.get("/api/projects", query_string={"search": search})
    assert [each["name"] for each in answer.get_json()["items"]] == names


def test_projects_are_sorted_and_chosen_by_look(caller: MakeCaller) -> None:
    ada = caller()
    ids = {}
    for name, look in (("b", "halo"), ("A", "prism"), ("c", "halo")):
        clock.shift(timedelta(seconds=1))
        ids[name] = made(ada, name=name, settings={"look": look})["id"]
    clock.shift(timedelta(seconds=1))
    ada.patch(f"/api/projects/{ids['b']}", json={"version": 1, "name": "b"})
    clock.shift(timedelta(seconds=1))
    assert ada.post(f"/api/projects/{ids['A']}/opened").status_code == 204
    assert listed(ada) == ["b", "c", "A"]
    assert listed(ada, "sort=created") == ["c", "A", "b"]
    assert listed(ada, "sort=opened") == ["A", "c", "b"]
    assert listed(ada, "sort=name") == ["A", "b", "c"]
    assert listed(ada, "look=halo") == ["b", "c"]
    assert listed(ada, "per_page=1&page=2") == ["c"]


def test_several_are_copied_deleted_and_read_at_once(app: APIFlask, caller: MakeCaller) -> None:
    ada, bob = caller(), caller()
    song = uploaded(ada)
    ids = [made(ada, name=name, upload_id=song, settings={"look": "halo"})["id"] for name in ("One", "Two")]
    others = made(bob, name="Bob's")["id"]
    copies = ada.post("/api/projects/duplicate", json={"ids": [*ids, others, NOBODY]})
    assert copies.status_code == 201
    assert [each["name"] for each in copies.get_json()["items"]] == ["One (copy)", "Two (copy)"]
    read = ada.post("/api/projects/settings", json={"ids": [*ids, others]}).get_json()["items"]
    assert [(each["name"], each["settings"]) for each in read] == [("One", {"look": "halo"}), ("Two", {"look": "halo"})]
    assert ada.post("/api/projects/delete", json={"ids": [*ids, others]}).get_json() == {"ids": ids}
    assert listed(bob) == ["Bob's"]
    assert sorted(listed(ada)) == ["One (copy)", "Two (copy)"]
    assert sorted(listed(ada, "search=copy")) == ["One (copy)", "Two (copy)"]
    # The copies keep the song.
    assert expiry(app, song) is None


def test_each_copy_has_a_name_of_its_own(caller: MakeCaller) -> None:
    ada, bob = caller(), caller()
    first = made(ada, name="One")["id"]
    copies = [ada.post("/api/projects/duplicate", json={"ids": [first]}).get_json()["items"][0] for _ in range(2)]
    assert [each["name"] for each in copies] == ["One (copy)", "One (copy 2)"]
    # A copy of a copy, and what the studio keeps beside a newer version.
    again = ada.post("/api/projects/duplicate", json={"ids": [copies[0]["id"]]}).get_json()["items"]
    assert [each["name"] for each in again] == ["One (copy 3)"]
    assert made(ada, name="One (copy)", is_copy=True)["name"] == "One (copy 4)"
    # One that is deleted may come back; those of others do not matter.
    ada.post("/api/projects/delete", json={"ids": [copies[1]["id"]]})
    assert made(ada, name="One", is_copy=True)["name"] == "One (copy 5)"
    assert made(bob, name="One", is_copy=True)["name"] == "One (copy)"
    assert made(bob, name="50%_", is_copy=True)["name"] == "50%_ (copy)"


def test_a_long_name_of_a_copy_keeps_its_number(caller: MakeCaller) -> None:
    ada = caller()
    names = [made(ada, name="N" * 120, is_copy=True)["name"] for _ in range(2)]
    assert names == [f"{'N' * 113} (copy)", f"{'N' * 111} (copy 2)"]


def test_a_project_takes_only_ones_own_uploads_of_the_right_kind(caller: MakeCaller) -> None:
    ada, bob = caller(), caller()
    theirs, song, cover = uploaded(bob), uploaded(ada), pictured(ada)
    for body in (
        {"upload_id": theirs},
        {"upload_id": cover},
        {"thumbnail_id": song},
        {"settings": {"cover": {"source": "file", "file": theirs}}},
        {"settings": {"background": {"type": "image", "image": song}}},
    ):
        assert ada.post("/api/projects", json=body).status_code == 404, body
    assert listed(ada) == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"look": "nothing"}, "UNKNOWN_LOOK"),
        ({"look": "halo", "params": {"radius": 7}}, "INVALID_PARAMETER"),
        ({"colour": 1}, "UNKNOWN_SETTING"),
        ({"version": 99}, "INVALID_SETTINGS"),
    ],
)
def test_settings_that_cannot_be_rendered_are_refused_as_at_a_submit(
    caller: MakeCaller, settings: dict[str, Any], code: str
) -> None:
    answer = caller().post("/api/projects", json={"settings": settings})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, code)


def test_a_render_of_a_project_takes_its_song_and_settings(caller: MakeCaller) -> None:
    ada = caller()
    song = uploaded(ada)
    project = made(ada, upload_id=song, settings={"look": "halo", "params": {"radius": 0.5}})
    job = ada.post("/api/render/submit", json={"project_id": project["id"]}).get_json()
    assert (job["project_id"], job["upload_id"], job["look"]) == (project["id"], song, "halo")
    assert job["settings"]["params"]["radius"] == 0.5
    other = ada.post("/api/render/submit", json={"project_id": project["id"], "settings": {"look": "prism"}}).get_json()
    assert (other["project_id"], other["look"]) == (project["id"], "prism")
    # The render keeps what it was made with.
    ada.patch(f"/api/projects/{project['id']}", json={"version": 1, "settings": {"look": "horizon"}})
    assert ada.get(f"/api/render/status/{job['id']}").get_json()["look"] == "halo"


def test_a_render_of_an_upload_is_listed_under_the_project_beside_it(caller: MakeCaller) -> None:
    ada = caller()
    project = made(ada, name="Without a song")
    body = {"upload_id": uploaded(ada), "settings": {"look": "prism"}, "project_id": project["id"]}
    job = ada.post("/api/render/submit", json=body).get_json()
    assert (job["project_id"], job["look"]) == (project["id"], "prism")
    listed = ada.get(f"/api/renders?project_id={project['id']}").get_json()["items"]
    assert [each["id"] for each in listed] == [job["id"]]


def test_a_submit_names_a_song_and_a_project_that_one_may_change(caller: MakeCaller) -> None:
    ada = caller()
    project = made(ada, name="Without a song")
    for body, status in (
        ({}, 422),
        ({"upload_id": uploaded(ada), "project_id": NOBODY}, 404),
        ({"upload_id": uploaded(ada), "project_id": made(caller(), name="Another's")["id"]}, 404),
        ({"project_id": project["id"]}, 404),
        ({"project_id": NOBODY}, 404),
        ({"project_id": made(caller(), name="Another's")["id"]}, 404),
    ):
        assert ada.post("/api/render/submit", json=body).status_code == status, body


def test_a_thumbnail_opens_without_a_token_for_some_hours(app: APIFlask, caller: MakeCaller) -> None:
    ada, picture = caller(), png(16, 9)
    upload = send(ada, picture, "frame.png", field="picture").get_json()["id"]
    url = made(ada, name="Mine", thumbnail_id=upload)["thumbnail_url"]
    visitor = app.test_client()
    answer = visitor.get(url)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", picture)
    assert "private" in answer.headers["Cache-Control"]
    assert visitor.get(url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert visitor.get(url[:-1] + ("a" if url[-1] != "a" else "b")).status_code == 404
    assert visitor.get("/api/projects/thumbnail/short").status_code == 404
    clock.shift(timedelta(hours=13))
    assert visitor.get(url).status_code == 410


def test_what_its_owner_deletes_is_no_part_of_a_project_any_more(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    project = made(ada, upload_id=uploaded(ada), name="Mine")
    with app.app_context(), writing() as session:
        session.delete(session.get_one(Upload, project["song"]["upload_id"]))
    found = ada.get(f"/api/projects/{project['id']}").get_json()
    assert found["song"] is None
    assert ada.patch(f"/api/projects/{project['id']}", json={"version": 1, "name": "Still"}).status_code == 200


def test_a_list_takes_four_queries_however_long(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    song = uploaded(ada)
    for number in range(20):
        made(ada, name=f"Song {number}", upload_id=song)
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note := lambda *args: asked.append(args[2]))
    try:
        assert len(listed(ada, "per_page=30&search=song")) == 20
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len([each for each in asked if each.lstrip().upper().startswith("SELECT")]) <= 4, asked


def test_nobody_has_more_than_the_most_projects(caller: MakeCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "MOST_PROJECTS", 2)
    ada = caller()
    ids = [made(ada, name=name)["id"] for name in ("One", "Two")]
    assert ada.post("/api/projects", json={}).status_code == 409
    assert ada.post("/api/projects/duplicate", json={"ids": ids}).status_code == 409
    ada.delete(f"/api/projects/{ids[0]}")
    assert ada.post("/api/projects", json={}).status_code == 201
    assert ada.post("/api/projects/restore", json={"ids": ids}).status_code == 409
