"""The `oriel housekeeping` command."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from oriel.cli_service import with_app
from oriel.cli_table import show_table
from oriel.errors import AppError, CallerError
from oriel.quantities import quantity

if TYPE_CHECKING:
    from oriel.housekeeping.job import Done, Job


@click.command()
@click.argument("name", metavar="[JOB]", required=False)
@click.option("--dry-run", is_flag=True, help="Say how much there is to do, and change nothing.")
@click.option("--list", "only_list", is_flag=True, help="List the jobs and their latest runs.")
@click.option(
    "--most",
    type=click.IntRange(0),
    metavar="N",
    help="For storage-check: accept up to N files without a row. Those known for a day are deleted.",
)
def housekeeping(name: str | None, dry_run: bool, only_list: bool, most: int | None) -> int:
    """Run the jobs that the clock runs by itself: all of them, or JOB. Each may run at any time.

    The exit code is 1 where a job fails, and where storage-check finds that files are missing, also with --dry-run.
    """
    # Imported late: the service's libraries take half a second.
    from oriel.housekeeping.table import JOBS, job_named

    if only_list:
        return with_app(_show_jobs)
    chosen = JOBS if name is None else (job_named(name),)
    if most is not None:
        chosen = (_storage_check_of(chosen[0], name, most),)
    bad: list[str] = []
    with_app(lambda: bad.extend(job.name for job in chosen if not _went_well(job, dry_run=dry_run)))
    if bad:
        raise AppError(f"Failed, or found something to mend: {', '.join(bad)}.")
    return 0


def _storage_check_of(job: "Job", name: str | None, most: int) -> "Job":
    """Return the check of the storage with a limit that an operator has chosen."""
    from oriel.housekeeping.storage_check import check_storage

    if name != "storage-check":
        raise CallerError("--most is for `oriel housekeeping storage-check`.")
    return replace(job, do=lambda: check_storage(most))


def _went_well(job: "Job", *, dry_run: bool) -> bool:
    """Run or preview a job and say what came of it; return False where it failed or found something to mend."""
    from oriel.housekeeping.runs import run_now
    from oriel.infra.database import db

    if dry_run:
        if job.preview is None:
            click.echo(f"{job.name}: no preview is available.")
            return True
        found = job.preview()
        click.echo(f"{job.name}: {_described(found, 'to do')}")
        return _is_fine(job, found)
    try:
        done = run_now(job)
    except Exception as error:  # noqa: BLE001  (whatever one job does, the others are run)
        db.session.rollback()
        click.echo(f"{job.name}: failed: {error}", err=True)
        return False
    click.echo(f"{job.name}: {_described(done, 'done') if done else 'another process runs it now'}")
    return done is None or _is_fine(job, done)


def _is_fine(job: "Job", done: "Done") -> bool:
    """Say what an operator must mend; return whether there is nothing."""
    if done.problem:
        click.echo(f"{job.name}: {done.problem}", err=True)
    return not done.problem


def _described(done: "Done", state: str) -> str:
    number = f"{done.items:,} {state}" if done.items else "nothing to do"
    if len(done.detail) >= 200:
        return f"{number}\n{done.detail}"
    return f"{number} ({done.detail})" if done.detail else number


def _show_jobs() -> None:
    from oriel.housekeeping.runs import latest_runs
    from oriel.housekeeping.table import JOBS

    known = latest_runs()
    rows = []
    for job in JOBS:
        run = known.get(job.name)
        told = (_minute(run.finished_at), _seconds(run.duration_s), run.items, run.error) if run else (None,) * 4
        last, took, items, error = told
        words = f"failed {quantity(run.failures, 'time')}: {error}" if run and error else (run and run.detail) or ""
        rows.append((job.name, _period(job.every), last or "-", took or "-", "-" if items is None else items, words))
    show_table(("JOB", "EVERY", "LAST", "TOOK", "ITEMS", "RESULT"), rows)
    click.echo("")
    show_table(("JOB", "WHAT IT DOES"), [(job.name, job.sentence) for job in JOBS])


def _minute(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else None


def _seconds(duration_s: float | None) -> str | None:
    return None if duration_s is None else f"{duration_s:.2f} s"


def _period(every: timedelta) -> str:
    seconds = round(every.total_seconds())
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
