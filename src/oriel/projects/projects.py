"""Projects: made, found, changed, copied, deleted, brought back and erased."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from oriel.accounts.models import User
from oriel.billing import current_plan
from oriel.errors import Conflict, NotAllowed, NotFound
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_id
from oriel.media import uploads
from oriel.media.models import PICTURE, Upload
from oriel.names import cut, folded, one_line
from oriel.projects import versions
from oriel.projects.access import Right, is_person, open_project
from oriel.projects.copy_names import copy_name
from oriel.projects.kept_uploads import (
    BROUGHT_BACK_FOR,
    delete_unneeded,
    keep_uploads,
    pictures_in,
    settle,
    uploads_of,
)
from oriel.projects.models import LONGEST_NAME, Project, ProjectPerson, ProjectUpload
from oriel.projects.settings_check import look_of

MOST_PROJECTS = 10_000
_LONGEST_SEARCHED = 1000
_UNNAMED = "Untitled"

Sort = Literal["changed", "created", "opened", "deleted", "name"]


@dataclass(frozen=True)
class Change:
    """What a project gets; None leaves it as it is."""

    name: str | None = None
    song_id: str | None = None
    thumbnail_id: str | None = None
    settings: dict[str, Any] | None = None


def create(user_id: str, wanted: Change, *, project_id: str | None = None, is_copy: bool = False) -> Project:
    """Make a project, once for each id that is given. `is_copy`: its name gets an ending that tells it from others.

    Raise InvalidSettings, NotFound and Expired for its uploads, and Conflict beyond the most projects.
    """
    look = look_of(wanted.settings or {})
    with changing(user_id) as session:
        if project_id and (before := session.get(Project, project_id)):
            if before.user_id != user_id or before.deleted_at:
                raise Conflict("This id is taken. Please send another one.")
            return own_project(session, user_id, project_id)
        refuse_too_many(session, user_id, adding=1)
        if is_copy:
            wanted = replace(wanted, name=copy_name(session, user_id, _name(wanted.name) or _UNNAMED))
        return add(session, user_id, wanted, look, project_id=project_id)


def add(session: Session, user_id: str, wanted: Change, look: str, *, project_id: str | None = None) -> Project:
    """Add a project to a transaction; raise as `create` does for its uploads."""
    project = Project(
        id=project_id or new_id(),
        user_id=user_id,
        name=_UNNAMED,
        settings=wanted.settings or {},
        look=look,
        song=None,
        searched="",
    )
    session.add(project)
    set_committed_value(project, "people", [])
    session.flush()
    _apply(session, project, wanted, look, user_id=user_id)
    return project


def change(
    user: User,
    project: Project,
    version: int,
    wanted: Change,
    *,
    restored: int | None = None,
    is_separate: bool = False,
    forgets_thumbnail: bool = False,
) -> Project:
    """Change a project, unless somebody has changed it since `version`: then raise Conflict with the newer version.

    A thumbnail alone makes no newer version. Raise NotFound and NotAllowed for a user who may not edit it any more.
    `restored` numbers the version brought back; `is_separate` makes a version of its own, so that the one before can
    be brought back. `forgets_thumbnail`: what it shows is another look from now on, until the studio draws it.
    """
    look = look_of(wanted.settings) if wanted.settings is not None else None
    with changing(project.user_id) as session:
        project = open_project(session, user, project.id, Right.EDIT, lock=True).project
        if project.version != version:
            raise Conflict(
                "Someone has changed this project since you opened it.",
                version=project.version,
                yours=version,
                by=versions.last_author(session, project, user),
            )
        if user.id != project.user_id:
            _refuse_other_uploads(session, project, wanted)
        if wanted.thumbnail_id and wanted == Change(thumbnail_id=wanted.thumbnail_id):
            # The studio draws the picture of what it has saved a moment ago.
            _set_thumbnail(session, project, wanted)
            versions.set_thumbnail(session, project)
            keep_uploads(session, project)
            return project
        project.version += 1
        project.changed_at = now()
        if forgets_thumbnail:
            project.thumbnail_id = None
        _apply(session, project, wanted, look, user_id=user.id, restored=restored, is_separate=is_separate)
    return project


def note_opened(user: User, project: Project) -> None:
    """Note that the owner looks at a project, or that somebody accepts the invitation to it."""
    with writing() as session:
        if user.id == project.user_id:
            own_project(session, user.id, project.id, lock=True).opened_at = now()
        else:
            mine = (ProjectPerson.project_id == project.id, ProjectPerson.user_id.is_(None), is_person(user))
            session.execute(update(ProjectPerson).where(*mine).values(user_id=user.id, accepted_at=now()))


def own_project(session: Session, user_id: str, project_id: str, *, lock: bool = False) -> Project:
    """Return a customer's project with its song; raise NotFound for another's, a deleted one, or none."""
    query = own_projects(user_id).where(Project.id == project_id)
    if lock:
        query = query.with_for_update(of=Project).execution_options(populate_existing=True)
    project = session.scalar(query)
    if project is None:
        raise NotFound("There is no such project.")
    return project


def own_projects(user_id: str, *, deleted: bool = False) -> Select[Project]:
    """Return the select of a customer's projects, with their songs and people."""
    there = Project.deleted_at.is_not(None) if deleted else Project.deleted_at.is_(None)
    loads = (joinedload(Project.song), selectinload(Project.people))
    return select(Project).options(*loads).where(Project.user_id == user_id, there)


def found(
    query: Select[Project], *, search: str = "", look: str | None = None, sort: Sort = "changed"
) -> Select[Project]:
    """Narrow a select to the projects that have every word of a search in their name, song, artist or look; sort it."""
    for word in folded(search).split():
        query = query.where(Project.searched.contains(word, autoescape=True))
    if look:
        query = query.where(Project.look == look)
    if sort == "name":
        return query.order_by(func.lower(Project.name), Project.id)
    column = {
        "changed": Project.changed_at,
        "created": Project.created_at,
        "opened": Project.opened_at,
        "deleted": Project.deleted_at,
    }[sort]
    return query.order_by(column.desc(), Project.id.desc())


def delete_projects(user_id: str, project_ids: Sequence[str]) -> list[str]:
    """Delete projects, for now: they can be brought back for 30 days. Return the ids of those that were there."""
    with changing(user_id) as session:
        gone = own_many(session, user_id, project_ids)
        for project in gone:
            project.deleted_at = now()
        session.flush()
        for upload in uploads_of(session, [project.id for project in gone]):
            settle(session, upload)
    return [project.id for project in gone]


def bring_back(user_id: str, project_ids: Sequence[str]) -> list[str]:
    """Bring deleted projects back; return the ids of those that were still there. Raise Conflict as `create` does."""
    with changing(user_id) as session:
        found = own_many(session, user_id, project_ids, deleted=True)
        back = [each for each in found if each.deleted_at and each.deleted_at >= now() - BROUGHT_BACK_FOR]
        refuse_too_many(session, user_id, adding=len(back))
        for project in back:
            project.deleted_at = None
        session.flush()
        for upload in uploads_of(session, [project.id for project in back]):
            settle(session, upload)
    return [project.id for project in back]


def erase_deleted(user_id: str, project_ids: Sequence[str]) -> list[str]:
    """Delete deleted projects for good, with the uploads that nothing else needs.

    Return the ids of those that were there. Projects that are not deleted stay.
    """
    with changing(user_id) as session:
        ids = [project.id for project in own_many(session, user_id, project_ids, deleted=True)]
        project_uploads = uploads_of(session, ids)
        _erase(session, Project.id.in_(ids))
        for upload in project_uploads:
            delete_unneeded(session, upload)
    return ids


def forget_deleted(limit: int) -> int:
    """Delete up to so many projects for good that were deleted long ago; return how many."""
    with writing() as session:
        ids = session.scalars(forgettable().limit(limit)).all()
        # Asked again: one of them may have been brought back meanwhile.
        is_old = Project.deleted_at < now() - BROUGHT_BACK_FOR
        return _erase(session, Project.id.in_(ids), is_old)


def forgettable() -> Select[str]:
    """Return the select of the ids of projects that nobody can bring back any more."""
    return select(Project.id).where(Project.deleted_at < now() - BROUGHT_BACK_FOR)


def _erase(session: Session, *which: ColumnElement[bool]) -> int:
    """Delete the rows of projects, with their versions, people and links; return how many."""
    return len(session.scalars(delete(Project).where(*which).returning(Project.id)).all())


@contextmanager
def changing(user_id: str) -> Iterator[Session]:
    """Open a transaction that changes projects: one of a customer at a time, and submits wait for the same lock."""
    with writing() as session:
        current_plan.lock_customer(session, user_id)
        yield session


def _refuse_other_uploads(session: Session, project: Project, wanted: Change) -> None:
    """Raise unless an editor leaves the song alone, and names only pictures that were sent for this project."""
    if wanted.song_id not in (None, project.song_id):
        raise NotAllowed("Only the owner of this project can change its song.")
    named = {*pictures_in(wanted.settings or {}), wanted.thumbnail_id} - {None}
    query = select(ProjectUpload.upload_id).where(ProjectUpload.project_id == project.id)
    if not named <= set(session.scalars(query)):
        raise NotFound("There is no such upload. Please upload the file again.")


def _apply(
    session: Session,
    project: Project,
    wanted: Change,
    look: str | None,
    *,
    user_id: str,
    restored: int | None = None,
    is_separate: bool = False,
) -> None:
    if wanted.song_id is not None:
        project.song = uploads.open_upload(session, project.user_id, wanted.song_id)
        project.song_id = wanted.song_id
    _set_thumbnail(session, project, wanted)
    if wanted.settings is not None and look is not None:
        for picture in pictures_in(wanted.settings):
            uploads.open_upload(session, project.user_id, picture, kind=PICTURE)
        project.settings, project.look = wanted.settings, look
    if wanted.name is not None or project.name == _UNNAMED:
        project.name = _name(wanted.name) or _song_name(project.song) or _UNNAMED
    project.searched = searched_texts(project)
    versions.record(session, project, user_id, restored=restored, is_separate=is_separate)
    keep_uploads(session, project)


def _set_thumbnail(session: Session, project: Project, wanted: Change) -> None:
    if wanted.thumbnail_id is not None:
        uploads.open_upload(session, project.user_id, wanted.thumbnail_id, kind=PICTURE)
        project.thumbnail_id = wanted.thumbnail_id


def own_many(session: Session, user_id: str, ids: Iterable[str], *, deleted: bool = False) -> list[Project]:
    """Return those of some projects that are a customer's own, locked."""
    query = own_projects(user_id, deleted=deleted).where(Project.id.in_(list(ids))).order_by(Project.id)
    return list(session.scalars(query.with_for_update(of=Project).execution_options(populate_existing=True)))


def refuse_too_many(session: Session, user_id: str, *, adding: int) -> None:
    """Raise Conflict where a customer would have more than the most projects."""
    query = select(func.count()).select_from(Project).where(Project.user_id == user_id, Project.deleted_at.is_(None))
    if (session.scalar(query) or 0) + adding > MOST_PROJECTS:
        raise Conflict(f"You have {MOST_PROJECTS} projects, which is the most. Please delete some first.")


def _name(name: str | None) -> str:
    return cut(one_line(name or ""), LONGEST_NAME)


def _song_name(song: Upload | None) -> str:
    return _name(song.title or PurePath(song.filename).stem) if song else ""


def searched_texts(project: Project) -> str:
    """Return the texts of a project that a search looks into, without case."""
    song, shown = project.song, project.settings.get("text") or {}
    texts = [project.name, shown.get("title"), shown.get("artist"), project.look]
    if song:
        texts += [song.title, song.artist, song.filename]
    return folded(" ".join(text for text in texts if text))[:_LONGEST_SEARCHED]
