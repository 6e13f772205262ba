"""How a project is shared by its link: on or off, with copies, with the song."""

from dataclasses import dataclass

from oriel.accounts.models import User
from oriel.infra.ids import new_id
from oriel.privacy import usage
from oriel.projects.access import Right, open_project
from oriel.projects.models import Project
from oriel.projects.projects import changing


@dataclass(frozen=True)
class Sharing:
    """What changes; None leaves it as it is."""

    link: bool | None = None
    copies: bool | None = None
    song: bool | None = None


def change_sharing(user: User, project: Project, wanted: Sharing) -> Project:
    """Switch the link, copies and the song on or off. A link that is switched on again is a new one."""
    with changing(project.user_id) as session:
        project = open_project(session, user, project.id, Right.OWN, lock=True).project
        if wanted.link:
            usage.record(session, user.id, "share:link")
        if wanted.link is not None:
            project.link_id = (project.link_id or new_id()) if wanted.link else None
        if wanted.copies is not None:
            project.link_copies = wanted.copies
        if wanted.song is not None:
            project.plays_song = wanted.song
    return project
