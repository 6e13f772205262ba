"""A project is shared: by a link, with people, and as a copy."""

from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import event
from tests.functional.accounts.person import Mailbox, Person
from tests.functional.caller import Caller
from tests.functional.media.files import png, uploaded, wav
from tests.functional.projects.cast import (
    MakeCaller,
    Shared,
    a_picture,
    gets,
    link_in,
    mails_to,
    name_user,
    pictured,
    shared_project,
)

from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.media.models import Upload
from oriel.media.sweep import delete_expired
from oriel.media.uploads import bytes_kept
from oriel.projects import people

STRANGERS_ADDRESS = "nobody.yet@example.com"


@pytest.fixture
def shared(caller: MakeCaller) -> Shared:
    return shared_project(caller())


def shared_with(user: Caller) -> list[str]:
    return [each["name"] for each in user.get("/api/projects?shared=true").get_json()["items"]]


# --- links


def test_a_link_shows_the_look_and_whose_it_is(app: APIFlask, client: FlaskClient, shared: Shared) -> None:
    name_user(app, shared.owner, "Ada")
    seen = client.get(f"/api/shared/{shared.share()}").get_json()
    assert (seen["name"], seen["owner_name"], seen["look"]) == ("Night Drive", "Ada", "halo")
    assert (seen["song"], seen["can_copy"]) == (None, False)
    assert seen["settings"]["cover"]["file"] == shared.cover
    assert shared.owner.email not in str(seen)


def test_the_owner_can_copy_the_same_link_again(shared: Shared) -> None:
    token = shared.share()
    again = shared.owner.get(f"{shared.path}/sharing").get_json()
    assert again["link"].endswith(f"/s/{token}")
    assert shared.share(copies=True) == token


def test_a_revoked_link_stays_dead(client: FlaskClient, shared: Shared) -> None:
    old = shared.share()
    shared.owner.patch(f"{shared.path}/sharing", json={"link": False})
    assert shared.owner.get(f"{shared.path}/sharing").get_json()["link"] is None
    assert client.get(f"/api/shared/{old}").status_code == 404
    new = shared.share()
    assert client.get(f"/api/shared/{new}").status_code == 200
    refused = client.get(f"/api/shared/{old}")
    assert refused.status_code == 404
    assert refused.get_json()["error"]["message"].startswith("This link no longer works.")


def test_a_forged_link_opens_nothing(client: FlaskClient, shared: Shared) -> None:
    token = shared.share()
    for forged in (token[:-1], f"{token[:-2]}xx", f"{'0' * 26}{token[26:]}", "x" * 48):
        assert client.get(f"/api/shared/{forged}").status_code == 404


def test_a_copy_belongs_to_the_visitor_with_uploads_of_its_own(
    app: APIFlask, caller: MakeCaller, shared: Shared
) -> None:
    bob, token = caller(), shared.share(copies=True)
    copy = bob.post(f"/api/shared/{token}/copy").get_json()
    assert (copy["name"], copy["role"], copy["song"]) == ("Night Drive", "owner", None)
    cover = copy["settings"]["cover"]["file"]
    assert cover != shared.cover
    assert gets(bob, f"/api/uploads/{cover}/content") == png()
    assert bob.get(f"/api/uploads/{shared.cover}").status_code == 404
    # Nobody can tell two of the same name apart.
    assert bob.post(f"/api/shared/{token}/copy").get_json()["name"] == "Night Drive (copy)"
    # It stays, whatever becomes of the original.
    shared.owner.delete(shared.path)
    clock.shift(timedelta(days=20))
    bob.refresh()
    with app.app_context():
        delete_expired(50)
        assert db.session.get_one(Upload, cover).purged_at is None
    assert bob.get(f"/api/projects/{copy['id']}").status_code == 200


def test_a_copy_takes_the_song_only_where_it_may_be_heard(app: APIFlask, caller: MakeCaller, shared: Shared) -> None:
    bob, token = caller(), shared.share(copies=True, song=True)
    copy = bob.post(f"/api/shared/{token}/copy").get_json()
    assert copy["song"]["upload_id"] != shared.song
    assert gets(bob, f"/api/uploads/{copy['song']['upload_id']}/content") == wav()
    with app.app_context():
        assert bytes_kept(db.session, bob.user_id) == bytes_kept(db.session, shared.owner.user_id)


def test_a_copy_leaves_out_a_picture_that_is_gone(app: APIFlask, caller: MakeCaller, shared: Shared) -> None:
    with app.app_context(), writing() as session:
        session.delete(session.get_one(Upload, shared.cover))
    copy = caller().post(f"/api/shared/{shared.share(copies=True)}/copy")
    assert copy.status_code == 201, copy.json
    assert copy.get_json()["settings"] == {"look": "halo"}


def test_a_copy_wants_a_confirmed_address_and_room(
    caller: MakeCaller, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = shared.share(copies=True)
    refused = caller(confirmed=False).post(f"/api/shared/{token}/copy")
    assert refused.get_json()["error"]["code"] == "EMAIL_NOT_VERIFIED"
    monkeypatch.setattr("oriel.projects.projects.MOST_PROJECTS", 0)
    assert caller().post(f"/api/shared/{token}/copy").status_code == 409


def test_the_owner_copies_their_own_with_the_same_uploads(shared: Shared) -> None:
    paths = (f"{shared.path}/copy", f"/api/shared/{shared.share(copies=True)}/copy")
    for path, name in zip(paths, ("Night Drive (copy)", "Night Drive (copy 2)"), strict=True):
        copy = shared.owner.post(path).get_json()
        assert (copy["name"], copy["song"]["upload_id"]) == (name, shared.song)


# --- people


def test_an_owner_without_a_name_is_called_by_the_address_that_the_invitation_names(
    caller: MakeCaller, shared: Shared
) -> None:
    bob = caller()
    shared.invite(bob.email)
    shared.owner.patch(shared.path, json={"version": 1, "name": "Mine"})
    late = bob.patch(shared.path, json={"version": 1, "name": "Second cut"})
    assert late.get_json()["error"]["details"]["by"] == shared.owner.email


def test_an_editor_changes_the_same_project(app: APIFlask, caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    name_user(app, shared.owner, "Ada")
    shared.invite(bob.email)
    [seen] = bob.get("/api/projects?shared=true").get_json()["items"]
    assert (seen["name"], seen["role"], seen["owner_name"]) == ("Night Drive", "editor", "Ada")
    changed = bob.patch(shared.path, json={"version": 1, "name": "Second cut"}).get_json()
    assert (changed["version"], changed["role"]) == (2, "editor")
    assert shared.owner.get(shared.path).get_json()["name"] == "Second cut"
    late = shared.owner.patch(shared.path, json={"version": 1, "name": "Mine"})
    assert late.status_code == 409
    assert late.get_json()["error"]["details"] == {"version": 2, "yours": 1, "by": bob.email}
    # Their own list stays their own.
    assert bob.get("/api/projects").get_json()["items"] == []


def test_a_viewer_changes_nothing(caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    shared.invite(bob.email, "viewer")
    seen = bob.get(shared.path).get_json()
    assert (seen["role"], seen["plays_song"]) == ("viewer", False)
    refused = bob.patch(shared.path, json={"version": 1, "name": "Mine"})
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "NOT_ALLOWED")


def test_editors_list_their_own_renders_under_the_project_and_viewers_do_not(
    caller: MakeCaller, shared: Shared
) -> None:
    editor, viewer = caller(), caller()
    shared.invite(editor.email)
    shared.invite(viewer.email, "viewer")
    for person, status in ((editor, 202), (viewer, 403)):
        body = {"upload_id": uploaded(person), "project_id": shared.id}
        assert person.post("/api/render/submit", json=body).status_code == status


def test_an_invitation_is_a_mail_that_says_nothing_about_accounts(
    app: APIFlask, caller: MakeCaller, shared: Shared
) -> None:
    name_user(app, shared.owner, "Ada")
    known = caller()
    answers = [shared.invite(email, "viewer") for email in (known.email, STRANGERS_ADDRESS)]
    same = ("name", "role", "accepted_at")
    assert [answers[0][key] for key in same] == [answers[1][key] for key in same]
    letters = [mails_to(app, email)[0] for email in (known.email, STRANGERS_ADDRESS)]
    assert letters[0].text == letters[1].text
    assert letters[0].subject == "Ada shared “Night Drive” with you"
    assert link_in(letters[0]) == f"/shared/{shared.id}"
    listed = shared.owner.get(f"{shared.path}/sharing").get_json()["people"]
    assert [(each["email"], each["accepted_at"]) for each in listed] == [(known.email, None), (STRANGERS_ADDRESS, None)]


def test_opening_a_project_accepts_the_invitation(app: APIFlask, caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    name_user(app, bob, "Bob")
    shared.invite(bob.email)
    assert bob.post(f"{shared.path}/opened").status_code == 204
    [person] = shared.owner.get(f"{shared.path}/sharing").get_json()["people"]
    assert (person["name"], person["accepted_at"] is None) == ("Bob", False)


def test_an_address_without_an_account_gets_the_project_once_it_is_confirmed(
    app: APIFlask, client: FlaskClient, shared: Shared
) -> None:
    shared.invite("new.friend@example.com")
    friend = Person(client, "New.Friend@example.com")
    assert friend.register().status_code == 201
    friend.log_in()
    assert friend.call("GET", shared.path).status_code == 404
    page = client.post("/verify-email", data={"token": Mailbox(app).token("confirmation")}, follow_redirects=True)
    assert f'href="/shared/{shared.path.rpartition("/")[2]}"' in page.text
    assert friend.call("GET", shared.path).status_code == 200
    [person] = shared.owner.get(f"{shared.path}/sharing").get_json()["people"]
    assert person["accepted_at"]


def test_a_confirmation_does_not_lead_to_a_project_that_was_deleted(
    app: APIFlask, client: FlaskClient, shared: Shared
) -> None:
    shared.invite("new.friend@example.com")
    Person(client, "new.friend@example.com").register()
    assert shared.owner.delete(shared.path).status_code == 204
    page = client.post("/verify-email", data={"token": Mailbox(app).token("confirmation")}, follow_redirects=True)
    assert "Your email address is confirmed" in page.text
    assert "/shared/" not in page.text


def test_a_button_that_is_pressed_twice_leads_to_the_same_project(
    app: APIFlask, client: FlaskClient, shared: Shared
) -> None:
    shared.invite("new.friend@example.com")
    Person(client, "new.friend@example.com").register()
    token = Mailbox(app).token("confirmation")
    pages = [client.post("/verify-email", data={"token": token}, follow_redirects=True).text for _ in range(2)]
    assert all("Open the shared project" in page for page in pages)


def test_an_unconfirmed_account_with_the_address_sees_nothing(caller: MakeCaller, shared: Shared) -> None:
    bob = caller(confirmed=False)
    shared.invite(bob.email)
    assert bob.get(shared.path).status_code == 404
    assert shared_with(bob) == []


def test_a_role_is_changed_and_access_ends(caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    person = f"{shared.path}/people/{shared.invite(bob.email)['id']}"
    assert shared.owner.patch(person, json={"role": "viewer"}).get_json()["role"] == "viewer"
    assert bob.patch(shared.path, json={"version": 1, "name": "Mine"}).status_code == 403
    assert shared.owner.delete(person).status_code == 204
    assert bob.get(shared.path).status_code == 404
    assert shared_with(bob) == []
    assert shared.owner.delete(person).status_code == 404
    assert shared.owner.patch(person, json={"role": "editor"}).status_code == 404


def test_somebody_leaves_and_the_owner_cannot(caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    shared.invite(bob.email)
    bob.post(f"{shared.path}/opened")
    assert bob.post(f"{shared.path}/leave").status_code == 204
    assert shared_with(bob) == []
    assert shared.owner.get(f"{shared.path}/sharing").get_json()["people"] == []
    assert shared.owner.post(f"{shared.path}/leave").status_code == 409


@pytest.mark.parametrize(
    ("email", "status"),
    [("not an address", 422), ("x" * 300, 422), ("taken", 409), ("own", 409)],
)
def test_some_addresses_are_not_invited(caller: MakeCaller, shared: Shared, email: str, status: int) -> None:
    taken = caller().email
    shared.invite(taken)
    address = {"taken": taken.upper(), "own": shared.owner.email}.get(email, email)
    answer = shared.owner.post(f"{shared.path}/people", json={"email": address, "role": "viewer"})
    assert answer.status_code == status, answer.json


def test_a_list_of_people_ends(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_PEOPLE", 1)
    shared.invite("one@example.com")
    answer = shared.owner.post(f"{shared.path}/people", json={"email": "two@example.com", "role": "viewer"})
    assert answer.status_code == 409


def test_an_address_gets_five_invitations_an_hour(app: APIFlask, caller: MakeCaller) -> None:
    for _ in range(6):
        shared_project(caller()).invite(STRANGERS_ADDRESS)
    assert len(mails_to(app, STRANGERS_ADDRESS)) == 5
    clock.shift(timedelta(hours=2))
    shared_project(caller()).invite(STRANGERS_ADDRESS)
    assert len(mails_to(app, STRANGERS_ADDRESS)) == 6


def test_an_unconfirmed_customer_invites_nobody(caller: MakeCaller) -> None:
    ada = caller(confirmed=False)
    project = ada.post("/api/projects", json={"name": "Mine"}).get_json()["id"]
    answer = ada.post(f"/api/projects/{project}/people", json={"email": "one@example.com", "role": "viewer"})
    assert answer.get_json()["error"]["code"] == "EMAIL_NOT_VERIFIED"


# --- what an editor brings along


def add_picture(user: Caller, shared: Shared) -> str:
    answer = user.post(f"{shared.path}/pictures", **a_picture())
    assert answer.status_code == 201, answer.json
    return str(answer.get_json()["id"])


def test_an_editors_picture_counts_for_the_owner(app: APIFlask, caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    shared.invite(bob.email)
    picture = add_picture(bob, shared)
    settings = {"look": "halo", "cover": {"source": "file", "file": picture}}
    answer = bob.patch(shared.path, json={"version": 1, "settings": settings, "thumbnail_id": add_picture(bob, shared)})
    assert answer.status_code == 200, answer.json
    with app.app_context():
        upload = db.session.get_one(Upload, picture)
        assert (upload.user_id, upload.expires_at) == (shared.owner.user_id, None)
        assert bytes_kept(db.session, bob.user_id) == 0
    assert gets(bob, f"{shared.path}/files/{picture}") == png()


def test_a_picture_that_is_not_used_expires(app: APIFlask, caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    shared.invite(bob.email)
    picture = add_picture(bob, shared)
    clock.shift(timedelta(hours=25))
    with app.app_context():
        assert delete_expired(50) == 1
        assert db.session.get_one(Upload, picture).purged_at


def test_an_editor_changes_no_song_and_names_no_upload_of_elsewhere(caller: MakeCaller, shared: Shared) -> None:
    bob = caller()
    shared.invite(bob.email)
    own, others = pictured(bob), pictured(shared.owner)
    other_song = uploaded(shared.owner, wav(2))
    for body, status in (
        ({"upload_id": other_song}, 403),
        ({"upload_id": uploaded(bob)}, 403),
        ({"thumbnail_id": own}, 404),
        ({"settings": {"cover": {"source": "file", "file": others}}}, 404),
        ({"settings": {"background": {"type": "image", "image": own}}}, 404),
        ({"upload_id": shared.song, "thumbnail_id": shared.cover}, 200),
    ):
        assert bob.patch(shared.path, json={"version": 1, **body}).status_code == status, body


def test_a_picture_for_a_project_is_a_picture(caller: MakeCaller, shared: Shared) -> None:
    body = a_picture(field="audio", name="song.wav", data=wav())
    assert shared.owner.post(f"{shared.path}/pictures", **body).status_code == 422


# --- lists


def test_the_list_says_what_is_shared(caller: MakeCaller, shared: Shared) -> None:
    def is_shared() -> list[bool]:
        return [each["is_shared"] for each in shared.owner.get("/api/projects").get_json()["items"]]

    assert is_shared() == [False]
    person = shared.invite(caller().email)["id"]
    assert is_shared() == [True]
    shared.owner.delete(f"{shared.path}/people/{person}")
    shared.share()
    assert is_shared() == [True]


def test_shared_projects_are_searched_like_ones_own(caller: MakeCaller, shared: Shared) -> None:
    bob, other = caller(), shared_project(shared.owner, "Morning", look="prism")
    for project in (shared, other):
        project.invite(bob.email)
    assert shared_with(bob) == ["Morning", "Night Drive"]
    answer = bob.get("/api/projects?shared=true&search=night").get_json()
    assert [each["name"] for each in answer["items"]] == ["Night Drive"]


@pytest.mark.parametrize("query", ["per_page=30", "shared=true&per_page=30"])
def test_each_list_takes_four_queries(app: APIFlask, caller: MakeCaller, query: str) -> None:
    ada, bob = caller(), caller()
    for _ in range(5):
        shared_project(ada).invite(bob.email)
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note := lambda *args: asked.append(args[2]))
    try:
        reader = bob if "shared" in query else ada
        assert len(reader.get(f"/api/projects?{query}").get_json()["items"]) == 5
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len([each for each in asked if each.lstrip().upper().startswith("SELECT")]) <= 4, asked
