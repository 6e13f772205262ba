"""The last versions of a project: who left it how, and when."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session, joinedload

from oriel.accounts.models import User
from oriel.errors import NotFound
from oriel.infra.clock import now
from oriel.projects.models import Project, ProjectVersion

MOST_VERSIONS = 20
# What one person changes within such a time is one version: the studio saves every few seconds.
_ONE_VERSION_FOR = timedelta(minutes=10)
_A_DELETED_ACCOUNT = "A deleted account"
_ANOTHER_EDITOR = "Another editor"


def record(
    session: Session, project: Project, user_id: str, *, restored: int | None = None, is_separate: bool = False
) -> None:
    """Note how a user leaves a project, in their version of the last minutes or in a new one (`is_separate`)."""
    latest = _latest(session, project.id)
    if latest is None or is_separate or restored is not None or not _goes_on(latest, user_id):
        latest = ProjectVersion(project_id=project.id, user_id=user_id, restored=restored)
        session.add(latest)
    latest.number = project.version
    latest.name, latest.settings, latest.look = project.name, project.settings, project.look
    latest.thumbnail_id, latest.changed_at = project.thumbnail_id, now()
    session.flush()
    _forget_oldest(session, project.id)


def set_thumbnail(session: Session, project: Project) -> None:
    """Give the latest version the picture that its project has now."""
    if latest := _latest(session, project.id):
        latest.thumbnail_id = project.thumbnail_id


def listed(session: Session, project: Project) -> Sequence[ProjectVersion]:
    """Return a project's versions with their authors, the latest first."""
    return session.scalars(_versions(project.id)).all()


def version(session: Session, project: Project, version_id: str) -> ProjectVersion:
    """Return one of a project's versions; raise NotFound."""
    row = session.scalar(_versions(project.id).where(ProjectVersion.id == version_id))
    if row is None:
        raise NotFound("This version is no longer kept. Choose another one from the list.")
    return row


def last_author(session: Session, project: Project, reader: User) -> str:
    """Return who has changed a project last, as `reader` may know them; "" for the reader."""
    latest = session.scalar(_versions(project.id).limit(1))
    if latest is None or latest.user_id == reader.id:
        return ""
    return author(latest, project, reader)


def author(version: ProjectVersion, project: Project, reader: User) -> str:
    """Return the name of a version's author, or their address if the reader knows it.

    The owner has invited everybody, and everybody sees whose project it is; editors do not know one another.
    """
    if version.user is None:
        return _A_DELETED_ACCOUNT
    knows_address = project.user_id in (reader.id, version.user_id) or reader.id == version.user_id
    return version.user.name or (version.user.email if knows_address else _ANOTHER_EDITOR)


def _versions(project_id: str) -> Select[ProjectVersion]:
    query = select(ProjectVersion).options(joinedload(ProjectVersion.user))
    return query.where(ProjectVersion.project_id == project_id).order_by(ProjectVersion.number.desc())


def _latest(session: Session, project_id: str) -> ProjectVersion | None:
    query = select(ProjectVersion).where(ProjectVersion.project_id == project_id)
    return session.scalar(query.order_by(ProjectVersion.number.desc()).limit(1))


def _goes_on(latest: ProjectVersion, user_id: str) -> bool:
    # A version that was brought back stays as it was chosen.
    return latest.user_id == user_id and latest.restored is None and now() - latest.begun_at < _ONE_VERSION_FOR


def _forget_oldest(session: Session, project_id: str) -> None:
    query = select(ProjectVersion.number).where(ProjectVersion.project_id == project_id)
    oldest = session.scalar(query.order_by(ProjectVersion.number.desc()).offset(MOST_VERSIONS - 1).limit(1))
    if oldest is not None:
        old = (ProjectVersion.project_id == project_id, ProjectVersion.number < oldest)
        session.execute(delete(ProjectVersion).where(*old))
