"""Settings from files, over HTTP: new projects of them, and new settings for a project."""

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.scopes import Scope
from oriel.billing.rates import writes
from oriel.infra.limits import rate
from oriel.projects import settings_import
from oriel.projects.access import Right, declares, needs, opened
from oriel.projects.bodies import MOST_AT_ONCE, Name, ProjectOut, ProjectSummary, Settings
from oriel.projects.settings_import import NamedDocument

routes = APIBlueprint("settings_import", "settings_import", url_prefix="/api/projects", tag="projects")

_LACKS_PICTURES = "Whether pictures were left out that you have no upload of"


class DocumentIn(BaseModel):
    """A settings document and the name of its project."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    settings: Settings


class ImportIn(BaseModel):
    """Settings documents, each for a new project."""

    model_config = ConfigDict(extra="forbid")

    items: list[DocumentIn] = Field(min_length=1, max_length=MOST_AT_ONCE)


class ImportedSummary(ProjectSummary):
    """A project that was made of a settings document."""

    lacks_pictures: bool = Field(description=_LACKS_PICTURES)


class ImportOut(BaseModel):
    """The new projects, in the order of their documents."""

    items: list[ImportedSummary]


class ReplaceIn(BaseModel):
    """The new settings of a project."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, description="The version that you have; a newer one here is answered with 409")
    settings: Settings


class ReplacedOut(ProjectOut):
    """A project with its new settings."""

    lacks_pictures: bool = Field(description=_LACKS_PICTURES)


@routes.post("/import")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@declares("self")
@routes.input(ImportIn)
@routes.output(ImportOut, status_code=201)
@routes.doc(
    summary="Make projects of settings documents",
    responses=[409],
    description="All or none: a refusal names the document in `details` as `item`, from 0. Takes documents as"
    " `oriel render --settings` reads them, and what `POST /api/projects/settings` answers.",
)
def import_settings(json_data: ImportIn) -> ImportOut:
    """Make projects of the caller's."""
    documents = [NamedDocument(each.name, each.settings) for each in json_data.items]
    made = settings_import.make_projects(current_user().id, documents)
    return ImportOut(
        items=[
            ImportedSummary(**ProjectSummary.of(each.project).model_dump(), lacks_pictures=each.lacks_pictures)
            for each in made
        ]
    )


@routes.put("/<id:project_id>/settings")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@needs(Right.EDIT)
@routes.input(ReplaceIn)
@routes.output(ReplacedOut)
@routes.doc(
    summary="Replace the settings of a project",
    responses=[409],
    description="They become a version of their own, so that the settings before can be brought back.",
)
def replace_settings(json_data: ReplaceIn) -> ReplacedOut:
    """Replace the settings of a project."""
    project, role = opened().project, opened().role
    replaced = settings_import.replace_settings(current_user(), project, json_data.version, json_data.settings)
    answer = ProjectOut.of(replaced.project, role).model_dump()
    return ReplacedOut(**answer, lacks_pictures=replaced.lacks_pictures)
