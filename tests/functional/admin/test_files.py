"""Uploads, projects and storage in the panel."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from tests.functional.admin.staff import Operator, trail
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel.infra.database import db
from oriel.media.models import Upload
from oriel.projects.models import Project


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    """Somebody whom the panel shows."""
    return caller()


def made_project(customer: Caller, upload: str) -> str:
    body = {"name": "Night Drive", "upload_id": upload, "settings": {"look": "halo"}}
    answer = customer.post("/api/projects", json=body)
    assert answer.json
    return str(answer.json["id"])


@pytest.mark.parametrize("query", ["", "kind=song", "state=leaving", "search={email}", "search={id}", "search={user}"])
def test_an_upload_is_found(admin: Operator, customer: Caller, query: str) -> None:
    upload = uploaded(customer)
    asked = query.format(email=customer.email, id=upload, user=customer.user_id)
    page = admin.get(f"/admin/uploads/?{asked}").text
    assert f"/admin/uploads/{upload}" in page
    assert customer.email in page


def test_an_upload_that_nothing_needs_is_deleted(app: APIFlask, admin: Operator, customer: Caller) -> None:
    upload = uploaded(customer)
    assert admin.post(f"/admin/uploads/delete?key={upload}").headers["Location"] == f"/admin/uploads/{upload}"
    with app.app_context():
        assert db.session.get_one(Upload, upload).purged_at
    assert [(line.action, line.object_id) for line in trail(app)] == [("upload.delete", upload)]
    assert upload not in admin.get("/admin/uploads/?state=leaving").text
    assert upload in admin.get("/admin/uploads/?state=gone").text


def test_an_upload_that_a_project_needs_stays(app: APIFlask, admin: Operator, customer: Caller) -> None:
    upload = uploaded(customer)
    project = made_project(customer, upload)
    assert f"/admin/projects/{project}" in admin.get(f"/admin/uploads/{upload}").text
    admin.post(f"/admin/uploads/delete?key={upload}")
    assert "you cannot delete it yet" in admin.get(f"/admin/uploads/{upload}").text
    assert trail(app) == []


def test_support_deletes_nothing(support: Operator, customer: Caller) -> None:
    upload = uploaded(customer)
    assert "delete?key" not in support.get(f"/admin/uploads/{upload}").text
    assert support.post(f"/admin/uploads/delete?key={upload}").status_code == 403


@pytest.mark.parametrize("query", ["", "search=night", "search={email}", "search={id}"])
def test_a_project_is_found(admin: Operator, customer: Caller, query: str) -> None:
    project = made_project(customer, uploaded(customer))
    page = admin.get(f"/admin/projects/?{query.format(email=customer.email, id=project)}").text
    assert f"/admin/projects/{project}" in page


def test_a_public_link_is_taken_back(app: APIFlask, admin: Operator, customer: Caller) -> None:
    project = made_project(customer, uploaded(customer))
    assert customer.patch(f"/api/projects/{project}/sharing", json={"link": True}).status_code == 200
    assert project in admin.get("/admin/projects/?state=shared").text
    admin.post(f"/admin/projects/unshare?key={project}")
    with app.app_context():
        assert db.session.get_one(Project, project).link_id is None
    assert project not in admin.get("/admin/projects/?state=shared").text
    assert [line.action for line in trail(app)] == ["project.unshare"]


def test_a_deleted_project_is_brought_back(app: APIFlask, support: Operator, customer: Caller) -> None:
    project = made_project(customer, uploaded(customer))
    customer.delete(f"/api/projects/{project}")
    support.post(f"/admin/projects/restore?key={project}")
    with app.app_context():
        assert db.session.get_one(Project, project).deleted_at is None
    support.post(f"/admin/projects/restore?key={project}")
    assert "This project is not deleted." in support.get("/admin/projects/").text


def test_the_storage_shows_totals_and_who_has_most(support: Operator, customer: Caller) -> None:
    uploaded(customer)
    page = support.get("/admin/storage/").text
    assert customer.email in page
    assert "100.0%" in page


def test_the_overview_counts_what_waits(support: Operator) -> None:
    page = support.get("/admin/").text
    assert "nothing waits" in page
    assert "/admin/renders/?state=failed" in page
