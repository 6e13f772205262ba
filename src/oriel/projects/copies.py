"""Copies of projects: within an account with the same uploads, and into another account with uploads of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from oriel.accounts.models import User
from oriel.infra.database import db
from oriel.media import uploads
from oriel.media.models import Upload
from oriel.projects import versions
from oriel.projects.access import OpenedProject, Right
from oriel.projects.copy_names import copy_name
from oriel.projects.kept_uploads import pictures_in
from oriel.projects.models import Project, ProjectUpload
from oriel.projects.projects import Change, changing, create, own_many, refuse_too_many, searched_texts


def duplicate(user_id: str, project_ids: Sequence[str]) -> list[Project]:
    """Copy projects, with the same uploads; those that are not there are left out."""
    with changing(user_id) as session:
        refuse_too_many(session, user_id, adding=len(project_ids))
        return [_copy(session, project) for project in own_many(session, user_id, project_ids)]


def copy_to(user: User, source: OpenedProject) -> Project:
    """Copy a project into the user's own account, with its song if they may hear it.

    Raise PaymentRequired where the plan has no room, and Conflict beyond the most projects.
    """
    project = source.project
    if project.user_id == user.id:
        return duplicate(user.id, [project.id])[0]
    named = [*pictures_in(project.settings), project.thumbnail_id, project.song_id if source.may(Right.HEAR) else None]
    copied = _uploads_for(user.id, [each for each in named if each])
    wanted = Change(
        name=project.name,
        song_id=copied.get(project.song_id or ""),
        thumbnail_id=copied.get(project.thumbnail_id or ""),
        settings=with_pictures(project.settings, copied),
    )
    namesake = select(Project.id).where(Project.user_id == user.id, Project.name == project.name).limit(1)
    return create(user.id, wanted, is_copy=db.session.scalar(namesake) is not None)


def with_pictures(settings: Mapping[str, Any], others: Mapping[str, str]) -> dict[str, Any]:
    """Return settings with their pictures replaced by others; a picture without one is left out."""
    result = dict(settings)
    for part, key in (("cover", "file"), ("background", "image")):
        named = (settings.get(part) or {}).get(key)
        if named not in pictures_in(settings):
            continue
        if named in others:
            result[part] = {**settings[part], key: others[named]}
        else:
            del result[part]
    return result


def _uploads_for(user_id: str, upload_ids: Sequence[str]) -> dict[str, str]:
    """Copy uploads that are still there for a user; return the copies by their originals."""
    query = select(Upload).where(Upload.id.in_(upload_ids), Upload.stored_at.is_not(None), Upload.deleted_at.is_(None))
    originals = db.session.scalars(query.where(Upload.purged_at.is_(None))).all()
    return {each.id: uploads.copy_for(user_id, each).id for each in originals}


def _copy(session: Session, project: Project) -> Project:
    copy = Project(
        user_id=project.user_id,
        name=copy_name(session, project.user_id, project.name),
        settings=project.settings,
        look=project.look,
        song_id=project.song_id,
        song=project.song,
        thumbnail_id=project.thumbnail_id,
    )
    copy.searched = searched_texts(copy)
    session.add(copy)
    set_committed_value(copy, "people", [])
    session.flush()
    versions.record(session, copy, copy.user_id)
    # An upload that was deleted meanwhile is in neither.
    kept = select(ProjectUpload.upload_id).where(ProjectUpload.project_id == project.id)
    session.add_all(ProjectUpload(project_id=copy.id, upload_id=each) for each in session.scalars(kept))
    return copy
