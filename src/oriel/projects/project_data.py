"""What projects hold of a customer: their export and their erasure."""

from collections.abc import Iterator

from sqlalchemy import delete, select

from oriel.accounts.personal_data import Listing, PersonalData, Row, fields, in_batches
from oriel.infra.database import db, writing
from oriel.media.media_data import path_of
from oriel.media.models import Upload
from oriel.projects.models import Project, ProjectUpload

_FIELDS = ("id", "name", "look", "settings", "version", "created_at", "changed_at", "opened_at", "deleted_at")


def listings(user_id: str) -> Iterator[Listing]:
    """Yield the projects with their settings; song and thumbnail are paths of files in the export."""
    query = select(Project).where(Project.user_id == user_id)
    yield Listing("projects/projects.json", in_batches(query, Project.id, _project))


def erase(user_id: str) -> None:
    """Delete the projects; their songs and pictures are uploads."""
    with writing() as session:
        session.execute(delete(Project).where(Project.user_id == user_id))


PROJECT_DATA = PersonalData(domain="projects", tables=(Project, ProjectUpload), listings=listings, erase=erase)


def _project(row: Project) -> Row:
    return {**fields(row, *_FIELDS), "song": _file(row.song_id), "thumbnail": _file(row.thumbnail_id)}


def _file(upload_id: str | None) -> str | None:
    upload = db.session.get(Upload, upload_id) if upload_id else None
    return path_of(upload) if upload and not upload.purged_at and not upload.deleted_at else None
