"""Whose turn it is: plans take turns by weight (stride scheduling), customers wait for their cap, nobody starves.

Each plan has a pass that grows by 1/weight with each render; the smallest pass among those that wait is next
(Waldspurger and Weihl 1995). Who has waited long is moved forward, by one turn of a plan of weight 1 in ten minutes.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

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
    waiting = [job for job in (_oldest(session, plan, at) for plan in _plans_waiting(session, at)) if job]
    if not waiting:
        return None
    turns = _turns(session, [job.plan for job in waiting], time)
    job = min(waiting, key=lambda job: turns[job.plan].passed - _age_bonus(job, at))
    turns[job.plan].passed += 1 / job.weight
    return job


def _plans_waiting(session: Session, at: datetime) -> Sequence[str]:
    query = select(RenderJob.plan).where(RenderJob.status == QUEUED, RenderJob.run_after <= at).distinct()
    return session.scalars(query.order_by(RenderJob.plan)).all()


def _oldest(session: Session, plan: str, at: datetime) -> RenderJob | None:
    """Return a plan's oldest render of a customer who has not as many under way as allowed."""
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
            RenderJob.plan == plan,
            RenderJob.run_after <= at,
            under_way < RenderJob.at_once,
        )
        .order_by(RenderJob.created_at, RenderJob.id)
        .limit(1)
        # Who is cancelling it right now has it locked, and it is not ours then.
        .with_for_update(of=RenderJob, skip_locked=True)
    )
    return session.scalar(query)


def _wait_for_turn(session: Session) -> QueueTurn:
    """Return the virtual time, locked: whoever claims meanwhile waits here and then sees what was taken."""
    insert_missing(session, QueueTurn, [{"plan": _VIRTUAL_TIME}])
    return session.scalars(select(QueueTurn).where(QueueTurn.plan == _VIRTUAL_TIME).with_for_update()).one()


def _turns(session: Session, plans: list[str], time: QueueTurn) -> dict[str, QueueTurn]:
    """Return the passes of these plans, each at least at the virtual time: who was away does not catch up."""
    insert_missing(session, QueueTurn, [{"plan": plan} for plan in plans])
    turns = {turn.plan: turn for turn in session.scalars(select(QueueTurn).where(QueueTurn.plan.in_(plans)))}
    for turn in turns.values():
        turn.passed = max(turn.passed, time.passed)
    time.passed = min(turn.passed for turn in turns.values())
    return turns


def _age_bonus(job: RenderJob, at: datetime) -> float:
    return (at - job.created_at).total_seconds() / _AGE_OF_A_TURN_S
