"""Runs jobs: one process at a time each, with a record of what came of it."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

from flask import Flask
from flask.globals import app_ctx
from sqlalchemy import select, update

from oriel.errors import AppError
from oriel.housekeeping.job import Done, Job
from oriel.housekeeping.models import HousekeepingRun
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.infra.logs import facts

_log = logging.getLogger("oriel.housekeeping")

# A claim expires after a minute without a heartbeat; another process may then run the job.
_CLAIM = timedelta(seconds=60)
_HEARTBEAT_S = 15.0
# A job that failed is tried again after this, or in its usual time if that is sooner.
_RETRY_AFTER = timedelta(minutes=30)
_EARLY = timedelta(seconds=5)
# From 02:00 to 05:00 UTC, few people render in Europe and America.
QUIET_HOURS = range(2, 5)
_LONGEST_DETAIL, _LONGEST_ERROR = 500, 300


def is_due(job: Job) -> bool:
    """Return whether it is time for a job, and nobody runs it."""
    run = db.session.get(HousekeepingRun, job.name, populate_existing=True)
    db.session.commit()
    return _is_due(job, run or HousekeepingRun(failures=0))


def run_if_due(job: Job) -> Done | None:
    """Run a job if it is time for it; return what it did, None if another process has it or had it just now."""
    return _run(job, only_if_due=True)


def run_now(job: Job) -> Done | None:
    """Run a job whether it is time for it or not; return None while another process runs it."""
    return _run(job, only_if_due=False)


def latest_runs() -> dict[str, HousekeepingRun]:
    """Return the latest run of each job, by its name."""
    runs = {run.job: run for run in db.session.scalars(select(HousekeepingRun))}
    db.session.commit()
    return runs


def is_under_way(run: HousekeepingRun) -> bool:
    """Return whether a process runs this job now."""
    return run.claimed_until is not None and run.claimed_until > now()


def _run(job: Job, *, only_if_due: bool) -> Done | None:
    if not _claim(job, only_if_due=only_if_due):
        return None
    begun = time.monotonic()
    try:
        with _heartbeat(job.name):
            done = job.do()
    except Exception as error:
        db.session.rollback()
        told = error.message if isinstance(error, AppError) else f"{type(error).__name__}: {error}"
        _finish(job.name, time.monotonic() - begun, error=told[:_LONGEST_ERROR])
        raise
    took_s = time.monotonic() - begun
    _finish(job.name, took_s, done=done)
    if done.items:
        _log.info("%s: %d", job.name, done.items, extra=facts(took_s=round(took_s, 3), detail=done.detail))
    return done


def _is_due(job: Job, run: HousekeepingRun) -> bool:
    at = now()
    if is_under_way(run):
        return False
    if run.started_at is None:
        return not job.is_quiet or at.hour in QUIET_HOURS
    if run.failures:
        return at >= run.started_at + min(job.every, _RETRY_AFTER)
    # A machine that sleeps at night runs its quiet jobs by day, a day late.
    if job.is_quiet and at.hour not in QUIET_HOURS:
        return at >= run.started_at + 2 * job.every
    # The clock looks in the same rhythm: what is a moment early would else wait for twice as long. A daily job in a
    # window of three hours would move out of it, a few seconds each day.
    early = timedelta(hours=3) if job.is_quiet else min(job.every / 10, _EARLY)
    return at >= run.started_at + job.every - early


def _claim(job: Job, *, only_if_due: bool) -> bool:
    with writing() as session:
        insert_missing(session, HousekeepingRun, [{"job": job.name, "failures": 0}])
        query = select(HousekeepingRun).where(HousekeepingRun.job == job.name).with_for_update()
        run = session.scalars(query).one()
        if is_under_way(run) or (only_if_due and not _is_due(job, run)):
            return False
        run.started_at, run.claimed_until = now(), now() + _CLAIM
    return True


def _finish(name: str, took_s: float, *, done: Done | None = None, error: str | None = None) -> None:
    with writing() as session:
        run = session.get_one(HousekeepingRun, name)
        run.finished_at, run.claimed_until, run.duration_s, run.error = now(), None, took_s, error
        if done:
            run.succeeded_at, run.failures, run.items = now(), 0, done.items
            run.detail = done.detail[:_LONGEST_DETAIL] or None
        else:
            run.failures += 1


@contextlib.contextmanager
def _heartbeat(name: str) -> Iterator[None]:
    """Extend the claim on a job while the block runs."""
    over = threading.Event()
    thread = threading.Thread(target=_extend, args=(app_ctx.app, name, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _extend(app: Flask, name: str, over: threading.Event) -> None:
    while not over.wait(_HEARTBEAT_S):
        with app.app_context(), contextlib.suppress(Exception), writing() as session:
            # A database that is away for a moment: the next heartbeat will do.
            mine = HousekeepingRun.job == name
            session.execute(update(HousekeepingRun).where(mine).values(claimed_until=now() + _CLAIM))
