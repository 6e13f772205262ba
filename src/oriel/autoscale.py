"""The autoscale process: keeps as many workers on this machine as the waiting renders need."""

import logging
import signal
import time

from sqlalchemy.exc import SQLAlchemyError

from oriel.app import create_app
from oriel.errors import InvalidConfiguration
from oriel.infra.database import db
from oriel.infra.logs import facts
from oriel.infra.pulse import touch_pulse
from oriel.rendering import attempts
from oriel.scaling.demand import busy_workers, current_demand
from oriel.scaling.policy import Scaler, scaling_limits
from oriel.settings import Settings
from oriel.stop_flag import StopFlag
from oriel.worker_pool import WorkerPool

_log = logging.getLogger("oriel.autoscale")

# A render's first estimate comes with its first heartbeat, every 2 s.
_DECIDE_EVERY_S = 3.0
_TEND_EVERY_S = 0.1


def run_autoscale(settings: Settings) -> int:
    """Run workers until SIGTERM or SIGINT; returns the exit code."""
    if settings.autoscale_maximum is None:
        raise InvalidConfiguration("Set AUTOSCALE_MAXIMUM to the largest number of workers that this machine may run.")
    over = StopFlag()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    pool = WorkerPool(settings, settings.autoscale_maximum, _release)
    scaler = Scaler(scaling_limits(settings))
    decide_at = 0.0
    with create_app(settings).app_context():
        try:
            while not over.wait(_TEND_EVERY_S):
                pool.tend()
                if time.monotonic() >= decide_at:
                    decide_at = time.monotonic() + _DECIDE_EVERY_S
                    touch_pulse(settings)
                    _decide(pool, scaler)
        finally:
            pool.stop()
    return 0


def _decide(pool: WorkerPool, scaler: Scaler) -> None:
    try:
        demand, busy = current_demand(), busy_workers()
    except SQLAlchemyError:
        _log.warning("The database is unavailable; the number of workers stays.")
        db.session.rollback()
        return
    wanted, before = scaler.decide(time.monotonic(), demand), pool.size
    pool.resize(wanted, busy)
    if pool.size != before:
        _log.info("%d workers, before %d", pool.size, before, extra=facts(waiting=len(demand.waiting_s)))


def _release(worker: str) -> None:
    """Give a dead worker's renders to others at once; without a database, their leases end by themselves."""
    try:
        attempts.release(worker)
    except SQLAlchemyError:
        _log.warning("Cannot release the renders of %s now: the database is unavailable.", worker)
        db.session.rollback()
