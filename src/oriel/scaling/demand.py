"""Reads the demand from the database: which renders may start, and how long they will take by measured speeds."""

from datetime import datetime

from sqlalchemy import Select, func, select

from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.rendering.drawing_work import BESIDES_S, HEIGHT, PIXELS, WIDTH
from oriel.rendering.models import PROCESSING, QUEUED, RenderJob
from oriel.rendering.speeds import USUAL_PACE, kind_of, usual_paces
from oriel.scaling.policy import Demand

# More waiting renders than this need the largest number of workers anyway.
_MOST_READ = 5000
# A running render that is late ends soon; it has not ended.
_LEAST_LEFT_S = 1.0
_FORMAT = RenderJob.render_config[("output", "format")].as_string()


def current_demand() -> Demand:
    """Return what there is to do now.

    A render that waits because its customer has as many running as the plan allows does not count: another worker
    would not start it.
    """
    at = now()
    paces = usual_paces()
    waiting = tuple(
        _expected_s(kind_of(look, format_, min(width, height)), pixels, paces)
        for look, format_, width, height, pixels in db.session.execute(_waiting(at))
    )
    running = tuple(
        _left_s(_expected_s(kind_of(look, format_, min(width, height)), pixels, paces), eta_s, started_at, at)
        for look, format_, width, height, pixels, eta_s, started_at in db.session.execute(_running())
    )
    db.session.commit()
    return Demand(waiting, running)


def busy_workers() -> set[str]:
    """Return the names of the workers that hold a render."""
    names = set(db.session.scalars(select(RenderJob.worker).where(RenderJob.status == PROCESSING)))
    db.session.commit()
    return {name for name in names if name}


def _waiting(at: datetime) -> Select[str, str, float, float, float]:
    """Select the oldest waiting renders of each customer, as many as may run beside those that run."""
    running = (
        select(RenderJob.user_id, func.count().label("count"))
        .where(RenderJob.status == PROCESSING)
        .group_by(RenderJob.user_id)
        .subquery()
    )
    place = func.row_number().over(partition_by=RenderJob.user_id, order_by=(RenderJob.created_at, RenderJob.id))
    placed = (
        select(RenderJob.id, place.label("place"))
        .where(RenderJob.status == QUEUED, RenderJob.run_after <= at)
        .subquery()
    )
    return (
        select(RenderJob.look, _FORMAT, WIDTH, HEIGHT, PIXELS)
        .join(placed, placed.c.id == RenderJob.id)
        .outerjoin(running, running.c.user_id == RenderJob.user_id)
        .where(placed.c.place + func.coalesce(running.c.count, 0) <= RenderJob.at_once)
        .order_by(RenderJob.created_at, RenderJob.id)
        .limit(_MOST_READ)
    )


def _running() -> Select[str, str, float, float, float, float | None, datetime | None]:
    query = select(RenderJob.look, _FORMAT, WIDTH, HEIGHT, PIXELS, RenderJob.eta_s, RenderJob.started_at)
    return query.where(RenderJob.status == PROCESSING).limit(_MOST_READ)


def _left_s(expected_s: float, eta_s: float | None, started_at: datetime | None, at: datetime) -> float:
    passed_s = (at - started_at).total_seconds() if started_at else 0.0
    return max(_LEAST_LEFT_S, expected_s - passed_s if eta_s is None else eta_s)


def _expected_s(kind: str, pixels: float, paces: dict[str, float]) -> float:
    known = list(paces.values())
    usual = sum(known) / len(known) if known else USUAL_PACE
    return BESIDES_S + pixels / paces.get(kind, usual)
