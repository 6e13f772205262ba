"""Renders that the storage or a machine holds up: growing pauses, and a mail where it lasts.

Nothing is lost meanwhile: the render waits with its right reserved for as long as it takes.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.errors import AppError
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_id
from oriel.rendering import last_error, letters
from oriel.rendering.models import QUEUED, UNDER_WAY, RenderJob

TOLD_AFTER = timedelta(minutes=10)
_FIRST_PAUSE_S = 15.0
_LONGEST_PAUSE_S = 300.0


def hold_up(job: RenderJob, error: AppError) -> float:
    """Note why a render cannot go on, and return the seconds until it is tried again: 15, 30, 60, … 300."""
    if job.held_since is None:
        job.held_since, job.held_tries = now(), 0
    last_error.note(job, error)
    pause_s = min(_FIRST_PAUSE_S * 2.0 ** min(job.held_tries, 10), _LONGEST_PAUSE_S)
    job.held_tries += 1
    return pause_s


def forget(job: RenderJob) -> None:
    """Take the note off a render, such as one that is cancelled."""
    if job.held_since is not None:
        job.held_since = job.held_notice = None
        job.held_tries = 0
        last_error.forget(job)


def end(session: Session, job: RenderJob) -> None:
    """Note that a render has gone on: others with the same trouble are tried at once, all who were told hear of it."""
    code, notice = job.error_code, job.held_notice
    if job.held_since is None:
        return
    forget(job)
    same = select(RenderJob).where(RenderJob.status.in_(UNDER_WAY), RenderJob.held_since.is_not(None))
    # One that is just going on tells of its own, and the same mail goes out once.
    others = session.scalars(same.where(RenderJob.error_code == code).with_for_update(skip_locked=True)).all()
    told = [(job, notice), *((other, other.held_notice) for other in others)]
    for waited, its_notice in told:
        if its_notice:
            letters.works_again(session, waited, code or "", its_notice)
    for other in others:
        forget(other)
        if other.status == QUEUED:
            other.run_after = now()


def tell(limit: int = 500) -> int:
    """Write to customers and the operator about what has been held up for ten minutes; return about how many renders.

    Each of them gets one mail about the same trouble, however many renders wait. A render that a worker has taken up
    again may be going on well, so it counts only while it waits.
    """
    with writing() as session:
        waiting = (RenderJob.status == QUEUED, RenderJob.held_since <= now() - TOLD_AFTER)
        query = select(RenderJob).where(*waiting, RenderJob.held_notice.is_(None)).order_by(RenderJob.held_since)
        due = session.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()
        for job in due:
            job.held_notice = _notice(session, job)
            session.flush()
            letters.held_up(session, job)
    return len(due)


def _notice(session: Session, job: RenderJob) -> str:
    """Return the key of the notice about this outage; the same one until the outage ends."""
    same = (RenderJob.status.in_(UNDER_WAY), RenderJob.error_code == job.error_code)
    told = select(RenderJob.held_notice).where(*same, RenderJob.held_notice.is_not(None)).limit(1)
    return session.scalar(told) or new_id()
