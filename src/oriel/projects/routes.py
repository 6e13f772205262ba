"""Projects over HTTP."""

from apiflask import APIBlueprint
from flask import Response

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.models import User
from oriel.accounts.scopes import Scope
from oriel.billing.rates import writes
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.infra.openapi_extensions import picture_answers
from oriel.infra.paging import fetch_page
from oriel.media.models import PICTURE
from oriel.media.shown_pictures import show_picture
from oriel.projects import copies, projects
from oriel.projects.access import Right, Role, declares, needs, opened, role_of, shared_with
from oriel.projects.bodies import (
    Copies,
    Ids,
    IdsOut,
    NamedSettings,
    ProjectChange,
    ProjectIn,
    ProjectList,
    ProjectOut,
    ProjectQuery,
    ProjectSummary,
    SettingsOut,
)
from oriel.projects.models import Project
from oriel.projects.thumbnails import upload_behind

routes = APIBlueprint("projects", "projects", url_prefix="/api/projects", tag="projects")

_READS = f"{READS_A_MINUTE}/minute"


@routes.get("")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@declares("self")
@routes.input(ProjectQuery, location="query")
@routes.output(ProjectList)
@routes.doc(summary="List your projects")
def list_projects(query_data: ProjectQuery) -> ProjectList:
    """List the caller's projects, or those that others share with them."""
    user = current_user()
    everything = shared_with(user) if query_data.shared else projects.own_projects(user.id, deleted=query_data.deleted)
    query = projects.found(everything, search=query_data.search, look=query_data.look, sort=query_data.sort)
    return fetch_page(ProjectList, query, query_data, show=lambda each: _summary(each, user))


@routes.post("")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@declares("self")
@routes.input(ProjectIn)
@routes.output(ProjectOut, status_code=201)
@routes.doc(summary="Make a project", responses=[404, 409, 410])
def create_project(json_data: ProjectIn) -> ProjectOut:
    """Make a project of the caller's."""
    wanted = projects.Change(json_data.name, json_data.upload_id, json_data.thumbnail_id, json_data.settings)
    made = projects.create(current_user().id, wanted, project_id=json_data.id, is_copy=json_data.is_copy)
    return ProjectOut.of(made)


@routes.get("/<id:project_id>")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@needs(Right.VIEW)
@routes.output(ProjectOut)
@routes.doc(summary="Show a project")
def show_project() -> ProjectOut:
    """Answer a project."""
    return ProjectOut.of(opened().project, opened().role)


@routes.patch("/<id:project_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@needs(Right.EDIT)
@routes.input(ProjectChange)
@routes.output(ProjectOut)
@routes.doc(
    summary="Change a project",
    responses=[403, 409, 410],
    description="Send the version that you have. If somebody has changed the project since, the answer is 409 with"
    " the newer version in `details`, and nothing changes. A thumbnail alone makes no newer version.",
)
def change_project(json_data: ProjectChange) -> ProjectOut:
    """Change a project."""
    wanted = projects.Change(json_data.name, json_data.upload_id, json_data.thumbnail_id, json_data.settings)
    project = opened().project
    changed = projects.change(current_user(), project, json_data.version, wanted, is_separate=json_data.keep_before)
    return ProjectOut.of(changed, opened().role)


@routes.delete("/<id:project_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@needs(Right.OWN)
@routes.output({}, status_code=204)
@routes.doc(summary="Delete a project", description="For 30 days it can be brought back.")
def delete_project() -> tuple[str, int]:
    """Delete one of the caller's projects."""
    projects.delete_projects(current_user().id, [opened().project.id])
    return "", 204


@routes.post("/<id:project_id>/opened")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@needs(Right.VIEW)
@routes.output({}, status_code=204)
@routes.doc(
    summary="Note that you have opened a project",
    description="The list can be sorted by it. For a project that others share with you, it accepts the invitation.",
)
def note_opened() -> tuple[str, int]:
    """Note that the caller looks at a project."""
    projects.note_opened(current_user(), opened().project)
    return "", 204


@routes.post("/delete")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@declares("self")
@routes.input(Ids)
@routes.output(IdsOut)
@routes.doc(summary="Delete several projects", description="For 30 days they can be brought back.")
def delete_several(json_data: Ids) -> IdsOut:
    """Delete some of the caller's projects."""
    return IdsOut(ids=projects.delete_projects(current_user().id, json_data.ids))


@routes.post("/restore")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@declares("self")
@routes.input(Ids)
@routes.output(IdsOut)
@routes.doc(summary="Bring deleted projects back", responses=[409])
def restore(json_data: Ids) -> IdsOut:
    """Bring some of the caller's projects back."""
    return IdsOut(ids=projects.bring_back(current_user().id, json_data.ids))


@routes.post("/erase")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@declares("self")
@routes.input(Ids)
@routes.output(IdsOut)
@routes.doc(
    summary="Delete deleted projects for good",
    description="They cannot be brought back. Their songs and pictures are deleted too, unless another project or a"
    " render needs them, and no longer count as storage. Projects that are not deleted stay as they are.",
)
def erase(json_data: Ids) -> IdsOut:
    """Delete some of the caller's deleted projects for good."""
    return IdsOut(ids=projects.erase_deleted(current_user().id, json_data.ids))


@routes.post("/duplicate")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@declares("self")
@routes.input(Ids)
@routes.output(Copies, status_code=201)
@routes.doc(summary="Copy projects", responses=[409])
def duplicate(json_data: Ids) -> Copies:
    """Copy some of the caller's projects."""
    made = copies.duplicate(current_user().id, json_data.ids)
    return Copies(items=[ProjectSummary.of(each) for each in made])


@routes.post("/settings")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@declares("self")
@routes.input(Ids)
@routes.output(SettingsOut)
@routes.doc(summary="Get the settings of several projects")
def settings_of_several(json_data: Ids) -> SettingsOut:
    """Answer the settings of some of the caller's projects."""
    query = projects.own_projects(current_user().id).where(Project.id.in_(json_data.ids)).order_by(Project.id)
    found = db.session.scalars(query)
    return SettingsOut(items=[NamedSettings(id=each.id, name=each.name, settings=each.settings) for each in found])


@routes.get("/thumbnail/<token>")
@allow(Who.ANYONE)
@rate("1200/minute", by=address_key)
@declares("sealed")
@routes.doc(
    summary="Show a project's picture by its `thumbnail_url`, without logging in",
    responses=picture_answers("image/jpeg", "image/png", "image/webp"),
)
def thumbnail(token: str) -> Response:
    """Send the picture."""
    upload_id, seconds = upload_behind(token)
    return show_picture(upload_id, seconds, kind=PICTURE)


def _summary(project: Project, user: User) -> ProjectSummary:
    role = role_of(project, user) if project.user_id != user.id else Role.OWNER
    assert role
    return ProjectSummary.of(project, role)
