"""Sharing over HTTP: the link, the people, and what a project looked like before."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.avatar_links import avatar_path
from oriel.accounts.scopes import Scope
from oriel.billing.rates import writes
from oriel.infra.clock import Instant
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, rate
from oriel.infra.openapi_extensions import FILE_ANSWERS, describe
from oriel.media.routes import PictureIn, UploadOut
from oriel.projects import copies, files, people, projects, sharing, versions
from oriel.projects.access import Right, needs, opened
from oriel.projects.bodies import ProjectOut, Settings
from oriel.projects.links import link_to
from oriel.projects.models import Project, ProjectPerson, ProjectVersion
from oriel.projects.thumbnails import thumbnail_path

routes = APIBlueprint("sharing", "sharing", url_prefix="/api/projects/<id:project_id>", tag="projects")

_READS = f"{READS_A_MINUTE}/minute"
# Each may send a mail to somebody who does not know us.
_INVITATIONS = "20/minute;100/day"
_LONGEST_EMAIL = 254


class PersonOut(BaseModel):
    """Somebody who was invited to a project."""

    id: str
    email: str
    name: str = Field(description="Empty until they accept")
    role: people.PersonRole
    invited_at: Instant
    accepted_at: Instant | None
    avatar_url: str | None = Field(description="Their picture; null until they accept, and while there is none")

    @classmethod
    def of(cls, person: ProjectPerson) -> "PersonOut":
        """Return the answer for one of a project's people."""
        names = ("id", "email", "role", "invited_at", "accepted_at")
        facts: dict[str, Any] = {name: getattr(person, name) for name in names}
        return cls(**facts, name=person.user.name if person.user else "", avatar_url=avatar_path(person.user))


class SharingOut(BaseModel):
    """How a project is shared."""

    link: str | None = Field(description="Anyone who has it can view the project; null while it is off")
    copies: bool = Field(description="Whether they can also make a copy")
    song: bool = Field(description="Whether people who can only view hear the project's song, not the example song")
    people: list[PersonOut]

    @classmethod
    def of(cls, project: Project) -> "SharingOut":
        """Return the answer for a project."""
        rows = people.people_of(db.session, project)
        return cls(
            link=link_to(project.link_id) if project.link_id else None,
            copies=project.link_copies,
            song=project.plays_song,
            people=[PersonOut.of(each) for each in rows],
        )


class SharingIn(BaseModel):
    """What changes; everything that is left out stays."""

    model_config = ConfigDict(extra="forbid")

    link: bool | None = Field(default=None, description="Off ends the link; on again makes a new one")
    copies: bool | None = None
    song: bool | None = None


class RoleIn(BaseModel):
    """A role."""

    model_config = ConfigDict(extra="forbid")

    role: people.PersonRole


class InvitationIn(RoleIn):
    """Whom to invite."""

    email: str = Field(max_length=_LONGEST_EMAIL)


class VersionOut(BaseModel):
    """A project as somebody left it after some minutes of changes."""

    id: str
    number: int = Field(description="The project's version after the last of these changes")
    name: str
    look: str
    by: str = Field(description="The name of the person who made these changes")
    by_avatar_url: str | None = Field(description="Their picture; null while there is none")
    begun_at: Instant
    changed_at: Instant
    restored: int | None = Field(description="The number of the version that was brought back here")
    thumbnail_url: str | None

    @classmethod
    def of(cls, version: ProjectVersion) -> "VersionOut":
        """Return the answer for a version in the list."""
        return cls(**_version_facts(version))


class WholeVersionOut(VersionOut):
    """A version with its settings."""

    settings: Settings

    @classmethod
    def of(cls, version: ProjectVersion) -> "WholeVersionOut":
        """Return the answer for a version."""
        return cls(**_version_facts(version), settings=version.settings)


class VersionsOut(BaseModel):
    """The last versions of a project, the latest first."""

    items: list[VersionOut]


class RestoreIn(BaseModel):
    """Which version of the project is to be replaced."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, description="The version that you have; a newer one here is answered with 409")


@routes.get("/sharing")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@needs(Right.OWN)
@routes.output(SharingOut)
@routes.doc(summary="Show how a project is shared")
def show_sharing() -> SharingOut:
    """Answer the link and the people of a project."""
    return SharingOut.of(opened().project)


@routes.patch("/sharing")
@allow(Who.USER)
@rate(writes, scope="writes")
@needs(Right.OWN)
@routes.input(SharingIn)
@routes.output(SharingOut)
@routes.doc(summary="Switch a project's link, copies and song on or off")
def change_sharing(json_data: SharingIn) -> SharingOut:
    """Change what a project's link allows."""
    wanted = sharing.Sharing(json_data.link, json_data.copies, json_data.song)
    return SharingOut.of(sharing.change_sharing(current_user(), opened().project, wanted))


@routes.post("/people")
@allow(Who.CONFIRMED)
@rate(_INVITATIONS, scope="invitations")
@needs(Right.OWN)
@routes.input(InvitationIn)
@routes.output(PersonOut, status_code=201)
@routes.doc(
    summary="Invite somebody by mail",
    responses={409: "They are on the list already, it is your own address, or the list is full"},
    description="The address needs no account yet. The answer is the same whether or not it has one.",
)
def invite(json_data: InvitationIn) -> PersonOut:
    """Invite an address."""
    return PersonOut.of(people.invite(current_user(), opened().project, json_data.email, json_data.role))


@routes.patch("/people/<id:person_id>")
@allow(Who.USER)
@rate(writes, scope="writes")
@needs(Right.OWN)
@routes.input(RoleIn)
@routes.output(PersonOut)
@routes.doc(summary="Change somebody's role")
def change_role(person_id: str, json_data: RoleIn) -> PersonOut:
    """Make somebody a viewer or an editor."""
    return PersonOut.of(people.change_role(current_user(), opened().project, person_id, json_data.role))


@routes.delete("/people/<id:person_id>")
@allow(Who.USER)
@rate(writes, scope="writes")
@needs(Right.OWN)
@routes.output({}, status_code=204)
@routes.doc(summary="Remove somebody, or take an invitation back")
def remove(person_id: str) -> tuple[str, int]:
    """End somebody's access."""
    people.remove(current_user(), opened().project, person_id)
    return "", 204


@routes.post("/leave")
@allow(Who.USER)
@rate(writes, scope="writes")
@needs(Right.VIEW)
@routes.output({}, status_code=204)
@routes.doc(summary="Leave a project that others share with you", responses={409: "It is your own project"})
def leave() -> tuple[str, int]:
    """Give up the caller's access."""
    people.leave(current_user(), opened())
    return "", 204


@routes.post("/copy")
@allow(Who.CONFIRMED, keys=Scope.RENDER)
@rate(writes, scope="writes")
@needs(Right.COPY)
@routes.output(ProjectOut, status_code=201)
@routes.doc(
    summary="Copy a project into your own account",
    responses=[402, 409, 503],
    description="With its pictures, and with its song if you may hear it. They count towards your storage.",
)
def copy_project() -> ProjectOut:
    """Make a copy that belongs to the caller."""
    return ProjectOut.of(copies.copy_to(current_user(), opened()))


@routes.get("/files/<id:upload_id>")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@needs(Right.VIEW)
@routes.doc(summary="Get a project's song or one of its pictures", responses={**FILE_ANSWERS, 403: ""})
def project_file(upload_id: str) -> Response:
    """Send a file of a project; the song to those who may hear it."""
    return files.hand_out(opened(), upload_id)


@routes.post("/pictures")
@allow(Who.CONFIRMED, keys=Scope.RENDER)
@rate(writes, scope="writes")
@needs(Right.EDIT)
@describe(bodies={"multipart/form-data": PictureIn})
@routes.output(UploadOut, status_code=201)
@routes.doc(
    summary="Upload a picture for a project",
    responses={402: "The owner's storage is full", 415: "The file format is not supported", 503: ""},
    description="A cover, a background or a thumbnail. It belongs to the project's owner, and counts as their storage.",
)
def add_picture() -> UploadOut:
    """Take a picture in the owner's name."""
    return UploadOut.of(files.add_picture(opened().project))


@routes.get("/versions")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@needs(Right.EDIT)
@routes.output(VersionsOut)
@routes.doc(
    summary="List the last 20 versions of a project",
    description="What one person changes within 10 minutes is one version.",
)
def list_versions() -> VersionsOut:
    """Answer who left the project how, and when."""
    rows = versions.listed(db.session, opened().project)
    return VersionsOut(items=[VersionOut.of(each) for each in rows])


@routes.get("/versions/<id:version_id>")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@needs(Right.EDIT)
@routes.output(WholeVersionOut)
@routes.doc(summary="Show a version of a project")
def show_version(version_id: str) -> WholeVersionOut:
    """Answer a version with its settings."""
    return WholeVersionOut.of(versions.version(db.session, opened().project, version_id))


@routes.post("/versions/<id:version_id>/restore")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@needs(Right.EDIT)
@routes.input(RestoreIn)
@routes.output(ProjectOut)
@routes.doc(
    summary="Bring a version of a project back",
    responses=[409],
    description="It becomes the latest version; nothing is removed from the list. The song stays as it is.",
)
def restore_version(version_id: str, json_data: RestoreIn) -> ProjectOut:
    """Make a project what it was."""
    project = opened().project
    old = versions.version(db.session, project, version_id)
    wanted = projects.Change(old.name, None, old.thumbnail_id, old.settings)
    restored = projects.change(current_user(), project, json_data.version, wanted, restored=old.number)
    return ProjectOut.of(restored, opened().role)


def _version_facts(version: ProjectVersion) -> dict[str, Any]:
    names = ("id", "number", "name", "look", "begun_at", "changed_at", "restored")
    return {
        **{name: getattr(version, name) for name in names},
        "by": versions.author(version, opened().project, current_user()),
        "by_avatar_url": avatar_path(version.user),
        "thumbnail_url": thumbnail_path(version.thumbnail_id) if version.thumbnail_id else None,
    }
