"""Projects over HTTP."""

from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.scopes import Scope
from oriel.billing.rates import writes
from oriel.infra.clock import Instant
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.infra.openapi_extensions import picture_answers
from oriel.infra.paging import Page, PageQuery, fetch_page
from oriel.projects import projects
from oriel.projects.models import LONGEST_NAME, Project
from oriel.projects.picture import picture_behind
from oriel.projects.thumbnails import thumbnail_path
from oriel.validation import ONE_LINE

routes = APIBlueprint("projects", "projects", url_prefix="/api/projects", tag="projects")

_READS = f"{READS_A_MINUTE}/minute"
_MOST_AT_ONCE = 200
Identifier = Annotated[str, Field(min_length=1, max_length=40, pattern=ONE_LINE)]
Settings = Annotated[
    dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True, "title": "Settings document"})
]
Name = Annotated[str, Field(max_length=2 * LONGEST_NAME)]


class ProjectIn(BaseModel):
    """What a project begins with. Without a name it is called as its song is."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(
        default=None,
        pattern="^[0-9a-v]{26}$",
        description="A new id of yours, so that the same request sent again makes no second project",
    )
    name: Name | None = None
    upload_id: Identifier | None = Field(default=None, description="The song; the project keeps it")
    thumbnail_id: Identifier | None = Field(default=None, description="An uploaded picture, shown in lists")
    settings: Settings = Field(default={}, description="As for a render; pictures are named by their uploads")


class ProjectChange(BaseModel):
    """What changes; everything that is left out stays."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, description="The version that you have; a newer one here is answered with 409")
    name: Name | None = None
    upload_id: Identifier | None = None
    thumbnail_id: Identifier | None = None
    settings: Settings | None = None


class SongOut(BaseModel):
    """A project's song."""

    upload_id: str
    filename: str
    title: str
    artist: str
    duration_s: float | None
    size_bytes: int
    is_there: bool = Field(description="False after its owner has deleted the upload")


class ProjectSummary(BaseModel):
    """A project in a list."""

    id: str
    name: str
    look: str
    song: SongOut | None
    thumbnail_url: str | None = Field(
        description="A picture that opens without logging in, for 6 to 12 hours; null while there is none"
    )
    version: int
    created_at: Instant
    changed_at: Instant
    opened_at: Instant
    deleted_at: Instant | None

    @classmethod
    def of(cls, project: Project) -> "ProjectSummary":
        """Return the answer for a project in a list."""
        return cls(**_facts(project))


class ProjectOut(ProjectSummary):
    """A project."""

    settings: Settings

    @classmethod
    def of(cls, project: Project) -> "ProjectOut":
        """Return the answer for a project."""
        return cls(**_facts(project), settings=project.settings)


class ProjectList(Page[ProjectSummary]):
    """A customer's projects."""


class ProjectQuery(PageQuery):
    """Which projects are asked for."""

    search: str = Field(default="", max_length=200, description="Words of the name, the song, the artist or the look")
    look: Identifier | None = Field(default=None, description="Only projects with this look")
    sort: projects.Sort = Field(default="changed", description="Latest first, or by name")
    deleted: bool = Field(default=False, description="The deleted ones that can still be brought back")


class Ids(BaseModel):
    """Some projects."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Identifier] = Field(min_length=1, max_length=_MOST_AT_ONCE)


class IdsOut(BaseModel):
    """The projects that were there."""

    ids: list[str]


class Copies(BaseModel):
    """Copies of projects."""

    items: list[ProjectSummary]


class NamedSettings(BaseModel):
    """The settings of a project."""

    id: str
    name: str
    settings: Settings


class SettingsOut(BaseModel):
    """The settings of some projects."""

    items: list[NamedSettings]


@routes.get("")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@routes.input(ProjectQuery, location="query")
@routes.output(ProjectList)
@routes.doc(summary="List your projects")
def list_projects(query_data: ProjectQuery) -> ProjectList:
    """List the caller's projects."""
    query = projects.found(
        current_user().id,
        search=query_data.search,
        look=query_data.look,
        sort=query_data.sort,
        deleted=query_data.deleted,
    )
    return fetch_page(ProjectList, query, query_data, show=ProjectSummary.of)


@routes.post("")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.input(ProjectIn)
@routes.output(ProjectOut, status_code=201)
@routes.doc(summary="Make a project", responses=[404, 409, 410])
def create_project(json_data: ProjectIn) -> ProjectOut:
    """Make a project of the caller's."""
    wanted = projects.Change(json_data.name, json_data.upload_id, json_data.thumbnail_id, json_data.settings)
    return ProjectOut.of(projects.create(current_user().id, wanted, project_id=json_data.id))


@routes.get("/<id:project_id>")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@routes.output(ProjectOut)
@routes.doc(summary="Show a project")
def show_project(project_id: str) -> ProjectOut:
    """Answer one of the caller's projects."""
    return ProjectOut.of(projects.own_project(db.session, current_user().id, project_id))


@routes.patch("/<id:project_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.input(ProjectChange)
@routes.output(ProjectOut)
@routes.doc(
    summary="Change a project",
    responses=[409, 410],
    description="Send the version that you have. If somebody has changed the project since, the answer is 409 with"
    " the newer version in `details`, and nothing changes.",
)
def change_project(project_id: str, json_data: ProjectChange) -> ProjectOut:
    """Change one of the caller's projects."""
    wanted = projects.Change(json_data.name, json_data.upload_id, json_data.thumbnail_id, json_data.settings)
    return ProjectOut.of(projects.change(current_user().id, project_id, json_data.version, wanted))


@routes.delete("/<id:project_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.output({}, status_code=204)
@routes.doc(summary="Delete a project", description="For 30 days it can be brought back.")
def delete_project(project_id: str) -> tuple[str, int]:
    """Delete one of the caller's projects."""
    projects.own_project(db.session, current_user().id, project_id)
    projects.delete_projects(current_user().id, [project_id])
    return "", 204


@routes.post("/<id:project_id>/opened")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.output({}, status_code=204)
@routes.doc(summary="Note that you have opened a project", description="Lists can be sorted by it.")
def note_opened(project_id: str) -> tuple[str, int]:
    """Note that one of the caller's projects is looked at."""
    projects.note_opened(current_user().id, project_id)
    return "", 204


@routes.post("/delete")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.input(Ids)
@routes.output(IdsOut)
@routes.doc(summary="Delete several projects", description="For 30 days they can be brought back.")
def delete_several(json_data: Ids) -> IdsOut:
    """Delete some of the caller's projects."""
    return IdsOut(ids=projects.delete_projects(current_user().id, json_data.ids))


@routes.post("/restore")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.input(Ids)
@routes.output(IdsOut)
@routes.doc(summary="Bring deleted projects back", responses=[409])
def restore(json_data: Ids) -> IdsOut:
    """Bring some of the caller's projects back."""
    return IdsOut(ids=projects.bring_back(current_user().id, json_data.ids))


@routes.post("/duplicate")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.input(Ids)
@routes.output(Copies, status_code=201)
@routes.doc(summary="Copy projects", responses=[409])
def duplicate(json_data: Ids) -> Copies:
    """Copy some of the caller's projects."""
    copies = projects.duplicate(current_user().id, json_data.ids)
    return Copies(items=[ProjectSummary.of(each) for each in copies])


@routes.post("/settings")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
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
@routes.doc(
    summary="Show a project's picture by its `thumbnail_url`, without logging in",
    responses=picture_answers("image/jpeg", "image/png", "image/webp"),
)
def thumbnail(token: str) -> Response:
    """Send the picture."""
    return picture_behind(token)


def _facts(project: Project) -> dict[str, Any]:
    song = project.song
    return {
        **{name: getattr(project, name) for name in ("id", "name", "look", "version")},
        **{name: getattr(project, name) for name in ("created_at", "changed_at", "opened_at", "deleted_at")},
        "thumbnail_url": thumbnail_path(project.thumbnail_id) if project.thumbnail_id else None,
        "song": SongOut(
            upload_id=song.id,
            filename=song.filename,
            title=song.title,
            artist=song.artist,
            duration_s=round(song.duration_s, 3) or None,
            size_bytes=song.size_bytes,
            is_there=song.deleted_at is None and song.purged_at is None,
        )
        if song
        else None,
    }
