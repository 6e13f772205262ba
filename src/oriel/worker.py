"""The worker process: takes the next render and makes it, one at a time, with one warm browser.

SIGTERM and SIGINT give the running render back. SIGUSR1 drains: the worker finishes its render, takes no other, and
leaves.
"""

import logging
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from oriel.app import create_app
from oriel.errors import InvalidConfiguration
from oriel.infra.database import database_ahead_s, db
from oriel.infra.pulse import touch_pulse
from oriel.infra.redis import connect
from oriel.infra.traces import init_traces
from oriel.rendering import attempts, hints, presence
from oriel.rendering.attempts import Attempt
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.request import Machine
from oriel.rendering.pipeline.tools import find_chromium, find_tools
from oriel.rendering.warm_browser import WarmBrowser
from oriel.rendering.watch import Stop
from oriel.rendering.work import Workshop, work_on
from oriel.rendering.worker_folder import worker_folder
from oriel.settings import Settings

_log = logging.getLogger("oriel.worker")

# Without a hint a worker looks by itself so often: Redis may be empty or away.
_LOOK_S = 2
# After a failure that was this machine's fault: the next render had better go elsewhere.
_REST_S = 20.0
# A lease has 8 s and is renewed every 2.
_MOST_SKEW_S = 2.0
# So much nicer than whoever starts it: web and clock go first on a busy machine. FFmpeg is nicer still.
NICENESS = 5


def run_worker(settings: Settings, name: str | None = None) -> int:
    """Work until a signal ends it; returns the exit code."""
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.ask())
    signal.signal(signal.SIGUSR1, lambda *_: stop.drain())
    app = create_app(settings)
    init_traces(settings, "worker")
    folder = settings.data_root / "work"
    # The browser goes first: in its thread an event loop runs, beside which Flask cannot end its context.
    with app.app_context(), worker_folder(folder / "workers") as own, WarmBrowser(own / "browser") as browser:
        refuse_wrong_clock()
        workshop = Workshop(app, settings, _machine(settings, folder), load_looks(), browser, own, stop)
        _work(workshop, name or own_name())
    return 0


def refuse_wrong_clock() -> None:
    """Raise InvalidConfiguration where leases would be measured by clocks that do not agree."""
    ahead_s = database_ahead_s()
    if abs(ahead_s) > _MOST_SKEW_S:
        raise InvalidConfiguration(
            f"This machine's clock is {-ahead_s:+.1f} s off the database's. Synchronise both (NTP), then start again."
        )


def own_name() -> str:
    """Return what tells this worker from all others, also from one with the same number after a restart."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


def _work(workshop: Workshop, name: str) -> None:
    connection = connect(workshop.settings.redis_address, timeout_s=_LOOK_S + 1)
    _log.info("worker ready")
    report_at = time.monotonic()
    while not workshop.stop.is_draining:
        touch_pulse(workshop.settings)
        attempt = _claim(workshop.stop, name)
        if attempt:
            if not work_on(workshop, attempt):
                _rest(workshop.stop, name)
        elif not workshop.stop.is_draining:
            if workshop.browser.close_if_idle(time.monotonic()):
                _log.info("the browser was idle and has been closed")
            if time.monotonic() >= report_at:
                report_at = time.monotonic() + presence.REPORT_EVERY_S
                _report(lambda: presence.report(name))
            _wait(workshop.stop, connection)
    _report(lambda: presence.leave(name))
    connection.close()


def _rest(stop: Stop, name: str) -> None:
    """Leave the next renders to others for a while; operators still see this worker."""
    over = time.monotonic() + _REST_S
    while time.monotonic() < over and not stop.is_draining:
        _report(lambda: presence.report(name))
        stop.wait(presence.REPORT_EVERY_S)


def _report(write: Callable[[], None]) -> None:
    try:
        write()
    except SQLAlchemyError:
        # Only operators look at it; the next claim tells that the database is away.
        db.session.rollback()


def _claim(stop: Stop, name: str) -> Attempt | None:
    try:
        return attempts.claim(name)
    except SQLAlchemyError as error:
        _log.warning("Cannot claim a render: %s", getattr(error, "orig", error))
        db.session.rollback()
        # Hints that lie there must not make us ask again at once.
        stop.wait(_LOOK_S)
        return None


def _wait(stop: Stop, connection: Redis) -> None:
    try:
        hints.take(hints.VIDEO_RENDERING, connection, _LOOK_S)
    except RedisError:
        stop.wait(_LOOK_S)


def _machine(settings: Settings, folder: Path) -> Machine:
    return Machine(
        tools=find_tools(settings.ffmpeg_path, settings.ffprobe_path),
        chromium=find_chromium(settings.chromium_path),
        work_root=folder / "renders",
    )
