"""Active customers: those who sign in, upload, save a project or submit a render. Only numbers leave this module."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from oriel.accounts.activity import Did
from oriel.accounts.models import ROLE_USER, Activity, User
from oriel.infra.ids import first_id
from oriel.media.models import Upload
from oriel.projects.models import Project, ProjectVersion
from oriel.rendering.models import RenderJob

# Operators try things out, and would look like customers.
IS_CUSTOMER = User.role == ROLE_USER

_SIGNS_OF_LIFE = (str(Did.REGISTERED), str(Did.LOGGED_IN), str(Did.EMAIL_CONFIRMED))


def active_accounts(session: Session, since: datetime, until: datetime, among: Collection[str] | None = None) -> int:
    """Return how many customers were active from `since` until before `until`, of all or `among` some."""
    if among is not None and not among:
        return 0
    # Ids begin with the time, so that each part is a range of a primary key.
    first, end = first_id(since), first_id(until)
    parts: list[Select[Any]] = [
        select(Activity.user_id).where(Activity.id >= first, Activity.id < end, Activity.kind.in_(_SIGNS_OF_LIFE)),
        select(Upload.user_id).where(Upload.id >= first, Upload.id < end),
        select(Project.user_id).where(Project.id >= first, Project.id < end),
        # Saving a project goes on in its author's version of the last minutes; the first save of these counts.
        select(ProjectVersion.user_id).where(
            ProjectVersion.id >= first, ProjectVersion.id < end, ProjectVersion.user_id.is_not(None)
        ),
        select(RenderJob.user_id).where(RenderJob.id >= first, RenderJob.id < end),
    ]
    if among is not None:
        columns = (Activity.user_id, Upload.user_id, Project.user_id, ProjectVersion.user_id, RenderJob.user_id)
        parts = [part.where(column.in_(among)) for part, column in zip(parts, columns, strict=True)]
    active = union(*parts).subquery()
    query = select(func.count()).select_from(active).join(User, User.id == active.c.user_id).where(IS_CUSTOMER)
    return session.scalar(query) or 0
