"""Cancels renders: at their customer's request, or because the payment went back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.errors import NotFound, WrongState
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.rendering.announcement import announce
from oriel.rendering.attempts import cancel_now
from oriel.rendering.expiry import take_away
from oriel.rendering.models import COMPLETED, PROCESSING, QUEUED, WITHDRAWN, RenderJob


def own_job(user_id: str, job_id: str) -> RenderJob:
    """Return a customer's render; NotFound also for somebody else's."""
    job = db.session.get(RenderJob, job_id)
    if job is None or job.user_id != user_id:
        raise NotFound("There is no such render.")
    return job


def cancel_render(user_id: str, job_id: str) -> RenderJob:
    """End a waiting render at once, ask the worker of one under way; WrongState when it has ended.

    Whether it counts is settled at this moment: what the worker draws from now on does not matter.
    """
    own_job(user_id, job_id)
    with writing() as session:
        job = locked_job(session, job_id)
        if not end_render(session, job):
            raise WrongState(f"This render has already ended: it is {job.status}.", status=job.status)
    announce(user_id, job_id)
    return job


def withdraw(session: Session, job_id: str, also_under_way: bool) -> None:
    """End a render within a transaction because its payment has gone back, also one under way if told so.

    Then its video is taken away too, where there is one already.
    """
    job = locked_job(session, job_id)
    if job.status == COMPLETED and also_under_way:
        take_away(job, WITHDRAWN)
    elif job.status == QUEUED:
        # Between two attempts as well: there is no video, and nobody shall have paid for none.
        cancel_now(session, job, is_paid_back=True)
    elif also_under_way:
        end_render(session, job)


def locked_job(session: Session, job_id: str) -> RenderJob:
    """Return a render's row, read anew and locked until the transaction ends."""
    query = select(RenderJob).where(RenderJob.id == job_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def end_render(session: Session, job: RenderJob) -> bool:
    """End it, or ask its worker to; return False where it has ended already."""
    if job.status == QUEUED:
        cancel_now(session, job)
    elif job.status == PROCESSING:
        job.cancel_asked_at = job.cancel_asked_at or now()
    else:
        return False
    return True
