"""Settings from files: they become projects, or replace the settings of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.errors import CallerError
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.media.models import PICTURE, Upload
from oriel.projects.copies import with_pictures
from oriel.projects.kept_uploads import pictures_in
from oriel.projects.models import Project, ProjectUpload
from oriel.projects.projects import Change, add, change, changing, refuse_too_many
from oriel.projects.settings_check import look_of


@dataclass(frozen=True)
class NamedDocument:
    """A settings document and the name of its project."""

    name: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Imported:
    """A project with settings from a file."""

    project: Project
    # A file names pictures by their uploads or by paths; those that the owner has no upload of are left out.
    lacks_pictures: bool


def make_projects(user_id: str, documents: Sequence[NamedDocument]) -> list[Imported]:
    """Make a project of each document, or of none.

    Raise InvalidSettings with the number of the document as `item`, from 0, and Conflict beyond the most projects.
    """
    looks = [_look_of(document.settings, number) for number, document in enumerate(documents)]
    with changing(user_id) as session:
        refuse_too_many(session, user_id, adding=len(documents))
        there = _pictures_there(session, user_id, (document.settings for document in documents))
        return [_made(session, user_id, document, look, there) for document, look in zip(documents, looks, strict=True)]


def replace_settings(user: User, project: Project, version: int, settings: dict[str, Any]) -> Imported:
    """Replace the settings of a project, as a version of its own; raise InvalidSettings, and as `change` does."""
    look_of(settings)
    there = _pictures_there(db.session, project.user_id, [settings])
    if user.id != project.user_id:
        # An editor uses pictures that were sent for this project, and no others of its owner.
        query = select(ProjectUpload.upload_id).where(ProjectUpload.project_id == project.id)
        there = {each: each for each in db.session.scalars(query) if each in there}
    wanted = with_pictures(settings, there)
    changed = change(user, project, version, Change(settings=wanted), is_separate=True, forgets_thumbnail=True)
    return Imported(changed, lacks_pictures=wanted != settings)


def _look_of(settings: dict[str, Any], number: int) -> str:
    try:
        return look_of(settings)
    except CallerError as error:
        error.details["item"] = number
        raise


def _made(session: Session, user_id: str, document: NamedDocument, look: str, pictures: Mapping[str, str]) -> Imported:
    settings = with_pictures(document.settings, pictures)
    project = add(session, user_id, Change(name=document.name, settings=settings), look)
    return Imported(project, lacks_pictures=settings != document.settings)


def _pictures_there(session: Session, user_id: str, documents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the pictures of some documents that a customer has, each by itself."""
    # PostgreSQL takes no NUL, which a path may hold.
    named = {each for settings in documents for each in pictures_in(settings) if each.isalnum()}
    unexpired = or_(Upload.expires_at.is_(None), Upload.expires_at > now())
    there = (Upload.stored_at.is_not(None), Upload.deleted_at.is_(None), Upload.purged_at.is_(None), unexpired)
    query = select(Upload.id).where(Upload.id.in_(named), Upload.user_id == user_id, Upload.kind == PICTURE, *there)
    return {each: each for each in session.scalars(query)}
