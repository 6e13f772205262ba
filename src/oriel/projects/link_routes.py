"""Shared projects over HTTP, for everybody who has the link."""

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, Field

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.scopes import Scope
from oriel.billing.rates import writes
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.infra.openapi_extensions import FILE_ANSWERS
from oriel.projects import copies, files
from oriel.projects.access import OpenedProject, Right, needs_link, opened
from oriel.projects.bodies import ProjectOut, Settings, SongOut, song_out
from oriel.projects.thumbnails import thumbnail_path

routes = APIBlueprint("shared", "shared", url_prefix="/api/shared/<token>", tag="projects")

_READS = f"{READS_A_MINUTE}/minute"


class SharedOut(BaseModel):
    """A project, as everybody with the link sees it."""

    name: str
    owner_name: str = Field(description="The owner's name; empty if they have not entered one")
    look: str
    settings: Settings
    song: SongOut | None = Field(description="null unless the owner lets you hear it; then play the example song")
    can_copy: bool
    thumbnail_url: str | None

    @classmethod
    def of(cls, shared: OpenedProject) -> "SharedOut":
        """Return the answer for a shared project."""
        project = shared.project
        return cls(
            name=project.name,
            owner_name=project.owner.name,
            look=project.look,
            settings=project.settings,
            song=song_out(project) if shared.may(Right.HEAR) else None,
            can_copy=shared.may(Right.COPY),
            thumbnail_url=thumbnail_path(project.thumbnail_id) if project.thumbnail_id else None,
        )


@routes.get("")
@allow(Who.ANYONE)
@rate(_READS, by=address_key, scope="reads")
@needs_link(Right.VIEW)
@routes.output(SharedOut)
@routes.doc(summary="Show the project behind a link")
def show_shared() -> SharedOut:
    """Answer a shared project."""
    return SharedOut.of(opened())


@routes.get("/files/<id:upload_id>")
@allow(Who.ANYONE)
@rate(_READS, by=address_key, scope="reads")
@needs_link(Right.VIEW)
@routes.doc(summary="Get a file of the project behind a link", responses={**FILE_ANSWERS, 403: ""})
def shared_file(upload_id: str) -> Response:
    """Send a file of a shared project."""
    return files.hand_out(opened(), upload_id)


@routes.post("/copy")
@allow(Who.CONFIRMED, keys=Scope.RENDER)
@rate(writes, scope="writes")
@needs_link(Right.COPY)
@routes.output(ProjectOut, status_code=201)
@routes.doc(
    summary="Copy the project behind a link into your own account",
    responses=[402, 409, 503],
    description="With its pictures, and with its song if the owner lets you hear it.",
)
def copy_shared() -> ProjectOut:
    """Make a copy that belongs to the caller."""
    return ProjectOut.of(copies.copy_to(current_user(), opened()))
