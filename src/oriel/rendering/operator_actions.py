"""What operators do with render jobs: list, show, retry, cancel, move to the front, give a new link."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, defer

from oriel.billing import rights
from oriel.billing.current_plan import lock_customer
from oriel.billing.models import RETURNED, Credit, Payment, RenderRight
from oriel.billing.refusals import Demand
from oriel.errors import NotFound, UploadLost, WrongState
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.media.lost_files import is_lost
from oriel.media.models import Upload
from oriel.rendering import jobs, last_error, video_access
from oriel.rendering.announcement import announce
from oriel.rendering.cancellation import end_render, locked_job
from oriel.rendering.failure_words import CUSTOMERS_OWN
from oriel.rendering.models import FAILED, QUEUED, RenderJob

# Takes a job's id.
Verb = Callable[[str], object]
MOST_AHEAD = 20
DEAD_LETTERS_LIVE = timedelta(days=7)


def listed(status: str | None, limit: int) -> Sequence[RenderJob]:
    """Return render jobs, the latest first."""
    query = select(RenderJob).order_by(RenderJob.created_at.desc()).limit(limit)
    if status:
        query = query.where(RenderJob.status == status)
    return db.session.scalars(query).all()


def job_facts(job_id: str) -> dict[str, Any]:
    """Return every column of a job; what a credit has paid names the payment that bought the credit."""
    job = _found(job_id)
    facts = {column.key: getattr(job, column.key) for column in RenderJob.__table__.columns}
    bought = select(Credit.payment_id).join(RenderRight, RenderRight.credit_id == Credit.id)
    return facts | {"payment_id": job.payment_id or db.session.scalar(bought.where(RenderRight.render_id == job_id))}


def renders_paid_with(payment_ids: Collection[str]) -> dict[str, str]:
    """Return by payment which render its credit pays, or was to pay at last."""
    query = (
        select(Credit.payment_id, RenderRight.render_id)
        .join(RenderRight, RenderRight.credit_id == Credit.id)
        .where(Credit.payment_id.in_(payment_ids))
        # The later ones take the places of the earlier ones.
        .order_by(RenderRight.state != RETURNED, RenderRight.created_at)
    )
    return {str(payment_id): render_id for payment_id, render_id in db.session.execute(query)}


def right_and_payment(job: RenderJob) -> tuple[RenderRight | None, Payment | None]:
    """Return the right that pays for a render, and the payment that bought it, or that ordered the render."""
    query = (
        select(RenderRight, Payment)
        .outerjoin(Credit, Credit.id == RenderRight.credit_id)
        .outerjoin(Payment, Payment.id == func.coalesce(Credit.payment_id, job.payment_id))
        .where(RenderRight.render_id == job.id)
    )
    found = db.session.execute(query).one_or_none()
    return (found[0], found[1]) if found else (None, None)


def rendered_with(payment: Payment) -> Sequence[tuple[RenderJob, str | None]]:
    """Return the renders that a payment's credit pays or was to pay, with the states of their rights.

    The one that it pays now comes first, then the latest. One that was ordered with the payment counts as well,
    whatever pays for it now; its right's state is None then.
    """
    query = (
        select(RenderJob, RenderRight.state)
        .join(RenderRight, RenderRight.render_id == RenderJob.id)
        .join(Credit, RenderRight.credit_id == Credit.id)
        .where(Credit.payment_id == payment.id)
        .order_by(RenderRight.state == RETURNED, RenderRight.created_at.desc())
        .options(defer(RenderJob.render_config), defer(RenderJob.error_details))
    )
    found: list[tuple[RenderJob, str | None]] = [(job, state) for job, state in db.session.execute(query)]
    ordered = db.session.get(RenderJob, payment.job_id) if payment.job_id else None
    if ordered is None or ordered.id in {job.id for job, _ in found}:
        return found
    return [*found, (ordered, None)]


def retry(job_id: str) -> RenderJob:
    """Queue a failed job again as it was ordered: with its watermark, its limits, and what paid for it.

    NotFound, WrongState and PaymentRequired say why not.
    """
    job = _found(job_id)
    user_id = job.user_id
    if job.status == FAILED and job.error_code == UploadLost.code and is_lost(job.audio_object):
        raise WrongState("Its song is missing from the storage. Put the file back first.", file=job.audio_object)
    with writing() as session:
        # The customer first, as wherever a right is reserved: two orders of locks would be a deadlock.
        lock_customer(session, user_id)
        job = session.scalars(select(RenderJob).where(RenderJob.id == job_id).with_for_update()).one()
        if job.status != FAILED:
            raise WrongState("Only a failed render can be tried again.", status=job.status)
        _pay_again(session, job)
        _begin_anew(job)
    jobs.ask_for(jobs.render_video_job, job.id)
    return job


def in_order(job_ids: Collection[str]) -> Sequence[str]:
    """Return the ids of jobs in the order in which they came; those that do not exist are left out."""
    query = select(RenderJob.id).where(RenderJob.id.in_(job_ids)).order_by(RenderJob.created_at, RenderJob.id)
    return db.session.scalars(query).all()


def dead_letters(limit: int) -> Sequence[str]:
    """Return the ids of failed jobs that a new attempt may help, in the order in which they came.

    Not those that failed because of their own song, or whose song is gone, or more than `DEAD_LETTERS_LIVE` ago:
    their customers have long helped themselves.
    """
    is_gone = exists().where(Upload.object_name == RenderJob.audio_object, Upload.purged_at.is_not(None))
    query = select(RenderJob.id).where(
        RenderJob.status == FAILED,
        RenderJob.completed_at > now() - DEAD_LETTERS_LIVE,
        RenderJob.error_code.not_in(CUSTOMERS_OWN),
        ~is_gone,
    )
    return db.session.scalars(query.order_by(RenderJob.created_at, RenderJob.id).limit(limit)).all()


def cancel(job_id: str) -> RenderJob:
    """End a render for its customer, who gets the right back whatever was drawn; raise NotFound, WrongState."""
    user_id = _found(job_id).user_id
    with writing() as session:
        job = locked_job(session, job_id)
        # It does not count: a frame that is drawn from now on comes after the wish to end it.
        job.first_frame_at = None
        if not end_render(session, job):
            raise WrongState("This render has already ended.", status=job.status)
    announce(user_id, job_id)
    return job


def move_ahead(job_id: str) -> RenderJob:
    """Let a waiting render go before all others but those moved earlier; raise NotFound, WrongState.

    At most `MOST_AHEAD` at a time: where everything is first, nothing is.
    """
    user_id = _found(job_id).user_id
    with writing() as session:
        job = locked_job(session, job_id)
        if job.status != QUEUED:
            raise WrongState("Only a waiting render can be moved.", status=job.status)
        ahead = select(func.count()).where(RenderJob.status == QUEUED, RenderJob.moved_ahead_at.is_not(None))
        if job.moved_ahead_at is None and (session.scalar(ahead) or 0) >= MOST_AHEAD:
            raise WrongState(f"{MOST_AHEAD} renders are at the front already. Wait until some of them have started.")
        job.moved_ahead_at = job.moved_ahead_at or now()
    announce(user_id, job_id)
    jobs.ask_for(jobs.render_video_job, job.id)
    return job


def give_new_link(job_id: str) -> str:
    """Return a new link to a render's video; those that were given out before are worth nothing from now on."""
    _found(job_id)
    return video_access.give_new_link(job_id).delivery_link


def _pay_again(session: Session, job: RenderJob) -> None:
    output = job.render_config["output"]
    sizes = Demand(output["width"], output["height"], output["fps"], output["format"], job.song_s, 0, 0)
    rights.reserve_again(session, job.user_id, job.id, sizes, payment_id=job.payment_id)


def _begin_anew(job: RenderJob) -> None:
    job.status, job.fruitless, job.run_after = QUEUED, 0, now()
    job.retried_at, job.moved_ahead_at = now(), None
    # Its customer may have taken the failed one off the list.
    job.removed_at = None
    job.completed_at = job.cancel_asked_at = job.first_frame_at = None
    last_error.forget(job)
    job.progress, job.frames_done = 0.0, 0
    # What a failed render has stored may have been deleted since.
    job.poster_object = None


def _found(job_id: str) -> RenderJob:
    job = db.session.get(RenderJob, job_id)
    if job is None:
        raise NotFound(f"There is no render {job_id}.")
    return job
