"""What the routes of projects take and answer."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from oriel.infra.clock import Instant
from oriel.infra.paging import Page, PageQuery
from oriel.projects import projects
from oriel.projects.access import OpenedProject, Right, Role
from oriel.projects.kept_uploads import BROUGHT_BACK_FOR
from oriel.projects.models import LONGEST_NAME, Project
from oriel.projects.thumbnails import thumbnail_path
from oriel.validation import ONE_LINE

MOST_AT_ONCE = 200
Identifier = Annotated[str, Field(min_length=1, max_length=40, pattern=ONE_LINE)]
Settings = Annotated[
    dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True, "title": "Settings document"})
]
Name = Annotated[str, Field(max_length=2 * LONGEST_NAME)]


def _without_default(schema: JsonDict) -> None:
    """Let clients leave a field out: those made from a schema with a default always send it."""
    schema.pop("default")


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
    is_copy: bool = Field(
        default=False,
        description="End the name with “(copy)”, and with a number where you have such a project",
        json_schema_extra=_without_default,
    )


class ProjectChange(BaseModel):
    """What changes; everything that is left out stays."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, description="The version that you have; a newer one here is answered with 409")
    name: Name | None = None
    upload_id: Identifier | None = None
    thumbnail_id: Identifier | None = None
    settings: Settings | None = None
    keep_before: bool = Field(
        default=False,
        description="Keep what is there now as a version of its own; otherwise your changes of ten minutes are one",
        # Left out by a page that has no use for it: an older version of this service refuses what it does not know.
        json_schema_extra=_without_default,
    )


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
    opened_at: Instant = Field(description="When its owner has opened it last")
    deleted_at: Instant | None
    restorable_until: Instant | None = Field(
        description="Until when a deleted project can be brought back; null for one that is not deleted"
    )
    role: Literal["owner", "editor", "viewer"] = Field(description="What you are to this project")
    owner_name: str | None = Field(description="Who shares it with you; null for your own")
    is_shared: bool = Field(description="Whether anybody but its owner can open it")

    @classmethod
    def of(cls, project: Project, role: Role = Role.OWNER) -> "ProjectSummary":
        """Return the answer for a project in a list."""
        return cls(**_facts(project, role))


class ProjectOut(ProjectSummary):
    """A project."""

    settings: Settings
    plays_song: bool = Field(description="Whether you may hear the song, as `…/files/{upload_id}` gives it")
    can_copy: bool = Field(description="Whether you may copy it")

    @classmethod
    def of(cls, project: Project, role: Role = Role.OWNER) -> "ProjectOut":
        """Return the answer for a project."""
        opened = OpenedProject(project, role)
        rights = {"plays_song": opened.may(Right.HEAR), "can_copy": opened.may(Right.COPY)}
        return cls(**_facts(project, role), settings=project.settings, **rights)


class ProjectList(Page[ProjectSummary]):
    """A customer's projects."""


class ProjectQuery(PageQuery):
    """Which projects are asked for."""

    search: str = Field(default="", max_length=200, description="Words of the name, the song, the artist or the look")
    look: Identifier | None = Field(default=None, description="Only projects with this look")
    sort: projects.Sort = Field(default="changed", description="Latest first, or by name; `deleted` by deletion")
    deleted: bool = Field(default=False, description="The deleted ones that can still be brought back")
    shared: bool = Field(default=False, description="Those that others share with you, instead of your own")


class Ids(BaseModel):
    """Some projects."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Identifier] = Field(min_length=1, max_length=MOST_AT_ONCE)


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


def song_out(project: Project) -> SongOut | None:
    """Return a project's song; None without one."""
    song = project.song
    if song is None:
        return None
    return SongOut(
        upload_id=song.id,
        filename=song.filename,
        title=song.title,
        artist=song.artist,
        duration_s=round(song.duration_s, 3) or None,
        size_bytes=song.size_bytes,
        is_there=song.deleted_at is None and song.purged_at is None,
    )


def _facts(project: Project, role: Role) -> dict[str, Any]:
    return {
        **{name: getattr(project, name) for name in ("id", "name", "look", "version")},
        **{name: getattr(project, name) for name in ("created_at", "changed_at", "opened_at", "deleted_at")},
        "restorable_until": project.deleted_at and project.deleted_at + BROUGHT_BACK_FOR,
        "thumbnail_url": thumbnail_path(project.thumbnail_id) if project.thumbnail_id else None,
        "song": song_out(project),
        "role": str(role),
        "owner_name": None if role is Role.OWNER else project.owner.name or project.owner.email,
        "is_shared": project.is_shared,
    }
