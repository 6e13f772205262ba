"""Who may do what with a project: each role at each route that the document has, so that none is forgotten."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.api.operations import Operation, operations
from tests.functional.caller import Caller
from tests.functional.projects.cast import MakeCaller, Shared, a_picture, shared_project
from werkzeug.test import TestResponse

from oriel.accounts.models import ROLE_ADMIN, User
from oriel.infra.clock import now
from oriel.infra.database import writing

OWNER, EDITOR, VIEWER, STRANGER, OPERATOR, ANONYMOUS = "owner", "editor", "viewer", "stranger", "operator", "anonymous"
ROLES = (OWNER, EDITOR, VIEWER, STRANGER, OPERATOR, ANONYMOUS)
LINK, COPY_LINK, DEAD_LINK = "link", "copy link", "dead link"
# Who has each right that a route declares; whoever knows the project otherwise is refused, all others do not see it.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "view": (OWNER, EDITOR, VIEWER, LINK, COPY_LINK),
    "copy": (OWNER, EDITOR, COPY_LINK),
    "edit": (OWNER, EDITOR),
    "own": (OWNER,),
}
KNOWN = (OWNER, EDITOR, VIEWER, LINK, COPY_LINK)
# What each route is asked with. A new route wants a line here where it takes a body.
BODIES: dict[str, Callable[[Shared], dict[str, Any]]] = {
    "PATCH /api/projects/{project_id}": lambda _: {"json": {"version": 1, "name": "Changed"}},
    "PATCH /api/projects/{project_id}/sharing": lambda _: {"json": {"link": True}},
    "POST /api/projects/{project_id}/people": lambda _: {"json": {"email": "new@example.com", "role": "viewer"}},
    "PATCH /api/projects/{project_id}/people/{person_id}": lambda _: {"json": {"role": "viewer"}},
    "POST /api/projects/{project_id}/versions/{version_id}/restore": lambda _: {"json": {"version": 1}},
    "PUT /api/projects/{project_id}/settings": lambda _: {"json": {"version": 1, "settings": {}}},
    "POST /api/projects/{project_id}/pictures": lambda _: a_picture(),
    **{f"POST /api/projects/{name}": lambda it: {"json": {"ids": [it.id]}} for name in ("delete", "duplicate")},
    "POST /api/projects/settings": lambda it: {"json": {"ids": [it.id]}},
    **{f"POST /api/projects/{name}": lambda it: {"json": {"ids": [it.id]}} for name in ("restore", "erase")},
}


@dataclass(frozen=True)
class Stage:
    """A project, an operation about it, and everybody who may try."""

    project: Shared
    person_id: str
    version_id: str
    callers: Mapping[str, Caller | None]

    def ask(self, operation: Operation, role: str, client: FlaskClient) -> TestResponse:
        ids = {"project_id": self.project.id, "upload_id": self.project.cover}
        path = operation.path.format(**ids, person_id=self.person_id, version_id=self.version_id)
        body = BODIES[str(operation)](self.project) if str(operation) in BODIES else {}
        caller = self.callers[role]
        if caller is None:
            return client.open(path, method=operation.method, **body)
        return caller._send(operation.method, path, **body)


def about_projects(app: APIFlask) -> Iterator[Operation]:
    for operation in operations(app):
        if operation.path.startswith(("/api/projects", "/api/shared")):
            yield operation


def right_of(operation: Operation) -> str:
    return str(operation.spec.get("x-project-right", "not declared"))


def outcome(answer: TestResponse) -> str:
    status = answer.status_code
    answer.close()
    return {401: "logged out", 403: "refused", 404: "unknown"}.get(status, "let in" if status < 300 else str(status))


def expected(right: str, role: str) -> str:
    if role == ANONYMOUS:
        return "logged out"
    if role not in KNOWN:
        return "unknown"
    return "let in" if role in ALLOWED[right] else "refused"


@pytest.fixture
def stage(app: APIFlask, caller: MakeCaller) -> Callable[[], Stage]:
    def build() -> Stage:
        owner, editor, viewer = caller(), caller(), caller()
        project = shared_project(owner)
        project.invite(viewer.email, "viewer")
        person = project.invite(editor.email)
        callers = {OWNER: owner, EDITOR: editor, VIEWER: viewer, STRANGER: caller(), OPERATOR: caller(role=ROLE_ADMIN)}
        [version] = owner.get(f"{project.path}/versions").get_json()["items"]
        return Stage(project, person["id"], version["id"], {**callers, ANONYMOUS: None})

    return build


def test_every_route_of_projects_declares_a_right(app: APIFlask) -> None:
    for operation in about_projects(app):
        one = "{project_id}" in operation.path or "{token}" in operation.path
        kinds = ("sealed",) if "thumbnail" in operation.path else tuple(ALLOWED) if one else ("self",)
        assert right_of(operation) in kinds, operation


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_let_in_exactly_where_its_rights_say_so(
    app: APIFlask, client: FlaskClient, stage: Callable[[], Stage], role: str
) -> None:
    found, right = {}, {}
    to_read = stage()
    for operation in about_projects(app):
        if "{project_id}" not in operation.path:
            continue
        # The owner cannot leave; a test of its own says so.
        if role == OWNER and operation.path.endswith("/leave"):
            continue
        it = to_read if operation.method == "GET" else stage()
        found[str(operation)] = outcome(it.ask(operation, role, client))
        right[str(operation)] = expected(right_of(operation), role)
    assert len(found) >= 15
    assert found == right


def test_what_takes_many_projects_touches_only_ones_own(
    app: APIFlask, client: FlaskClient, stage: Callable[[], Stage]
) -> None:
    for path in ("delete", "restore", "erase", "duplicate", "settings"):
        it = stage()
        for role in (EDITOR, VIEWER, STRANGER, OPERATOR):
            caller = it.callers[role]
            assert caller
            answer = caller.post(f"/api/projects/{path}", json={"ids": [it.project.id]}).get_json()
            assert answer.get("ids", answer.get("items")) == [], (path, role)
        assert it.project.owner.get(it.project.path).status_code == 200
        assert client.post(f"/api/projects/{path}", json={"ids": [it.project.id]}).status_code == 401


@pytest.mark.parametrize("kind", [LINK, COPY_LINK, DEAD_LINK])
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_a_link_opens_what_its_switches_allow(
    app: APIFlask, client: FlaskClient, caller: MakeCaller, kind: str, is_signed_in: bool
) -> None:
    project, visitor = shared_project(caller()), caller()
    token = project.share(copies=kind == COPY_LINK)
    if kind == DEAD_LINK:
        project.owner.patch(f"{project.path}/sharing", json={"link": False})
    for operation in about_projects(app):
        if "{token}" not in operation.path or "thumbnail" in operation.path:
            continue
        path = operation.path.format(token=token, upload_id=project.cover)
        send = visitor._send if is_signed_in else lambda method, path: client.open(path, method=method)
        needs_login = operation.access != "anyone" and not is_signed_in
        wanted = expected(right_of(operation), kind)
        assert outcome(send(operation.method, path)) == ("logged out" if needs_login else wanted), operation


@pytest.mark.parametrize(("role", "heard"), [(OWNER, True), (EDITOR, True), (VIEWER, False), (STRANGER, False)])
def test_the_song_is_for_those_who_may_hear_it(stage: Callable[[], Stage], role: str, heard: bool) -> None:
    it = stage()
    caller = it.callers[role]
    assert caller
    path = f"{it.project.path}/files/{it.project.song}"
    answer = caller.get(path)
    assert outcome(answer) == ("let in" if heard else "unknown" if role == STRANGER else "refused")
    it.project.owner.patch(f"{it.project.path}/sharing", json={"song": True})
    assert outcome(caller.get(path)) == ("unknown" if role == STRANGER else "let in")


def test_a_link_plays_the_song_only_when_the_owner_says_so(client: FlaskClient, caller: MakeCaller) -> None:
    project = shared_project(caller())
    token = project.share()
    path = f"/api/shared/{token}/files/{project.song}"
    assert outcome(client.get(path)) == "refused"
    assert client.get(f"/api/shared/{token}").get_json()["song"] is None
    project.share(song=True)
    assert client.get(f"/api/shared/{token}").get_json()["song"]["upload_id"] == project.song
    assert outcome(client.get(path)) == "let in"


def test_a_project_hands_out_no_other_file_of_its_owner(client: FlaskClient, caller: MakeCaller) -> None:
    project = shared_project(caller())
    other = shared_project(project.owner)
    token = project.share(song=True)
    for upload in (other.song, other.cover, "0" * 26):
        assert outcome(client.get(f"/api/shared/{token}/files/{upload}")) == "unknown"
        assert outcome(project.owner.get(f"{project.path}/files/{upload}")) == "unknown"


def test_nobody_sees_the_project_of_a_closed_account_or_a_deleted_one(
    app: APIFlask, client: FlaskClient, stage: Callable[[], Stage]
) -> None:
    it = stage()
    token, editor = it.project.share(), it.callers[EDITOR]
    assert editor
    it.project.owner.delete(it.project.path)
    assert outcome(editor.get(it.project.path)) == "unknown"
    assert outcome(client.get(f"/api/shared/{token}")) == "unknown"
    it.project.owner.post("/api/projects/restore", json={"ids": [it.project.id]})
    assert outcome(editor.get(it.project.path)) == "let in"
    close_account(app, it.project.owner)
    assert outcome(editor.get(it.project.path)) == "unknown"
    assert outcome(client.get(f"/api/shared/{token}")) == "unknown"
    assert editor.get("/api/projects?shared=true").get_json()["items"] == []


def close_account(app: APIFlask, user: Caller) -> None:
    with app.app_context(), writing() as session:
        session.get_one(User, user.user_id).disabled_at = now()
