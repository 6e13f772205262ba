"""The end of what is kept: videos on their day, chunks of renders that have ended."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby, islice

from sqlalchemy import Select, func, or_, select

from oriel.billing.plans import CREDIT, PLANS
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.retention import UNTIL_DELETION
from oriel.infra.storage import storage
from oriel.rendering import letters
from oriel.rendering.models import COMPLETED, UNDER_WAY, RenderJob

_WARNING = timedelta(days=3)
_BATCH = 500
retention.keep(
    "videos",
    "Videos, each for as long as your plan says when you submit it",
    retention.STORAGE,
    max(plan.kept_for for plan in (*PLANS.values(), CREDIT)),
    "after they are ready, or at once when you delete them",
)
retention.keep_with("renders", "Renders, with the settings they were made with", retention.DATABASE, UNTIL_DELETION)


def take_away(job: RenderJob, because: str) -> None:
    """Mark a video as deleted (`because`: DELETED or WITHDRAWN), in the caller's transaction; twice is once.

    From the commit on nobody gets it and it counts towards no storage; `delete_expired_videos` removes its bytes.
    """
    if job.deleted_at is None:
        job.deleted_at, job.deleted_because = now(), because


def delete_expired_videos(limit: int) -> int:
    """Delete videos and posters that are due; return how many. The row goes first: its link says 410 then.

    Those are due whose time is over, and those that `take_away` has marked. Raises StorageFailed at the first that
    cannot be deleted; it and the others are looked at again.
    """
    with writing() as session:
        # In no order, so that one that cannot be deleted does not keep the others back for ever.
        expired = session.scalars(expired_videos().order_by(func.random()).limit(limit)).all()
        for job in expired:
            job.deleted_at = job.deleted_at or now()
    for job in expired:
        storage().delete_all(f"videos/{job.user_id}/{job.id}/")
        with writing() as session:
            session.get_one(RenderJob, job.id).purged_at = now()
    return len(expired)


def expired_videos() -> Select[RenderJob]:
    """Return the select of renders whose video is due to be deleted."""
    is_due = or_(RenderJob.expires_at <= now(), RenderJob.deleted_at.is_not(None))
    return select(RenderJob).where(RenderJob.purged_at.is_(None), is_due)


def left_videos() -> Iterator[tuple[str, str]]:
    """Yield user and id of renders that have files in the storage although they ended otherwise.

    Some hundred at a time: memory does not grow with what is kept.
    """
    # A file that is none of ours may lie there; `storage-check` reports it.
    names = (stored.name for stored in storage().list("videos/") if stored.name.count("/") > 2)
    renders = (render for render, _ in groupby(names, _render_of))
    while batch := list(islice(renders, _BATCH)):
        ids = [job_id for _, job_id in batch]
        # Asked after the listing: what is stored meanwhile belongs to a render that is under way.
        is_needed = or_(RenderJob.status.in_(UNDER_WAY), RenderJob.status == COMPLETED)
        query = select(RenderJob.id).where(RenderJob.id.in_(ids), is_needed, RenderJob.purged_at.is_(None))
        needed = set(db.session.scalars(query))
        db.session.commit()
        yield from (render for render in batch if render[1] not in needed)


def _render_of(name: str) -> tuple[str, str]:
    """Return the user and the render in the name of a stored video or poster."""
    _, user_id, job_id, _ = name.split("/", 3)
    return user_id, job_id


def delete_left_videos(limit: int) -> int:
    """Delete what was stored for renders that ended otherwise; return of how many."""
    gone = list(islice(left_videos(), limit))
    for user_id, job_id in gone:
        storage().delete_all(f"videos/{user_id}/{job_id}/")
    return len(gone)


def warn_of_expiry(limit: int) -> int:
    """Write to those whose video ends in three days, unless it was never kept longer; return to how many."""
    with writing() as session:
        due = session.scalars(expiring_videos().limit(limit)).all()
        for job in due:
            job.warned_at = now()
            letters.expires_soon(session, job)
    return len(due)


def expiring_videos() -> Select[RenderJob]:
    """Return the select of renders whose customers are to be warned."""
    return select(RenderJob).where(
        RenderJob.status == COMPLETED,
        RenderJob.deleted_at.is_(None),
        RenderJob.warned_at.is_(None),
        RenderJob.expires_at <= now() + _WARNING,
        RenderJob.kept_for_s > _WARNING.total_seconds(),
    )


def left_chunks() -> list[str]:
    """Return the ids of renders that have chunks in the storage and are not under way any more."""
    left = sorted({stored.name.split("/")[1] for stored in storage().list("chunks/")})
    query = select(RenderJob.id).where(RenderJob.id.in_(left), RenderJob.status.in_(UNDER_WAY))
    needed = set(db.session.scalars(query))
    db.session.commit()
    return [job_id for job_id in left if job_id not in needed]


def delete_left_chunks(limit: int) -> int:
    """Delete the chunks of renders that are not under way any more; return of how many renders."""
    gone = left_chunks()[:limit]
    for job_id in gone:
        storage().delete_all(f"chunks/{job_id}/")
    return len(gone)
