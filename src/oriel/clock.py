"""The clock process: runs scheduled tasks about every second. Several may run; one of them leads."""

import logging
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from oriel.accounts import password_reset
from oriel.app import create_app
from oriel.billing import journal
from oriel.billing.fulfilment import settle_wanted
from oriel.housekeeping import runs, table
from oriel.housekeeping.failing_jobs import FAILING_JOBS
from oriel.housekeeping.job import Job
from oriel.housekeeping.missing_files import MISSING_FILES
from oriel.infra.clock import now
from oriel.infra.counters import write_counts
from oriel.infra.database import db, insert_missing, writing
from oriel.infra.mail.dispatch import dispatch_due
from oriel.infra.pulse import touch_pulse
from oriel.infra.redis import connect
from oriel.media.loudness import unmeasured
from oriel.monitoring import alert_calls, alerts, health_log, rollups, samples
from oriel.monitoring.conditions import CONDITIONS, Observer
from oriel.privacy import erasure, exports
from oriel.rendering import attempts, hints, holdups, jobs
from oriel.rendering.models import QUEUED, Leader, RenderJob
from oriel.rendering.worker_folder import worker_folder
from oriel.settings import Settings
from oriel.stop_flag import StopFlag
from oriel.worker import own_name

_log = logging.getLogger("oriel.clock")

_TICK_S = 1.0
_LOOK_AGAIN_S = 60.0
_LEADS_FOR = timedelta(seconds=5)
_LONGEST_LEAD_S = 60.0
# The share of a lead after which it is renewed.
_RENEWED_AT = 0.4
# For all threads together. What is under way then may be a mail or a deletion of some seconds.
_LEAVE_S = 5.0
# The database's deadlines end every task of the watched threads well before.
_STUCK_S = 120.0


ALERT_CONDITIONS = (*CONDITIONS, FAILING_JOBS, MISSING_FILES)
# Between two evaluations of the conditions that operators are alerted about.
_EVALUATE_S = 30.0
_CHECK_S = 60.0


@dataclass(frozen=True)
class Task:
    """Something to do again and again."""

    name: str
    every_s: float
    do: Callable[[], object]


class Rounds:
    """When a thread was last seen at work; written by it, read by the main thread."""

    def __init__(self) -> None:
        self.note()

    def note(self) -> None:
        """Say that the thread is at work now."""
        self._at = time.monotonic()

    @property
    def is_stuck(self) -> bool:
        """Whether the thread has not been seen for two minutes."""
        return time.monotonic() - self._at > _STUCK_S


def _housekeeping(job: Job) -> Task:
    """Return the task that looks whether it is time for a job: what is due each day is due after a restart, too."""
    return Task(job.name, min(job.every.total_seconds(), _LOOK_AGAIN_S), lambda: keep_house(job))


# What must not wait for anything that may hang.
URGENT = (
    Task("reap", 1, attempts.reap),
    Task("tell of held-up renders", 10, holdups.tell),
    Task("hint", 1, lambda: hint_waiting()),
    Task("measure songs", 3, lambda: measure_songs()),
    Task("password resets", 1, password_reset.answer_requests),
)
MAIL = (Task("mail", 1, lambda: dispatch_due(limit=20)),)
# Each asks the payment service over the network.
MONEY = (
    Task("payment events", 1, lambda: journal.process_due_events()),
    Task("refunds", 10, lambda: settle_wanted()),
)
FIGURES = (
    Task("sample the queue", 60, samples.sample_queue),
    Task("sample accounts and storage", 60, samples.sample_stock),
    Task("roll up figures", 300, rollups.roll_up),
)
# An export of many gigabytes takes an hour, and each clock does its share.
EXPORTS = (Task("exports", 2, lambda: exports.write_next()),)
# Each asks the payment service and the storage over the network.
ERASURES = (Task("erasures", 30, lambda: erasure.erase_due()),)
SWEEPS = tuple(_housekeeping(job) for job in table.JOBS if not job.is_slow)
# A check of all payments or files may take minutes.
SLOW_SWEEPS = tuple(_housekeeping(job) for job in table.JOBS if job.is_slow)
# A queue each, so that a storage that hangs under a deletion holds up no song and no mail.
LIGHT_WORK = (hints.HIGH_PRIORITY, hints.CLEANUP)


def run_clock(settings: Settings) -> int:
    """Tick until SIGTERM or SIGINT, or until one of the threads dies; returns the exit code."""
    app = create_app(settings)
    stop, over = StopFlag(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    holder = own_name()
    # Without these two, lost renders stay lost and operators hear of nothing.
    urgent, watching = Rounds(), Rounds()
    with worker_folder(settings.data_root / "work" / "clocks") as own:
        # Temporary files hold customers' songs, and those of a clock that is killed are swept by the next one.
        tempfile.tempdir = str(own)
        threads = [
            threading.Thread(target=_tick, args=(app, over, URGENT, "clock", holder, urgent), daemon=True),
            threading.Thread(target=_tick, args=(app, over, SWEEPS, "sweeps", holder), daemon=True),
            threading.Thread(target=_tick, args=(app, over, MAIL, None, holder), daemon=True),
            threading.Thread(target=_tick, args=(app, over, MONEY, "money", holder), daemon=True),
            threading.Thread(
                target=_tick, args=(app, over, alert_tasks(app, settings), "alerts", holder, watching), daemon=True
            ),
            threading.Thread(target=_tick, args=(app, over, alert_calls_of(settings), None, holder), daemon=True),
            threading.Thread(target=_tick, args=(app, over, FIGURES, "figures", holder), daemon=True),
            threading.Thread(target=_tick, args=(app, over, EXPORTS, None, holder), daemon=True),
            threading.Thread(target=_tick, args=(app, over, ERASURES, "erasures", holder), daemon=True),
            threading.Thread(target=_tick, args=(app, over, SLOW_SWEEPS, "slow sweeps", holder), daemon=True),
            *(
                threading.Thread(target=_work_lightly, args=(app, settings, queue, over), daemon=True)
                for queue in LIGHT_WORK
            ),
        ]
        for thread in threads:
            thread.start()
        _log.info("clock ready")
        while not stop.wait(_TICK_S) and all(thread.is_alive() for thread in threads):
            if not (urgent.is_stuck or watching.is_stuck):
                touch_pulse(settings)
        over.set()
        leave_by = time.monotonic() + _LEAVE_S
        for thread in threads:
            thread.join(max(0.0, leave_by - time.monotonic()))
    with app.app_context():
        write_counts()
    return 0 if stop.is_set else 1


def alert_tasks(app: Flask, settings: Settings) -> tuple[Task, ...]:
    """Return the tasks of the one clock that watches the service."""
    runner, observer = health_log.open_runner(app), Observer(settings)
    return (
        Task("dependency checks", _CHECK_S, lambda: health_log.write_results(runner)),
        Task("alerts", _EVALUATE_S, lambda: alerts.evaluate(observer, ALERT_CONDITIONS)),
    )


def alert_calls_of(settings: Settings) -> tuple[Task, ...]:
    """Return the task that calls the operators' webhook, which may hang, where there is one."""
    if not settings.alert_webhook_url:
        return ()
    return (Task("alert calls", 2, lambda: alert_calls.send_due(settings)),)


def hint_waiting() -> bool:
    """Wake a worker while something waits: the first hint may have been lost with its Redis."""
    query = select(RenderJob.id).where(RenderJob.status == QUEUED, RenderJob.run_after <= now()).limit(1)
    waiting = db.session.scalar(query)
    db.session.commit()
    return waiting is not None and jobs.ask_for(jobs.render_video_job, waiting)


def measure_songs() -> None:
    """Have the songs measured whose first hint was lost."""
    for upload_id in unmeasured(limit=5):
        jobs.ask_for(jobs.measure_song, upload_id)


def keep_house(job: Job) -> None:
    """Have a job done that is due, by a light worker, or here while Redis is away: what has expired goes all the same.

    A second hint does no harm: the job is no longer due then.
    """
    if runs.is_due(job) and not (job.doorway and jobs.ask_for(job.doorway)):
        runs.run_if_due(job)


def lead(task: str, holder: str, lasts: timedelta | None = None) -> bool:
    """Be the one that does a task for the next seconds, or return False where somebody else is."""
    at = now()
    until = at + (lasts or _LEADS_FOR)
    mine = update(Leader).where(Leader.task == task, or_(Leader.holder == holder, Leader.until <= at))
    with writing() as session:
        # Most often the row is there, and one statement does.
        take = mine.values(holder=holder, until=until).returning(Leader.task)
        if session.scalar(take) is not None:
            return True
        insert_missing(session, Leader, [{"task": task, "holder": holder, "until": until}])
        return session.scalar(select(Leader.holder).where(Leader.task == task)) == holder


def _tick(
    app: Flask,
    over: threading.Event,
    tasks: Sequence[Task],
    leads: str | None,
    holder: str,
    rounds: Rounds | None = None,
) -> None:
    """Do each task in its time, as long as this clock leads; without a lead each clock does its share."""
    rounds = rounds or Rounds()
    due = dict.fromkeys(tasks, 0.0)
    lasts = _lead_of(tasks)
    # A lead is renewed well before its end, and only to do something: each renewal is a commit.
    renew_at = 0.0
    with app.app_context():
        while not over.wait(_TICK_S):
            rounds.note()
            at = time.monotonic()
            ready = [task for task, next_at in due.items() if next_at <= at]
            if leads and ready and at >= renew_at:
                if not _is_leader(leads, holder, lasts):
                    continue
                renew_at = at + (lasts or _LEADS_FOR).total_seconds() * _RENEWED_AT
            for task in ready:
                if not over.is_set():
                    due[task] = time.monotonic() + task.every_s
                    _do(task)
                    rounds.note()


def _lead_of(tasks: Sequence[Task]) -> timedelta | None:
    """Return how long a lead lasts for tasks that are rare, so that another clock does not do them in between."""
    every_s = min((task.every_s for task in tasks), default=0.0)
    return timedelta(seconds=min(_LONGEST_LEAD_S, every_s)) if every_s > _LEADS_FOR.total_seconds() else None


def _is_leader(task: str, holder: str, lasts: timedelta | None) -> bool:
    try:
        return lead(task, holder, lasts) if lasts else lead(task, holder)
    except SQLAlchemyError:
        _log.warning("The database is unavailable.")
        db.session.rollback()
        return False


def _do(task: Task) -> None:
    try:
        task.do()
    except Exception:  # noqa: BLE001  (whatever one task does, the others go on, and it is tried again in its turn)
        _log.warning("%s failed.", task.name.capitalize(), exc_info=True)
        db.session.rollback()


def _work_lightly(app: Flask, settings: Settings, queue: str, over: threading.Event) -> None:
    """Do what a queue names."""
    connection = connect(settings.redis_address, timeout_s=3.0)
    with app.app_context():
        while not over.is_set():
            try:
                found = hints.take(queue, connection, 1)
            except (RedisError, OSError):
                over.wait(_TICK_S)
                continue
            if found:
                function, arguments = found
                job = table.job_behind(function)
                do = partial(runs.run_if_due, job) if job else partial(jobs.call, function, arguments)
                _do(Task(function.rpartition(".")[2], 0, do))
    connection.close()
