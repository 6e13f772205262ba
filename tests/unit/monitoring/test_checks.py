"""Checks: side by side, within deadlines, remembered for a while."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from oriel.errors import PaymentsUnavailable
from oriel.monitoring.checks import Check, CheckResult, CheckRunner, Degraded, State, worst

# For a check that must not reach its deadline, however busy the machine is.
AMPLE_S = 60.0


def runner_of(*checks: Check) -> CheckRunner:
    return CheckRunner(checks, contextlib.nullcontext)


def only(results: list[CheckResult]) -> CheckResult:
    (result,) = results
    return result


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a hanging check waits for; it opens at the end of the test."""
    event = threading.Event()
    yield event
    event.set()


def check(ask: Callable[[], object], name: str = "it", **options: float) -> Check:
    return Check(name, ask, **{"slow_s": AMPLE_S, "deadline_s": AMPLE_S, "kept_s": AMPLE_S, **options})


def test_a_check_that_returns_is_ok() -> None:
    result = only(runner_of(check(lambda: None)).results())
    assert (result.name, result.state, result.message) == ("it", State.OK, "")


def test_a_slow_answer_is_degraded() -> None:
    assert only(runner_of(check(lambda: None, slow_s=-1)).results()).state is State.DEGRADED


def test_a_partial_failure_is_degraded_with_its_reason() -> None:
    def ask() -> None:
        raise Degraded("The disk is nearly full.")

    result = only(runner_of(check(ask)).results())
    assert (result.state, result.message) == (State.DEGRADED, "The disk is nearly full.")


def test_an_error_of_ours_is_down_with_its_sentence() -> None:
    def ask() -> None:
        raise PaymentsUnavailable("Stripe is away.")

    result = only(runner_of(check(ask)).results())
    assert (result.state, result.message) == (State.DOWN, "Stripe is away.")


def test_the_text_of_a_drivers_error_is_not_shown() -> None:
    def ask() -> None:
        raise ConnectionError("cannot reach postgresql://oriel:hunter2@db.internal")

    result = only(runner_of(check(ask)).results())
    assert result.state is State.DOWN
    assert result.message == "ConnectionError; the log has more."


def test_a_check_that_hangs_is_down_at_its_deadline(gate: threading.Event) -> None:
    result = only(runner_of(check(gate.wait, deadline_s=0.01)).results())
    assert (result.state, result.message) == (State.DOWN, "No answer within 0.01 s.")


def test_a_check_that_still_hangs_is_not_started_again(gate: threading.Event) -> None:
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        gate.wait()

    runner = runner_of(check(ask, deadline_s=0.01, kept_s=0))
    assert [only(runner.results()).state for _ in range(3)] == [State.DOWN] * 3
    assert asked == [1]


def test_checks_run_side_by_side() -> None:
    # Each waits for the other: one after the other, they would wait for ever.
    meeting = threading.Barrier(2)
    runner = runner_of(check(meeting.wait, "one"), check(meeting.wait, "two"))
    assert [result.state for result in runner.results()] == [State.OK, State.OK]


def test_results_are_kept_for_a_while_and_made_anew_on_demand() -> None:
    asked: list[int] = []
    runner = runner_of(check(lambda: asked.append(1)))
    first = runner.results()
    assert runner.results() == first
    assert len(asked) == 1
    runner.results(fresh=True)
    assert len(asked) == 2


def test_a_result_that_is_too_old_is_made_anew() -> None:
    asked: list[int] = []
    runner = runner_of(check(lambda: asked.append(1), kept_s=0))
    runner.results()
    runner.results()
    assert len(asked) == 2


def test_callers_do_not_queue_up_behind_a_check_that_hangs(gate: threading.Event) -> None:
    hangs, began = threading.Event(), threading.Event()

    def ask() -> None:
        if hangs.is_set():
            began.set()
            gate.wait()

    runner = runner_of(check(ask, kept_s=0))
    first = runner.results()
    hangs.set()
    other = threading.Thread(target=runner.results)
    other.start()
    assert began.wait(AMPLE_S)
    assert runner.results() == first
    gate.set()
    other.join()


def test_the_worst_state_counts() -> None:
    assert worst([]) is State.OK
    assert worst([State.OK, State.DOWN, State.DEGRADED]) is State.DOWN
