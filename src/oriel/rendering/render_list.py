"""A customer's renders as a list: filtered by state, look and project, searched and sorted; and off the list."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from oriel.errors import WrongState
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.names import folded
from oriel.rendering.cancellation import locked_job, own_job
from oriel.rendering.models import CANCELLED, COMPLETED, FAILED, UNDER_WAY, RenderJob

State = Literal["under_way", "available", "deleted", "failed", "cancelled"]
Sort = Literal["newest", "oldest", "name", "expires"]


@dataclass(frozen=True)
class Filter:
    """Which renders to list; "" and None list them all."""

    state: State | None = None
    look: str | None = None
    project_id: str | None = None
    search: str = ""


def own_renders(user_id: str, wanted: Filter = Filter(), sort: Sort = "newest") -> Select[RenderJob]:
    """Return the select of a customer's renders that pass a filter, sorted."""
    query = select(RenderJob).where(RenderJob.user_id == user_id, RenderJob.removed_at.is_(None))
    if wanted.state:
        query = query.where(_is_in(wanted.state))
    if wanted.look:
        query = query.where(RenderJob.look == wanted.look)
    if wanted.project_id:
        query = query.where(RenderJob.project_id == wanted.project_id)
    for word in folded(wanted.search).split():
        query = query.where(RenderJob.searched.contains(word, autoescape=True))
    return _sorted(query, sort)


def remove(user_id: str, job_id: str) -> None:
    """Take a render off its customer's lists; one that is off already stays so.

    Raise NotFound, and WrongState while it is under way or its video is there.
    """
    own_job(user_id, job_id)
    with writing() as session:
        job = locked_job(session, job_id)
        if job.status in UNDER_WAY:
            raise WrongState("This render has not ended yet. Cancel it first.", status=job.status)
        if job.video_url:
            raise WrongState("This render still has its video. Delete that first.", status=job.status)
        job.removed_at = job.removed_at or now()


def put_back(user_id: str, job_id: str) -> RenderJob:
    """Put a render on its customer's lists again; raise NotFound."""
    own_job(user_id, job_id)
    with writing() as session:
        job = locked_job(session, job_id)
        job.removed_at = None
    return job


def _is_in(state: State) -> ColumnElement[bool]:
    is_available = and_(RenderJob.deleted_at.is_(None), RenderJob.expires_at > now())
    conditions: dict[State, ColumnElement[bool]] = {
        "under_way": RenderJob.status.in_(UNDER_WAY),
        "available": and_(RenderJob.status == COMPLETED, is_available),
        "deleted": and_(RenderJob.status == COMPLETED, ~is_available),
        "failed": RenderJob.status == FAILED,
        "cancelled": RenderJob.status == CANCELLED,
    }
    return conditions[state]


def _sorted(query: Select[RenderJob], sort: Sort) -> Select[RenderJob]:
    if sort == "oldest":
        return query.order_by(RenderJob.created_at.asc(), RenderJob.id)
    if sort == "name":
        # As lists show it: a render without a title goes by its song's file.
        query = query.order_by(func.lower(func.coalesce(func.nullif(RenderJob.title, ""), RenderJob.audio_filename)))
    if sort == "expires":
        query = query.order_by(case((_is_in("available"), RenderJob.expires_at)).asc().nulls_last())
    return query.order_by(RenderJob.created_at.desc(), RenderJob.id)
