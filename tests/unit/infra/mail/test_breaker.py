"""A breaker opens after three failures in a row, and tries again once a minute."""

from collections.abc import Iterator

import pytest

from oriel.infra.clock import clock
from oriel.infra.mail.breaker import PAUSE, Breaker


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.reset()


@pytest.fixture
def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(3):
        breaker.failed()
    return breaker


def test_a_new_one_lets_everything_through() -> None:
    breaker = Breaker()
    assert breaker.is_closed
    assert [breaker.allows() for _ in range(5)] == [True] * 5


def test_failures_with_a_success_in_between_do_not_open_it() -> None:
    breaker = Breaker()
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


def test_three_failures_in_a_row_open_it(opened: Breaker) -> None:
    assert not opened.is_closed
    assert not opened.allows()


def test_one_failure_is_enough_when_it_is_sure() -> None:
    breaker = Breaker()
    breaker.failed(at_once=True)
    assert not breaker.allows()


def test_after_a_pause_one_attempt_is_let_through(opened: Breaker) -> None:
    clock.shift(PAUSE)
    assert [opened.allows() for _ in range(3)] == [True, False, False]


def test_an_attempt_that_succeeds_closes_it(opened: Breaker) -> None:
    clock.shift(PAUSE)
    assert opened.allows()
    opened.succeeded()
    assert [opened.allows() for _ in range(3)] == [True] * 3


def test_an_attempt_that_fails_means_another_pause(opened: Breaker) -> None:
    clock.shift(PAUSE)
    assert opened.allows()
    opened.failed()
    assert not opened.allows()
    clock.shift(PAUSE)
    assert opened.allows()
