"""A customer's renders as a list: filtered by state, look and project, searched and sorted."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from oriel.infra.clock import now
from oriel.names import folded
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
    query = select(RenderJob).where(RenderJob.user_id == user_id)
    if wanted.state:
        query = query.where(_is_in(wanted.state))
    if wanted.look:
        query = query.where(RenderJob.look == wanted.look)
    if wanted.project_id:
        query = query.where(RenderJob.project_id == wanted.project_id)
    for word in folded(wanted.search).split():
        query = query.where(RenderJob.searched.contains(word, autoescape=True))
    return _sorted(query, sort)


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
