"""The alert for a job of housekeeping that fails again and again."""

from datetime import timedelta

from sqlalchemy import select

from oriel.housekeeping.models import HousekeepingRun
from oriel.infra.database import db
from oriel.monitoring.conditions import Condition, Observer
from oriel.quantities import quantity


def failing_jobs(observer: Observer) -> str | None:
    """Jobs whose latest runs have all failed."""
    least = observer.settings.alert_job_failures
    if not least:
        return None
    query = select(HousekeepingRun).where(HousekeepingRun.failures >= least).order_by(HousekeepingRun.job)
    failing = db.session.scalars(query).all()
    if not failing:
        return None
    first, others = failing[0], len(failing) - 1
    too = f" {others} other job{' is' if others == 1 else 's are'} failing too." if others else ""
    return f"{first.job} has failed {quantity(first.failures, 'time')} in a row ({first.error}).{too}"


FAILING_JOBS = Condition(
    "failing_jobs",
    "Housekeeping fails",
    failing_jobs,
    (("See what failed:", "oriel housekeeping --list"), ("Try it again:", "oriel housekeeping NAME")),
    # A database or storage that is away for a moment fails the jobs of every few seconds several times.
    holds_for=timedelta(minutes=10),
)
