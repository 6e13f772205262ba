"""A customer's actions on a finished video: delete it, revoke its link."""

from oriel.infra.database import writing
from oriel.rendering import jobs
from oriel.rendering.announcement import announce
from oriel.rendering.cancellation import locked_job, own_job
from oriel.rendering.delivery import refuse_missing, refuse_unfinished
from oriel.rendering.expiry import take_away
from oriel.rendering.models import DELETED, RenderJob


def delete_video(user_id: str, job_id: str) -> RenderJob:
    """Delete a finished video for good; one that is gone already stays so. Raise NotFound, WrongState."""
    own_job(user_id, job_id)
    with writing() as session:
        job = locked_job(session, job_id)
        refuse_unfinished(job)
        take_away(job, DELETED)
    announce(user_id, job_id)
    # Where Redis is away the clock comes by itself.
    jobs.ask_for(jobs.cleanup_expired_videos)
    return job


def revoke_link(user_id: str, job_id: str) -> RenderJob:
    """Make every link to a video worthless that was given out, and give it a new one.

    Raise NotFound, WrongState, Expired.
    """
    own_job(user_id, job_id)
    job = give_new_link(job_id)
    announce(user_id, job_id)
    return job


def give_new_link(job_id: str) -> RenderJob:
    """Give a video a new link in place of the earlier ones; raise WrongState, Expired."""
    with writing() as session:
        job = locked_job(session, job_id)
        refuse_missing(job)
        job.link_generation += 1
    return job
