"""The clock process: its end, its tasks, and which of two clocks does them."""

import contextlib
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from tests.functional.waiting import PATIENCE_S, wait_until

from oriel import clock as process
from oriel.clock import Task, lead
from oriel.infra.clock import clock
from oriel.infra.database import db
from oriel.rendering import hints

LEAD_OVER = timedelta(seconds=5.1)

# The process as a whole needs a database, and does not care which.
on_any_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture
def own_process(app: APIFlask, signals_kept: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[APIFlask]:
    """Let this process be a clock without tasks for a while, on the application of the tests."""
    monkeypatch.setattr(process, "create_app", lambda _settings: app)
    for tasks in ("URGENT", "SWEEPS", "SLOW_SWEEPS", "MAIL", "FIGURES"):
        monkeypatch.setattr(process, tasks, ())
    monkeypatch.setattr(tempfile, "tempdir", tempfile.tempdir)
    # One that would go on for ever is told to end.
    late = threading.Timer(PATIENCE_S, os.kill, (os.getpid(), signal.SIGTERM))
    late.start()
    yield app
    late.cancel()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_TICK_S", 0.01)


@contextlib.contextmanager
def ticking(app: APIFlask, tasks: Sequence[Task], leads: str | None = None, holder: str = "a clock") -> Iterator[None]:
    """Let a clock's thread do these tasks as long as the block lasts."""
    over = threading.Event()
    thread = threading.Thread(target=process._tick, args=(app, over, tasks, leads, holder))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def die(*_: object) -> None:
    """End the thread that calls this, whatever it catches."""
    raise SystemExit


@on_any_database
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_clock_that_is_told_to_end_ends_well(
    own_process: APIFlask, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MAIL", (Task("end", 60, lambda: os.kill(os.getpid(), number)),))
    assert process.run_clock(own_process.config["ORIEL"]) == 0


@on_any_database
@pytest.mark.parametrize(
    ("hangs", "stuck_s", "has_pulse"),
    # The others may hang with a provider or a storage for as long as these take.
    [("URGENT", 0.3, False), ("alert_tasks", 0.3, False), ("MAIL", 120.0, True)],
)
def test_a_clock_whose_watched_threads_hang_has_no_pulse(
    own_process: APIFlask, quick: None, monkeypatch: pytest.MonkeyPatch, hangs: str, stuck_s: float, has_pulse: bool
) -> None:
    released = threading.Event()
    beats: list[float] = []

    def beat(_settings: object) -> None:
        beats.append(time.monotonic())

    def hang() -> None:
        begun = time.monotonic()
        released.wait(2.0)
        beats[:] = [at for at in beats if at > begun + 1.2]
        os.kill(os.getpid(), signal.SIGTERM)
        released.wait(PATIENCE_S)

    monkeypatch.setattr(process, "_STUCK_S", stuck_s)
    monkeypatch.setattr(process, "_LEAVE_S", 0.1)
    monkeypatch.setattr(process, "touch_pulse", beat)
    tasks = (Task("hang", 60, hang),)
    monkeypatch.setattr(process, hangs, (lambda *_: tasks) if hangs == "alert_tasks" else tasks)
    assert process.run_clock(own_process.config["ORIEL"]) == 0
    released.set()
    assert bool(beats) == has_pulse


@on_any_database
def test_all_threads_together_have_seconds_to_leave(
    own_process: APIFlask, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, begun = threading.Event(), threading.Barrier(3)

    def hang() -> None:
        begun.wait(PATIENCE_S)
        released.wait(PATIENCE_S)

    def end() -> None:
        begun.wait(PATIENCE_S)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(process, "_LEAVE_S", 1.0)
    monkeypatch.setattr(process, "SWEEPS", (Task("hang", 60, hang),))
    monkeypatch.setattr(process, "FIGURES", (Task("hang", 60, hang),))
    monkeypatch.setattr(process, "MAIL", (Task("end", 60, end),))
    waits: list[float | None] = []
    join = threading.Thread.join

    def noted(thread: threading.Thread, timeout: float | None = None) -> None:
        waits.append(timeout)
        join(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", noted)
    assert process.run_clock(own_process.config["ORIEL"]) == 0
    released.set()
    # One after the other has what is left of the same second: the last one has less than all of it.
    assert [wait for wait in waits if wait is not None][-1] < 0.1


@dies
@on_any_database
@pytest.mark.parametrize("tasks", ["URGENT", "SWEEPS", "MAIL"])
def test_a_clock_whose_thread_dies_ends_with_an_error(
    own_process: APIFlask, tasks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, tasks, (Task("die", 60, die),))
    assert process.run_clock(own_process.config["ORIEL"]) == 1


@dies
@on_any_database
def test_a_clock_whose_light_worker_dies_ends_with_an_error(
    own_process: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = hints.take
    monkeypatch.setattr(hints, "take", lambda queue, *rest: die() if queue == hints.CLEANUP else take(queue, *rest))
    assert process.run_clock(own_process.config["ORIEL"]) == 1


@pytest.mark.usefixtures("quick")
def test_a_task_that_fails_holds_up_no_other_and_is_tried_again(app: APIFlask) -> None:
    failed, done = [], []

    def fail() -> None:
        failed.append(1)
        # On PostgreSQL nothing more can be asked in a transaction that has seen an error.
        db.session.execute(text("SELECT nothing FROM nowhere"))

    def ask() -> None:
        done.append(db.session.scalar(text("SELECT 1")))

    with ticking(app, [Task("fail", 0, fail), Task("ask", 0, ask)]):
        wait_until(lambda: len(failed) > 2 and len(done) > 2)


@pytest.mark.usefixtures("quick")
def test_a_clock_whose_database_was_away_goes_on(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, done = [], []

    def lead_later(task: str, holder: str) -> bool:
        asked.append(1)
        if len(asked) <= 3:
            raise OperationalError("SELECT 1", {}, Exception("the server is away"))
        return lead(task, holder)

    monkeypatch.setattr(process, "lead", lead_later)
    with ticking(app, [Task("do", 0, lambda: done.append(1))], leads="clock"):
        wait_until(lambda: done)
    assert len(asked) > 3


def test_a_clock_leads_as_long_as_it_says_so_in_time(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_LEADS_FOR", timedelta(hours=1))
    with app.app_context():
        for _ in range(3):
            assert lead("clock", "first")
            clock.shift(timedelta(minutes=50))
            assert not lead("clock", "second")


def test_another_clock_takes_over_and_the_first_one_follows(app: APIFlask) -> None:
    with app.app_context():
        assert lead("clock", "first")
        clock.shift(LEAD_OVER)
        assert lead("clock", "second")
        assert not lead("clock", "first")


def test_each_task_has_its_own_leader(app: APIFlask) -> None:
    with app.app_context():
        assert lead("clock", "first")
        assert lead("sweeps", "second")
        assert not lead("sweeps", "first")


def test_of_many_clocks_that_ask_at_once_one_leads(app: APIFlask) -> None:
    many = 6
    gate = threading.Barrier(many)

    def ask(number: int) -> bool:
        with app.app_context():
            gate.wait()
            return lead("clock", f"clock {number}")

    with ThreadPoolExecutor(many) as threads:
        for _ in range(15):
            assert sorted(threads.map(ask, range(many))) == [False] * (many - 1) + [True]
            clock.shift(LEAD_OVER)


@pytest.mark.usefixtures("quick")
def test_a_clock_does_nothing_until_the_other_ones_lead_is_over(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody loses the lead because this machine is slow.
    monkeypatch.setattr(process, "_LEADS_FOR", timedelta(hours=1))
    done: list[str] = []
    asked: list[str] = []

    def lead_noted(task: str, holder: str) -> bool:
        leads = lead(task, holder)
        asked.append(holder)
        return leads

    monkeypatch.setattr(process, "lead", lead_noted)
    with ticking(app, [Task("do", 0, lambda: done.append("first"))], leads="clock", holder="first"):
        wait_until(lambda: done)
    with ticking(app, [Task("do", 0, lambda: done.append("second"))], leads="clock", holder="second"):
        wait_until(lambda: asked.count("second") > 5)
        assert "second" not in done
        clock.shift(timedelta(hours=1, seconds=1))
        wait_until(lambda: "second" in done)
