"""Projects: made, found, changed, copied, deleted and brought back."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any, Literal

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, joinedload

from oriel.billing import current_plan
from oriel.errors import Conflict, NotFound
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_id
from oriel.media import references, uploads
from oriel.media.models import PICTURE, Upload
from oriel.names import cut, one_line
from oriel.projects.models import LONGEST_NAME, Project, ProjectUpload
from oriel.projects.settings_check import look_of

MOST_PROJECTS = 10_000
# A deleted project can be brought back for so long.
BROUGHT_BACK_FOR = timedelta(days=30)
_LONGEST_SEARCHED = 1000
_UNNAMED = "Untitled"
# What settings call the song's own cover as a background.
THE_COVER = "cover"

Sort = Literal["changed", "created", "opened", "name"]


@dataclass(frozen=True)
class Change:
    """What a project gets; None leaves it as it is."""

    name: str | None = None
    song_id: str | None = None
    thumbnail_id: str | None = None
    settings: dict[str, Any] | None = None


def create(user_id: str, wanted: Change, *, project_id: str | None = None) -> Project:
    """Make a project, once for each id that is given.

    Raise InvalidSettings, NotFound and Expired for its uploads, and Conflict beyond the most projects.
    """
    settings = wanted.settings or {}
    look = look_of(settings)
    with _changing(user_id) as session:
        if project_id and (before := session.get(Project, project_id)):
            if before.user_id != user_id or before.deleted_at:
                raise Conflict("This id is taken. Please send another one.")
            return own_project(session, user_id, project_id)
        _refuse_too_many(session, user_id, adding=1)
        project = Project(
            id=project_id or new_id(),
            user_id=user_id,
            name=_UNNAMED,
            settings=settings,
            look=look,
            song=None,
            searched="",
        )
        session.add(project)
        session.flush()
        _apply(session, project, wanted, look)
    return project


def change(user_id: str, project_id: str, version: int, wanted: Change) -> Project:
    """Change a project, unless somebody has changed it since `version`: then raise Conflict with the newer version."""
    look = look_of(wanted.settings) if wanted.settings is not None else None
    with _changing(user_id) as session:
        project = own_project(session, user_id, project_id, lock=True)
        if project.version != version:
            raise Conflict(
                "Somebody has changed this project since you opened it.", version=project.version, yours=version
            )
        _apply(session, project, wanted, look)
        project.version += 1
        project.changed_at = now()
    return project


def note_opened(user_id: str, project_id: str) -> None:
    """Note that a project is looked at; raise NotFound."""
    with writing() as session:
        own_project(session, user_id, project_id, lock=True).opened_at = now()


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
    """Return the select of a customer's projects, with their songs."""
    there = Project.deleted_at.is_not(None) if deleted else Project.deleted_at.is_(None)
    return select(Project).options(joinedload(Project.song)).where(Project.user_id == user_id, there)


def found(
    user_id: str, *, search: str = "", look: str | None = None, sort: Sort = "changed", deleted: bool = False
) -> Select[Project]:
    """Return the select of the projects that have every word of a search in their name, song, artist or look."""
    query = own_projects(user_id, deleted=deleted)
    for word in _folded(search).split():
        query = query.where(Project.searched.contains(word, autoescape=True))
    if look:
        query = query.where(Project.look == look)
    if sort == "name":
        return query.order_by(func.lower(Project.name), Project.id)
    column = {"changed": Project.changed_at, "created": Project.created_at, "opened": Project.opened_at}[sort]
    return query.order_by(column.desc(), Project.id.desc())


def duplicate(user_id: str, project_ids: Sequence[str]) -> list[Project]:
    """Copy projects, with the same uploads; those that are not there are left out."""
    with _changing(user_id) as session:
        _refuse_too_many(session, user_id, adding=len(project_ids))
        return [_copy(session, project) for project in _own(session, user_id, project_ids)]


def delete_projects(user_id: str, project_ids: Sequence[str]) -> list[str]:
    """Delete projects, for now: they can be brought back for 30 days. Return the ids of those that were there."""
    with _changing(user_id) as session:
        gone = _own(session, user_id, project_ids)
        for project in gone:
            project.deleted_at = now()
        session.flush()
        for upload in _uploads_of(session, [project.id for project in gone]):
            _settle(session, upload)
    return [project.id for project in gone]


def bring_back(user_id: str, project_ids: Sequence[str]) -> list[str]:
    """Bring deleted projects back; return the ids of those that were still there. Raise Conflict as `create` does."""
    with _changing(user_id) as session:
        found = _own(session, user_id, project_ids, deleted=True)
        back = [each for each in found if each.deleted_at and each.deleted_at >= now() - BROUGHT_BACK_FOR]
        _refuse_too_many(session, user_id, adding=len(back))
        for project in back:
            project.deleted_at = None
        session.flush()
        for upload in _uploads_of(session, [project.id for project in back]):
            _settle(session, upload)
    return [project.id for project in back]


def forget_deleted(limit: int) -> int:
    """Delete up to so many projects for good that were deleted long ago; return how many."""
    with writing() as session:
        is_old = Project.deleted_at < now() - BROUGHT_BACK_FOR
        ids = session.scalars(select(Project.id).where(is_old).limit(limit)).all()
        # Asked again: one of them may have been brought back meanwhile.
        gone = session.scalars(delete(Project).where(Project.id.in_(ids), is_old).returning(Project.id)).all()
    return len(gone)


@references.register
def is_in_project(session: Session, upload_id: str) -> bool:
    """Return whether a project that is not deleted needs this upload."""
    query = select(ProjectUpload.upload_id).join(Project).where(ProjectUpload.upload_id == upload_id)
    return session.scalar(query.where(Project.deleted_at.is_(None)).limit(1)) is not None


@contextmanager
def _changing(user_id: str) -> Iterator[Session]:
    """Open a transaction that changes projects: one of a customer at a time, and submits wait for the same lock."""
    with writing() as session:
        current_plan.lock_customer(session, user_id)
        yield session


def _apply(session: Session, project: Project, wanted: Change, look: str | None) -> None:
    if wanted.song_id is not None:
        project.song = uploads.open_upload(session, project.user_id, wanted.song_id)
        project.song_id = wanted.song_id
    if wanted.thumbnail_id is not None:
        uploads.open_upload(session, project.user_id, wanted.thumbnail_id, kind=PICTURE)
        project.thumbnail_id = wanted.thumbnail_id
    if wanted.settings is not None and look is not None:
        for picture in _pictures_in(wanted.settings):
            uploads.open_upload(session, project.user_id, picture, kind=PICTURE)
        project.settings, project.look = wanted.settings, look
    if wanted.name is not None or project.name == _UNNAMED:
        project.name = _name(wanted.name) or _song_name(project.song) or _UNNAMED
    project.searched = _searched(project)
    _keep(session, project)


def _pictures_in(settings: Mapping[str, Any]) -> list[str]:
    """Return the uploads that settings name as the cover and as the background."""
    cover, background = settings.get("cover") or {}, settings.get("background") or {}
    named = [cover.get("file") if cover.get("source") == "file" else None]
    named.append(background.get("image") if background.get("type") == "image" else None)
    return [each for each in named if each and each != THE_COVER]


def _keep(session: Session, project: Project) -> None:
    """Keep the uploads that a project needs, and let go of those that it needs no more."""
    named = (project.song_id, project.thumbnail_id, *_pictures_in(project.settings))
    # A picture that its owner has deleted meanwhile is still named.
    there = (Upload.id.in_([each for each in named if each]), Upload.deleted_at.is_(None))
    needed = set(session.scalars(select(Upload.id).where(*there)))
    query = select(ProjectUpload).where(ProjectUpload.project_id == project.id)
    before = {each.upload_id: each for each in session.scalars(query)}
    for upload_id in needed - before.keys():
        session.add(ProjectUpload(project_id=project.id, upload_id=upload_id))
    for upload_id in before.keys() - needed:
        session.delete(before[upload_id])
    session.flush()
    # In one order, so that two changes at once do not wait for each other.
    for upload_id in sorted(needed ^ before.keys()):
        upload = session.get_one(Upload, upload_id, with_for_update=True)
        if upload.deleted_at is None:
            _settle(session, upload)


def _settle(session: Session, upload: Upload) -> None:
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


def _own(session: Session, user_id: str, ids: Iterable[str], *, deleted: bool = False) -> list[Project]:
    query = own_projects(user_id, deleted=deleted).where(Project.id.in_(list(ids))).order_by(Project.id)
    return list(session.scalars(query.with_for_update(of=Project).execution_options(populate_existing=True)))


def _uploads_of(session: Session, project_ids: Sequence[str]) -> list[Upload]:
    ids = select(ProjectUpload.upload_id).where(ProjectUpload.project_id.in_(project_ids)).distinct()
    there = (Upload.id.in_(ids), Upload.deleted_at.is_(None))
    return list(session.scalars(select(Upload).where(*there).order_by(Upload.id).with_for_update()))


def _copy(session: Session, project: Project) -> Project:
    copy = Project(
        user_id=project.user_id,
        name=_copy_name(project.name),
        settings=project.settings,
        look=project.look,
        song_id=project.song_id,
        song=project.song,
        thumbnail_id=project.thumbnail_id,
        searched=project.searched,
    )
    session.add(copy)
    session.flush()
    # An upload that was deleted meanwhile is in neither.
    kept = select(ProjectUpload.upload_id).where(ProjectUpload.project_id == project.id)
    session.add_all(ProjectUpload(project_id=copy.id, upload_id=each) for each in session.scalars(kept))
    return copy


def _copy_name(name: str) -> str:
    ending = " (copy)"
    return f"{cut(name, LONGEST_NAME - len(ending))}{ending}"


def _refuse_too_many(session: Session, user_id: str, *, adding: int) -> None:
    query = select(func.count()).select_from(Project).where(Project.user_id == user_id, Project.deleted_at.is_(None))
    if (session.scalar(query) or 0) + adding > MOST_PROJECTS:
        raise Conflict(f"You have {MOST_PROJECTS} projects, which is the most. Please delete some first.")


def _name(name: str | None) -> str:
    return cut(one_line(name or ""), LONGEST_NAME)


def _song_name(song: Upload | None) -> str:
    return _name(song.title or PurePath(song.filename).stem) if song else ""


def _searched(project: Project) -> str:
    song, shown = project.song, project.settings.get("text") or {}
    texts = [project.name, shown.get("title"), shown.get("artist"), project.look]
    if song:
        texts += [song.title, song.artist, song.filename]
    return _folded(" ".join(text for text in texts if text))[:_LONGEST_SEARCHED]


def _folded(text: str) -> str:
    """Return a text as a search compares it: without case, and without what only looks different (NFKC)."""
    return one_line(unicodedata.normalize("NFKC", text).casefold())
