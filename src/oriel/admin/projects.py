"""Projects: what customers keep in the studio, with whom they share it, and taking a public link back."""

from collections.abc import Callable, Sequence

from flask import request, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer
from werkzeug.wrappers import Response

from oriel.accounts.models import User
from oriel.admin.cells import Badge, Two
from oriel.admin.customers import address_of, customer_link, is_of_customer, load_addresses
from oriel.admin.lists import BaseModelView, Button, Cell, Column, Condition, Filter, Section
from oriel.admin.many import act_on
from oriel.admin.views import act
from oriel.errors import NotFound
from oriel.infra.database import db
from oriel.names import folded
from oriel.projects import projects
from oriel.projects.links import link_to
from oriel.projects.models import Project, ProjectPerson, ProjectVersion
from oriel.projects.sharing import Sharing, change_sharing

_STATES = {"shared": "With a link", "deleted": "Deleted"}
_MOST_PEOPLE = 50


class ProjectView(BaseModelView[Project]):
    """The projects of all customers."""

    menu_name = "Projects"
    part = "projects"
    group = "Work"
    model = Project
    description = "Songs with their settings, as customers keep them in the studio."
    search_hint = "a part of name or song, the beginning of the customer's address, or an id"
    empty_sentence = "Nobody has saved a project yet."
    tabs = "state"
    columns = (
        Column("Project", lambda each: Two(each.name, ""), lambda each: f"/admin/projects/{each.id}"),
        Column("State", lambda each: _state(each)),
        Column("Customer", lambda each: address_of(each.user_id), lambda each: customer_link(each.user_id)),
        Column("Look", lambda each: each.look),
        Column("Version", lambda each: each.version),
        Column("Made", lambda each: each.created_at),
        Column("Changed", lambda each: each.changed_at),
    )
    filters = (
        Filter(
            "state",
            "State",
            {"shared": Project.link_id.is_not(None), "deleted": Project.deleted_at.is_not(None)},
            words=_STATES,
        ),
    )

    def query(self) -> Select[Project]:
        """Return the query without the settings, which a row's own page reads."""
        return select(Project).options(defer(Project.settings))

    def searched(self, text: str) -> Condition:
        """Find by id, by the beginning of the customer's address, or by a part of name and song."""
        words = Project.searched.contains(folded(text), autoescape=True)
        return is_of_customer(Project.user_id, text) | (Project.id == text) | words

    def prepare(self, rows: Sequence[Project]) -> None:
        """Load the customers' addresses."""
        load_addresses(each.user_id for each in rows)

    def title_of(self, row: Project) -> str:
        """Return the name."""
        return row.name

    def badges(self, row: Project) -> Sequence[Badge]:
        """Return whether it is shared or deleted."""
        return [_state(row)]

    def buttons(self, row: Project) -> Sequence[Button]:
        """Return what can be done with this project as it is."""
        if row.deleted_at:
            confirm = "Its owner sees it again, with its song."
            return (Button("project.restore", url_for(".restore", key=row.id), confirm=confirm),)
        if row.link_id:
            confirm = "The link stops working at once. Its owner may make another one."
            return (Button("project.unshare", url_for(".unshare", key=row.id), confirm=confirm, is_dangerous=True),)
        return ()

    def sections(self, row: Project) -> Sequence[Section]:
        """Return everything about a project."""
        load_addresses([row.user_id])
        song = Cell(row.song_id, f"/admin/uploads/{row.song_id}") if row.song_id else None
        facts = {
            "Owner": Cell(address_of(row.user_id), customer_link(row.user_id)),
            "Look": row.look,
            "Song": song,
            "Version": row.version,
            "Kept versions": _count(select(ProjectVersion.id).where(ProjectVersion.project_id == row.id)),
            "Made": row.created_at,
            "Changed": row.changed_at,
            "Opened": row.opened_at,
            "Deleted": row.deleted_at,
        }
        sharing = {
            "Public link": Cell("Open", link_to(row.link_id)) if row.link_id else None,
            "Visitors may copy it": row.link_copies,
            "Visitors hear its song": row.plays_song,
        }
        return [
            Section("Project", {name: value for name, value in facts.items() if value is not None}),
            Section("Sharing", sharing),
            Section("Invited people", header=("Address", "Role", "Invited", "Accepted"), rows=_people(row)),
            Section("Settings", {"Everything": row.settings}),
        ]

    @act("/unshare", "project.unshare")
    def unshare(self) -> Response:
        """Switch a project's public link off."""
        return self._done("project.unshare", _unshare, "is not public any more")

    @act("/restore", "project.restore")
    def restore(self) -> Response:
        """Bring a deleted project back."""
        return self._done("project.restore", _restore, "is back")

    def _done(self, action: str, verb: Callable[[str], object], done: str) -> Response:
        key = request.args.get("key", "")
        return act_on([key], action, "project", verb, done, self.url_of(key))


def _unshare(project_id: str) -> None:
    project = _found(project_id)
    owner = db.session.get_one(User, project.user_id)
    change_sharing(owner, project, Sharing(link=False))


def _restore(project_id: str) -> None:
    if not projects.bring_back(_found(project_id).user_id, [project_id]):
        raise NotFound("This project is not deleted.")


def _found(project_id: str) -> Project:
    project = db.session.get(Project, project_id)
    if project is None:
        raise NotFound("There is no such project.")
    return project


def _people(project: Project) -> list[tuple[object, ...]]:
    query = select(ProjectPerson).where(ProjectPerson.project_id == project.id).order_by(ProjectPerson.id)
    people = db.session.scalars(query.limit(_MOST_PEOPLE))
    return [
        (Cell(each.email, customer_link(each.user_id)), each.role, each.invited_at, each.accepted_at) for each in people
    ]


def _count(query: Select[str]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _state(project: Project) -> Badge:
    if project.deleted_at:
        return Badge("Deleted")
    return Badge("With a link", "live") if project.link_id else Badge("Private", "good")
