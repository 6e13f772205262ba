"""The people of a project: invited by mail address as viewers or editors, until they leave or are removed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from flask import current_app
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from oriel import mails
from oriel.accounts import confirmations, delays
from oriel.accounts.addresses import checked_email
from oriel.accounts.models import User
from oriel.errors import Conflict, NotFound
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.privacy import usage
from oriel.projects.access import OpenedProject, Right, Role, is_person, open_project
from oriel.projects.models import Project, ProjectPerson
from oriel.projects.projects import changing
from oriel.settings import Settings

MOST_PEOPLE = 20
# Invitations to one address, from everybody; more would only fill a stranger's mailbox.
_MOST_MAILS = 5
_MAILS_COUNT_FOR = timedelta(hours=1)
_KIND = "invitation"
# A button that is pressed twice, or a page that is loaded anew, leads to the same place.
_JUST_NOW = timedelta(minutes=10)

PersonRole = Literal["viewer", "editor"]


def people_of(session: Session, project: Project) -> Sequence[ProjectPerson]:
    """Return a project's people with the accounts of those who have accepted, in the order of their invitations."""
    query = select(ProjectPerson).options(joinedload(ProjectPerson.user))
    return session.scalars(query.where(ProjectPerson.project_id == project.id).order_by(ProjectPerson.id)).all()


def invite(user: User, project: Project, email: str, role: PersonRole) -> ProjectPerson:
    """Invite an address, whether or not it has an account, and send the mail.

    Raise InvalidEmail, and Conflict for an address that is invited already, the owner's own, and one too many.
    """
    address = checked_email(email)
    with changing(project.user_id) as session:
        project = open_project(session, user, project.id, Right.OWN, lock=True).project
        _refuse(project, address)
        person = ProjectPerson(project_id=project.id, email=address, role=role)
        session.add(person)
        session.flush()
        _send(session, project, person)
        usage.record(session, user.id, "share:invitation")
    return _person(session, project, person.id)


def change_role(user: User, project: Project, person_id: str, role: PersonRole) -> ProjectPerson:
    """Make somebody a viewer or an editor; raise NotFound."""
    with changing(project.user_id) as session:
        open_project(session, user, project.id, Right.OWN, lock=True)
        person = _person(session, project, person_id)
        person.role = role
    return person


def remove(user: User, project: Project, person_id: str) -> None:
    """End somebody's access, or take an invitation back; raise NotFound."""
    with changing(project.user_id) as session:
        open_project(session, user, project.id, Right.OWN, lock=True)
        session.delete(_person(session, project, person_id))


def leave(user: User, opened: OpenedProject) -> None:
    """Give up one's own access, or decline an invitation; raise Conflict for the owner."""
    if opened.role is Role.OWNER:
        raise Conflict("This is your own project. Delete it if you no longer need it.")
    with writing() as session:
        session.execute(delete(ProjectPerson).where(ProjectPerson.project_id == opened.project.id, is_person(user)))


@confirmations.register
def accept_invitations(session: Session, user: User) -> str:
    """Accept what waits for the address that a user has confirmed; return the page of what they got just now, or ""."""
    waiting = (ProjectPerson.email == user.email, ProjectPerson.user_id.is_(None))
    session.execute(update(ProjectPerson).where(*waiting).values(user_id=user.id, accepted_at=now()))
    fresh = (ProjectPerson.user_id == user.id, ProjectPerson.accepted_at > now() - _JUST_NOW)
    query = select(Project.id).join(ProjectPerson, ProjectPerson.project_id == Project.id)
    there = query.where(*fresh, Project.deleted_at.is_(None)).order_by(ProjectPerson.id.desc()).limit(1)
    project_id = session.scalar(there)
    return f"/shared/{project_id}" if project_id else ""


def _refuse(project: Project, address: str) -> None:
    if address == project.owner.email:
        raise Conflict("This is your own address. Enter the address of the person you want to invite.")
    if any(person.email == address for person in project.people):
        raise Conflict("This person is on the list already. You can change their role there.")
    if len(project.people) >= MOST_PEOPLE:
        raise Conflict(f"A project can have up to {MOST_PEOPLE} people. Remove someone first.")


def _person(session: Session, project: Project, person_id: str) -> ProjectPerson:
    query = select(ProjectPerson).options(joinedload(ProjectPerson.user))
    person = session.scalar(query.where(ProjectPerson.id == person_id, ProjectPerson.project_id == project.id))
    if person is None:
        raise NotFound("This person is not on the list any more.")
    return person


def _send(session: Session, project: Project, person: ProjectPerson) -> None:
    """Send the invitation, unless the address has had enough: the owner cannot tell, and the invitation holds."""
    delays.hold(session, delays.recipient_key(person.email))
    recent = (mails.OutboxMail.kind == _KIND, mails.OutboxMail.created_at > now() - _MAILS_COUNT_FOR)
    query = select(func.count()).select_from(mails.OutboxMail).where(*recent, mails.OutboxMail.to == person.email)
    if (session.scalar(query) or 0) >= _MOST_MAILS:
        return
    settings: Settings = current_app.config["ORIEL"]
    link = f"{settings.base_url}/shared/{project.id}"
    owner = project.owner
    letter = mails.invitation(owner.name, owner.email, project.name, link, may_edit=person.role == Role.EDITOR)
    mails.enqueue(session, letter, to=person.email, user_id=None, kind=_KIND, subject_key=person.id)
