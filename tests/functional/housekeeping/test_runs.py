"""Jobs run in their time, one process at a time, and leave a record."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oriel import app as application
from oriel import cli, cli_service, clock
from oriel.errors import NotFound, OurError
from oriel.housekeeping import runs, table
from oriel.housekeeping.job import Done, Job
from oriel.housekeeping.models import HousekeepingRun
from oriel.infra.clock import clock as time
from oriel.infra.clock import now
from oriel.infra.database import db, writing

Output = pytest.CaptureFixture[str]
HOUR = timedelta(hours=1)


def job(do: Callable[[], Done], *, every: timedelta = HOUR, is_quiet: bool = False) -> Job:
    return Job("a-job", "Do it.", every, do, is_quiet=is_quiet)


def record() -> HousekeepingRun:
    db.session.rollback()
    return runs.latest_runs()["a-job"]


def test_a_job_runs_in_its_time_and_says_what_came_of_it() -> None:
    it = job(lambda: Done(3, "three of them"))
    assert runs.is_due(it)
    assert runs.run_if_due(it) == Done(3, "three of them")
    run = record()
    assert (run.items, run.detail, run.error, run.failures) == (3, "three of them", None, 0)
    assert run.duration_s is not None
    assert run.succeeded_at
    assert runs.run_if_due(it) is None
    time.shift(HOUR)
    assert runs.run_if_due(it)


def test_a_job_that_fails_is_tried_again_and_its_failures_are_counted() -> None:
    def fail() -> Done:
        raise OurError("The storage is away.")

    it = job(fail, every=timedelta(days=1))
    for failures in (1, 2):
        with pytest.raises(OurError):
            runs.run_if_due(it)
        run = record()
        assert (run.failures, run.error) == (failures, "The storage is away.")
        assert not runs.is_due(it)
        time.shift(timedelta(minutes=30))
    assert runs.run_if_due(replace(it, do=lambda: Done(1)))
    assert (record().failures, record().error) == (0, None)


def test_two_processes_do_not_run_a_job_at_once() -> None:
    tried: list[object] = []

    def try_again() -> Done:
        tried.append(runs.run_now(it))
        tried.append(runs.is_due(it))
        return Done(1)

    it = job(try_again)
    assert runs.run_now(it)
    assert tried == [None, False]


def test_the_claim_of_a_killed_process_expires() -> None:
    with writing() as session:
        claimed = {"started_at": now(), "claimed_until": now() + timedelta(seconds=60)}
        session.add(HousekeepingRun(job="a-job", **claimed))
    it = job(lambda: Done(1))
    assert runs.run_now(it) is None
    time.shift(timedelta(seconds=61))
    assert runs.run_now(it)


def test_a_long_job_keeps_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_HEARTBEAT_S", 0.01)
    until: list[datetime | None] = []

    def work() -> Done:
        first = record().claimed_until
        assert first
        while (later := record().claimed_until) == first:
            pass
        until.extend([first, later])
        return Done(1)

    assert runs.run_now(job(work))
    assert until[0] is not None
    assert until[1] is not None
    assert until[0] < until[1]
    assert record().claimed_until is None


@pytest.mark.parametrize(
    ("last", "hour", "is_due"),
    [
        (None, 14, False),
        (None, 3, True),
        (24, 3, True),
        # A few seconds earlier than the day before.
        (22, 2, True),
        (20, 4, False),
        (30, 14, False),
        # A machine that sleeps at night.
        (48, 14, True),
    ],
)
def test_a_quiet_job_runs_at_night(last: int | None, hour: int, is_due: bool) -> None:
    time.shift(datetime(2027, 1, 15, hour, 30, tzinfo=UTC) - now())
    it = job(lambda: Done(0), every=timedelta(days=1), is_quiet=True)
    if last is not None:
        with writing() as session:
            session.add(HousekeepingRun(job="a-job", started_at=now() - last * HOUR))
    assert runs.is_due(it) == is_due


def test_the_clock_runs_every_job_of_the_table() -> None:
    tasks = [*clock.SWEEPS, *clock.SLOW_SWEEPS]
    assert {task.name for task in tasks} == {each.name for each in table.JOBS}
    for task in tasks:
        task.do()


def test_every_job_can_run_again_at_once_and_be_previewed() -> None:
    for each in table.JOBS:
        assert runs.run_now(each) is not None
        again = runs.run_now(each)
        assert again is not None
        if each.preview:
            each.preview()
    assert {name for name, run in runs.latest_runs().items() if run.error} == set()


def test_names_and_sentences_are_fit_to_be_shown() -> None:
    names = [each.name for each in table.JOBS]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 40 for name in names)
    assert all(each.sentence.endswith(".") for each in table.JOBS)
    with pytest.raises(NotFound):
        table.job_named("nothing")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    from flask import current_app

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    monkeypatch.setattr(application, "create_app", lambda _settings: app)
    monkeypatch.setattr(cli_service, "_service", lambda _process: app.config["ORIEL"])


@pytest.mark.usefixtures("commands")
def test_the_command_runs_one_lists_all_and_says_what_it_would_do(capsys: Output) -> None:
    assert cli.run(["housekeeping", "old-mails"]) == 0
    assert capsys.readouterr().out == "old-mails: nothing to do\n"
    assert cli.run(["housekeeping", "old-mails", "--dry-run"]) == 0
    assert capsys.readouterr().out == "old-mails: nothing to do\n"
    assert cli.run(["housekeeping", "payment-events", "--dry-run"]) == 0
    assert "no preview is available" in capsys.readouterr().out
    assert cli.run(["housekeeping", "--list"]) == 0
    told = capsys.readouterr().out
    assert all(each.name in told and each.sentence in told for each in table.JOBS)
    assert cli.run(["housekeeping", "nothing"]) == 2
    assert "`oriel housekeeping --list` names them" in capsys.readouterr().err


@pytest.mark.usefixtures("commands")
def test_a_job_that_fails_is_told_and_the_others_run(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    def fail() -> Done:
        raise OurError("The storage is away.")

    chosen = (job(fail), replace(job(lambda: Done(2)), name="another"))
    monkeypatch.setattr(table, "JOBS", chosen)
    assert cli.run(["housekeeping"]) == 1
    told = capsys.readouterr()
    assert told.out == "another: 2 done\n"
    assert "a-job: failed: The storage is away." in told.err
