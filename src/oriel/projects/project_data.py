"""What projects hold of a customer: their export and their erasure."""

from collections.abc import Iterator

from sqlalchemy import Select, delete, or_, select, update

from oriel.accounts.models import User
from oriel.accounts.personal_data import Listing, PersonalData, Row, fields, in_batches
from oriel.infra import retention
from oriel.infra.database import db, writing
from oriel.infra.mail import OutboxMail
from oriel.media.media_data import path_of
from oriel.media.models import Upload
from oriel.projects.access import is_person
from oriel.projects.models import Project, ProjectPerson, ProjectUpload, ProjectVersion

_FIELDS = ("id", "name", "look", "settings", "version", "created_at", "changed_at", "opened_at", "deleted_at")
_VERSION_FIELDS = ("project_id", "number", "name", "look", "settings", "restored", "begun_at", "changed_at")
_PERSON_FIELDS = ("project_id", "email", "role", "invited_at", "accepted_at")

retention.keep_with(
    "people",
    "Addresses that you invite to your projects",
    retention.DATABASE,
    "until you remove them, they leave, or you delete the project",
)


def listings(user_id: str) -> Iterator[Listing]:
    """Yield the projects with their settings, versions and people, and the projects of others that are shared.

    Songs and thumbnails are paths of files in the export.
    """
    query = select(Project).where(Project.user_id == user_id)
    yield Listing("projects/projects.json", in_batches(query, Project.id, _project))
    own = select(Project.id).where(Project.user_id == user_id)
    versions = select(ProjectVersion).where(ProjectVersion.project_id.in_(own))
    yield Listing(
        "projects/versions.json", in_batches(versions, ProjectVersion.id, lambda row: fields(row, *_VERSION_FIELDS))
    )
    people = select(ProjectPerson).where(ProjectPerson.project_id.in_(own))
    yield Listing("projects/people.json", _people(people))
    yield Listing("projects/shared-with-me.json", _shared_with(user_id))


def erase(user_id: str) -> None:
    """Delete the projects, their invitations, and the user's part in the projects of others.

    Songs and pictures are uploads. What the user changed in a project of somebody else stays there, without a name.
    """
    with writing() as session:
        user = session.get(User, user_id)
        mine = [ProjectPerson.user_id == user_id, *([ProjectPerson.email == user.email] if user else [])]
        own = select(Project.id).where(Project.user_id == user_id)
        invitations = select(ProjectPerson.id).where(or_(ProjectPerson.project_id.in_(own), *mine))
        # The mail of an invitation names both sides, and belongs to neither.
        session.execute(delete(OutboxMail).where(OutboxMail.subject_key.in_(invitations)))
        session.execute(delete(ProjectPerson).where(or_(*mine)))
        session.execute(update(ProjectVersion).where(ProjectVersion.user_id == user_id).values(user_id=None))
        session.execute(delete(Project).where(Project.user_id == user_id))


PROJECT_DATA = PersonalData(
    domain="projects",
    tables=(Project, ProjectUpload, ProjectPerson, ProjectVersion),
    listings=listings,
    erase=erase,
)


def _people(query: Select[ProjectPerson]) -> Iterator[Row]:
    return in_batches(query, ProjectPerson.id, lambda row: fields(row, *_PERSON_FIELDS))


def _shared_with(user_id: str) -> Iterator[Row]:
    """Yield the projects that a user was invited to, also where the invitation is not accepted yet."""
    user = db.session.get(User, user_id)
    if user:
        yield from _people(select(ProjectPerson).where(is_person(user)))


def _project(row: Project) -> Row:
    return {**fields(row, *_FIELDS), "song": _file(row.song_id), "thumbnail": _file(row.thumbnail_id)}


def _file(upload_id: str | None) -> str | None:
    upload = db.session.get(Upload, upload_id) if upload_id else None
    return path_of(upload) if upload and not upload.purged_at and not upload.deleted_at else None
