"""The table of housekeeping: what is to be done, how often, and by which function."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from oriel.accounts import cleanup as accounts
from oriel.admin import trail
from oriel.billing import journal
from oriel.errors import NotFound
from oriel.housekeeping import database_upkeep, payment_checks, storage_check
from oriel.housekeeping.job import Done, Job
from oriel.infra.database import db
from oriel.infra.mail import dispatch as mail
from oriel.media import resumable, sweep
from oriel.monitoring import alerts
from oriel.monitoring import cleanup as monitoring
from oriel.privacy import exports, usage
from oriel.projects import projects
from oriel.rendering import expiry, jobs

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_AT_ONCE = 100


def _counted(do: Callable[[], int]) -> Callable[[], Done]:
    return lambda: Done(do())


def _rows_of(*queries: Callable[[], Select[Any]]) -> Callable[[], Done]:
    """Return a preview that counts the rows of some queries."""

    def count() -> Done:
        subqueries = [query().order_by(None).limit(None).subquery() for query in queries]
        found = sum(db.session.scalar(select(func.count()).select_from(each)) or 0 for each in subqueries)
        db.session.commit()
        return Done(found)

    return count


JOBS = (
    Job(
        "expired-videos",
        "Delete videos whose time is over, and those that their customers have deleted.",
        timedelta(seconds=10),
        _counted(lambda: expiry.delete_expired_videos(_AT_ONCE)),
        _rows_of(expiry.expired_videos),
        jobs.cleanup_expired_videos,
    ),
    Job(
        "expiry-warnings",
        "Write to customers whose video will be deleted in three days.",
        _MINUTE,
        _counted(lambda: expiry.warn_of_expiry(_AT_ONCE)),
        _rows_of(expiry.expiring_videos),
    ),
    Job(
        "expired-uploads",
        "Delete songs and pictures that nothing uses, and unfinished uploads whose day is over.",
        _MINUTE,
        _counted(lambda: sweep.delete_expired(_AT_ONCE) + resumable.delete_expired(_AT_ONCE)),
        _rows_of(lambda: sweep.overdue(_AT_ONCE), resumable.overdue),
        jobs.cleanup_expired_uploads,
    ),
    Job(
        "left-chunks",
        "Delete the chunks of renders that have ended.",
        timedelta(minutes=10),
        _counted(lambda: expiry.delete_left_chunks(_AT_ONCE)),
        _counted(lambda: len(expiry.left_chunks())),
        jobs.cleanup_left_chunks,
    ),
    Job(
        "left-videos",
        "Delete videos of renders that ended otherwise: their workers died between storing and telling.",
        _DAY,
        _counted(lambda: expiry.delete_left_videos(_AT_ONCE)),
        _counted(lambda: sum(1 for _ in expiry.left_videos())),
        jobs.cleanup_left_videos,
    ),
    Job(
        "deleted-projects",
        "Delete projects for good that nobody has brought back within 30 days.",
        _HOUR,
        _counted(lambda: projects.forget_deleted(_AT_ONCE)),
        _rows_of(projects.forgettable),
        jobs.cleanup_deleted_projects,
    ),
    Job(
        "left-upload-folders",
        "Delete what killed processes have left of uploads on this machine's disk.",
        _HOUR,
        _counted(sweep.delete_leftovers),
        _counted(lambda: len(sweep.left_folders())),
    ),
    Job(
        "old-mails",
        "Delete mails two months after they were sent or failed for good.",
        _HOUR,
        _counted(mail.tidy),
        _rows_of(mail.old_mails),
    ),
    Job(
        "old-payment-events",
        "Delete payment events two months after they were processed.",
        _DAY,
        _counted(journal.tidy),
        _rows_of(journal.old_events),
    ),
    Job(
        "old-account-data",
        "Delete links of mails a week after they expire, sign-ins a month after their end, failed attempts.",
        _DAY,
        _counted(accounts.cleanup_accounts),
        _counted(accounts.count_old),
        jobs.cleanup_accounts,
    ),
    Job(
        "old-feature-counts",
        "Delete the counts of used features whose time is over.",
        _DAY,
        _counted(usage.tidy),
        _rows_of(usage.old_counts),
    ),
    Job(
        "old-measurements",
        "Delete measurements of renders, samples and rollups whose time is over.",
        _DAY,
        _counted(monitoring.tidy),
    ),
    Job(
        "old-incidents",
        "Delete incidents that were over a long time ago, with the calls that told of them.",
        _DAY,
        _counted(alerts.tidy),
        _rows_of(alerts.old_incidents),
    ),
    Job(
        "old-audit-lines",
        "Delete lines of the audit trail after two years.",
        _DAY,
        _counted(trail.tidy),
        _rows_of(trail.old_lines),
    ),
    Job(
        "old-exports",
        "Delete the files of data exports after a week.",
        timedelta(minutes=10),
        _counted(lambda: exports.delete_expired(limit=20)),
        _rows_of(exports.expired),
    ),
    Job(
        "payment-events",
        "Ask the payment service for events since the last time, and process those that never arrived.",
        _HOUR,
        payment_checks.catch_up,
        is_slow=True,
    ),
    Job(
        "subscriptions",
        "Compare all subscriptions at the payment service with the plans here, a hundred a call.",
        _DAY,
        payment_checks.compare_subscriptions,
        payment_checks.preview_subscriptions,
        is_slow=True,
    ),
    Job(
        "storage-check",
        "Add up the storage, delete files that have had no row for a day, and report rows without a file.",
        _DAY,
        storage_check.check_storage,
        storage_check.preview,
        is_slow=True,
        is_quiet=True,
    ),
    Job(
        "database-upkeep",
        "Renew the database's statistics; shrink SQLite's file where a quarter of it is free.",
        _DAY,
        database_upkeep.keep_up,
        database_upkeep.preview,
        is_slow=True,
        is_quiet=True,
    ),
)


def job_named(name: str) -> Job:
    """Return a job; raise NotFound, which names them all."""
    for job in JOBS:
        if job.name == name:
            return job
    raise NotFound(f"There is no job {name}. `oriel housekeeping --list` names them.")


def job_behind(function: str) -> Job | None:
    """Return the job of a queue's function, such as "oriel.rendering.jobs.cleanup_accounts"."""
    doorways = {f"{job.doorway.__module__}.{job.doorway.__name__}": job for job in JOBS if job.doorway}
    return doorways.get(function)
