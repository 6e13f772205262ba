"""Schedules renders: plans take turns by weight (stride scheduling), customers have a cap, nobody starves.

Each plan has a pass that grows by 1/weight with each render; the waiting plan with the smallest pass is next
(Waldspurger and Weihl 1995). Waiting renders move forward by one turn of a weight-1 plan every ten minutes.

What an operator has moved to the front goes first, in the order in which it was moved. Its customer's cap holds as
well, and the turn counts for its plan, which then waits longer for the next one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from oriel.infra.database import insert_missing
from oriel.rendering.models import PROCESSING, QUEUED, QueueTurn, RenderJob

_AGE_OF_A_TURN_S = 600.0
# The row that holds the smallest pass at the latest turn.
_VIRTUAL_TIME = "*"


def next_job(session: Session, at: datetime) -> RenderJob | None:
    """Return the queued render whose turn it is and count the turn; to be called within a writing transaction."""
    if not _plans_waiting(session, at):
        return None
    time = _wait_for_turn(session)
    ahead = _first(session, at, RenderJob.moved_ahead_at.is_not(None), order=RenderJob.moved_ahead_at)
    waiting = [job for job in (_oldest(session, plan, at) for plan in _plans_waiting(session, at)) if job]
    plans = {job.plan for job in (*waiting, ahead) if job}
    if not plans:
        return None
    turns = _turns(session, sorted(plans), time)
    job = ahead or min(waiting, key=lambda job: turns[job.plan].passed - _age_bonus(job, at))
    turns[job.plan].passed += 1 / job.weight
    return job


def _plans_waiting(session: Session, at: datetime) -> Sequence[str]:
    query = select(RenderJob.plan).where(RenderJob.status == QUEUED, RenderJob.run_after <= at).distinct()
    return session.scalars(query.order_by(RenderJob.plan)).all()


def _oldest(session: Session, plan: str, at: datetime) -> RenderJob | None:
    """Return a plan's oldest render of a customer below the cap."""
    return _first(session, at, RenderJob.plan == plan, order=RenderJob.created_at)


def _first(
    session: Session, at: datetime, which: ColumnElement[bool], *, order: InstrumentedAttribute[Any]
) -> RenderJob | None:
    """Return the first of those that may run now, of a customer below the cap."""
    running = aliased(RenderJob)
    under_way = (
        select(func.count())
        .select_from(running)
        .where(running.user_id == RenderJob.user_id, running.status == PROCESSING)
        .scalar_subquery()
    )
    query = (
        select(RenderJob)
        .where(
            RenderJob.status == QUEUED,
            which,
            RenderJob.run_after <= at,
            under_way < RenderJob.at_once,
        )
        .order_by(order, RenderJob.id)
        .limit(1)
        # Who is cancelling it right now has it locked, and it is not ours then.
        .with_for_update(of=RenderJob, skip_locked=True)
    )
    return session.scalar(query)


def _wait_for_turn(session: Session) -> QueueTurn:
    """Lock and return the virtual time: concurrent claims wait here and then see this one."""
    insert_missing(session, QueueTurn, [{"plan": _VIRTUAL_TIME}])
    return session.scalars(select(QueueTurn).where(QueueTurn.plan == _VIRTUAL_TIME).with_for_update()).one()


def _turns(session: Session, plans: list[str], time: QueueTurn) -> dict[str, QueueTurn]:
    """Return the passes of these plans, each at least the virtual time: idle plans do not catch up."""
    insert_missing(session, QueueTurn, [{"plan": plan} for plan in plans])
    turns = {turn.plan: turn for turn in session.scalars(select(QueueTurn).where(QueueTurn.plan.in_(plans)))}
    for turn in turns.values():
        turn.passed = max(turn.passed, time.passed)
    time.passed = min(turn.passed for turn in turns.values())
    return turns


def _age_bonus(job: RenderJob, at: datetime) -> float:
    # One that failed last week has not waited since: with a week's bonus, its plan would have every turn.
    return (at - (job.retried_at or job.created_at)).total_seconds() / _AGE_OF_A_TURN_S
