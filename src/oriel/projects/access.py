"""Access to projects: what each role may do, declared by the routes and checked in this one place."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import g
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from oriel.accounts.access import current_user
from oriel.accounts.models import User
from oriel.errors import NotAllowed, NotFound
from oriel.infra.database import db
from oriel.infra.openapi_extensions import note
from oriel.projects.links import link_id_in
from oriel.projects.models import Project, ProjectPerson

View = TypeVar("View", bound=Callable[..., Any])

# The name in the OpenAPI document; the access tests read it there.
_DECLARED = "x-project-right"


class Role(StrEnum):
    """What somebody is to a project."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"
    LINK = "link"
    COPY_LINK = "copy_link"


class Right(StrEnum):
    """What somebody may do with a project."""

    VIEW = "view"
    HEAR = "hear"
    COPY = "copy"
    EDIT = "edit"
    OWN = "own"


_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.EDITOR: frozenset({Right.VIEW, Right.HEAR, Right.COPY, Right.EDIT}),
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.LINK: frozenset({Right.VIEW}),
    Role.COPY_LINK: frozenset({Right.VIEW, Right.COPY}),
}
_REFUSALS: Mapping[Right, str] = {
    Right.VIEW: "You cannot view this project.",
    Right.HEAR: "The owner of this project has not shared its song.",
    Right.COPY: "The owner of this project does not let others copy it.",
    Right.EDIT: "You can view this project, but not change it. Ask its owner to make you an editor.",
    Right.OWN: "Only the owner of this project can do this.",
}
_NONE = "There is no such project."
_NO_LINK = "This link no longer works. Ask the person who sent it for a new one."


@dataclass(frozen=True)
class OpenedProject:
    """A project with the role of the caller."""

    project: Project
    role: Role

    def may(self, right: Right) -> bool:
        """Return whether the caller may do this."""
        return right in _rights_of(self.project, self.role)

    def require(self, right: Right) -> None:
        """Raise NotAllowed if the caller may not do this."""
        if not self.may(right):
            raise NotAllowed(_REFUSALS[right])


def needs(right: Right) -> Callable[[View], View]:
    """Admit users with this right to the project in the path, on a route for users."""
    return _guard(right, "project_id", lambda id_: open_project(db.session, current_user(), id_, right))


def needs_link(right: Right) -> Callable[[View], View]:
    """Admit those whose link gives this right, by the token in the path."""
    return _guard(right, "token", lambda token: open_link(db.session, token, right))


def declares(kind: str) -> Callable[[View], View]:
    """Declare a route that opens no single project: "self" touches the caller's own alone, "sealed" checks a seal."""

    def decorate(view: View) -> View:
        note(view, _DECLARED, kind)
        return view

    return decorate


def opened() -> OpenedProject:
    """Return the project that the route's declaration has opened."""
    project = g.opened_project
    assert isinstance(project, OpenedProject)
    return project


def open_project(
    session: Session, user: User, project_id: str, right: Right = Right.VIEW, *, lock: bool = False
) -> OpenedProject:
    """Return a project that is not deleted, with the user's role; raise NotFound for strangers, and NotAllowed."""
    query = visible_projects().where(Project.id == project_id)
    if lock:
        query = query.with_for_update(of=Project).execution_options(populate_existing=True)
    project = session.scalar(query)
    role = role_of(project, user) if project else None
    if project is None or role is None:
        raise NotFound(_NONE)
    return _with_right(OpenedProject(project, role), right)


def open_link(session: Session, token: str, right: Right = Right.VIEW) -> OpenedProject:
    """Return the project behind a link; raise NotFound for a forged or revoked one, and NotAllowed."""
    link_id = link_id_in(token)
    project = session.scalar(visible_projects().where(Project.link_id == link_id)) if link_id else None
    if project is None or project.owner.disabled_at:
        raise NotFound(_NO_LINK)
    role = Role.COPY_LINK if project.link_copies else Role.LINK
    return _with_right(OpenedProject(project, role), right)


def visible_projects() -> Select[Project]:
    """Return the select of projects that are not deleted, with their songs, owners and people."""
    loads = (joinedload(Project.song), joinedload(Project.owner), selectinload(Project.people))
    return select(Project).options(*loads).where(Project.deleted_at.is_(None))


def shared_with(user: User) -> Select[Project]:
    """Return the select of the projects of others that a user may open."""
    ids = select(ProjectPerson.project_id).where(is_person(user))
    enabled = select(User.id).where(User.id == Project.user_id, User.disabled_at.is_(None)).exists()
    return visible_projects().where(Project.id.in_(ids), Project.user_id != user.id, enabled)


def role_of(project: Project, user: User) -> Role | None:
    """Return a user's role in a project; None for a stranger."""
    if project.user_id == user.id:
        return Role.OWNER
    if project.owner.disabled_at:
        return None
    roles = {person.role for person in project.people if _is_same(person, user)}
    return next((role for role in (Role.EDITOR, Role.VIEWER) if role in roles), None)


def is_person(user: User) -> ColumnElement[bool]:
    """Return the condition for a user's rows: those they have accepted, and invitations to their confirmed address."""
    accepted = ProjectPerson.user_id == user.id
    if not user.email_verified:
        return accepted
    return or_(accepted, and_(ProjectPerson.user_id.is_(None), ProjectPerson.email == user.email))


def _is_same(person: ProjectPerson, user: User) -> bool:
    if person.user_id:
        return person.user_id == user.id
    return user.email_verified and person.email == user.email


def _rights_of(project: Project, role: Role) -> frozenset[Right]:
    rights = _RIGHTS[role]
    if project.plays_song:
        rights |= {Right.HEAR}
    # A viewer may do what everybody with the link may.
    if role is Role.VIEWER and project.link_id and project.link_copies:
        rights |= {Right.COPY}
    return rights


def _with_right(project: OpenedProject, right: Right) -> OpenedProject:
    project.require(right)
    return project


def _guard(right: Right, name: str, find: Callable[[str], OpenedProject]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  (whatever the view takes and answers)
            g.opened_project = find(kwargs.pop(name))
            return view(*args, **kwargs)

        note(guarded, _DECLARED, str(right))
        return cast("View", guarded)

    return decorate
