"""The uploads of projects: kept while a project or one of its versions needs them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.infra import retention
from oriel.media import references, uploads
from oriel.media.models import Upload
from oriel.projects.models import Project, ProjectUpload, ProjectVersion

# A deleted project can be brought back for so long.
BROUGHT_BACK_FOR = retention.keep(
    "projects",
    "Projects, with their songs and pictures",
    retention.STORAGE,
    timedelta(days=30),
    "after you delete them, sooner if you delete them for good",
)
# What settings call the song's own cover as a background.
THE_COVER = "cover"


def pictures_in(settings: Mapping[str, Any]) -> list[str]:
    """Return the uploads that settings name as the cover and as the background."""
    cover, background = settings.get("cover") or {}, settings.get("background") or {}
    named = [cover.get("file") if cover.get("source") == "file" else None]
    named.append(background.get("image") if background.get("type") == "image" else None)
    return [each for each in named if each and each != THE_COVER]


def keep_uploads(session: Session, project: Project) -> None:
    """Keep the uploads that a project and its versions need, and let go of those that they need no more."""
    session.flush()
    # A picture that its owner has deleted meanwhile is still named.
    there = (Upload.id.in_(_needed(session, project)), Upload.deleted_at.is_(None))
    uploads_there = session.scalars(select(Upload).where(*there)).all()
    needed = {upload.id for upload in uploads_there}
    query = select(ProjectUpload).where(ProjectUpload.project_id == project.id)
    before = {each.upload_id: each for each in session.scalars(query)}
    for upload_id in needed - before.keys():
        session.add(ProjectUpload(project_id=project.id, upload_id=upload_id))
    for upload_id in before.keys() - needed:
        session.delete(before[upload_id])
    session.flush()
    # A picture that was sent for the project is known before it is needed.
    unsettled = (needed ^ before.keys()) | {upload.id for upload in uploads_there if upload.expires_at}
    # In one order, so that two changes at once do not wait for each other.
    for upload_id in sorted(unsettled):
        upload = session.get_one(Upload, upload_id, with_for_update=True)
        if upload.deleted_at is None:
            settle(session, upload)


def _needed(session: Session, project: Project) -> set[str]:
    query = select(ProjectVersion.thumbnail_id, ProjectVersion.settings).where(ProjectVersion.project_id == project.id)
    states = [(project.thumbnail_id, project.settings), *session.execute(query)]
    named = [upload_id for thumbnail_id, settings in states for upload_id in (thumbnail_id, *pictures_in(settings))]
    return {each for each in (project.song_id, *named) if each}


def settle(session: Session, upload: Upload) -> None:
    """Keep an upload for good while a project needs it; with deleted ones alone, as long as they can come back."""
    query = select(Project.deleted_at).join(ProjectUpload).where(ProjectUpload.upload_id == upload.id)
    deleted = session.scalars(query).all()
    if None in deleted:
        uploads.keep_until(session, upload, None)
    elif deleted:
        uploads.release(session, upload)
        uploads.keep_until(session, upload, max(each for each in deleted if each) + BROUGHT_BACK_FOR)
    else:
        uploads.release(session, upload)


def delete_unneeded(session: Session, upload: Upload) -> None:
    """Delete an upload of an erased project, unless another project, a render or an open payment needs it.

    A deleted project that can be brought back needs it too.
    """
    settle(session, upload)
    is_kept = select(ProjectUpload.upload_id).where(ProjectUpload.upload_id == upload.id).limit(1)
    if session.scalar(is_kept) is None and not references.is_referenced(session, upload.id):
        uploads.mark_deleted(upload)


def uploads_of(session: Session, project_ids: Sequence[str]) -> list[Upload]:
    """Return the uploads of some projects, locked."""
    ids = select(ProjectUpload.upload_id).where(ProjectUpload.project_id.in_(project_ids)).distinct()
    there = (Upload.id.in_(ids), Upload.deleted_at.is_(None))
    return list(session.scalars(select(Upload).where(*there).order_by(Upload.id).with_for_update()))


@references.register
def is_in_project(session: Session, upload_id: str) -> bool:
    """Return whether a project that is not deleted needs this upload. One that can expire was only sent for it."""
    query = select(ProjectUpload.upload_id).join(Project).join(Upload, Upload.id == ProjectUpload.upload_id)
    needs = (ProjectUpload.upload_id == upload_id, Project.deleted_at.is_(None), Upload.expires_at.is_(None))
    return session.scalar(query.where(*needs).limit(1)) is not None
