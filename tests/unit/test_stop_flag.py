"""A stop flag that a signal handler sets, at any moment."""

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from oriel.stop_flag import StopFlag


@pytest.fixture
def alarm() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Have something called by a signal handler, again and again, from half a millisecond on."""
    before = signal.getsignal(signal.SIGALRM)

    def ring(do: Callable[[], None]) -> None:
        signal.signal(signal.SIGALRM, lambda *_: do())
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0001)

    yield ring
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_a_signal_handler_can_set_it_while_the_main_thread_waits(
    alarm: Callable[[Callable[[], None]], None],
) -> None:
    """With `threading.Event` this deadlocks."""
    for _ in range(100):
        flag = StopFlag()
        alarm(flag.set)
        assert flag.wait(5)


def test_wait_ends_at_its_deadline() -> None:
    flag = StopFlag()
    assert not flag.wait(0.01)
    assert not flag.wait(0)
    assert not flag.is_set


def test_another_thread_can_set_it() -> None:
    flag = StopFlag()
    threading.Timer(0.05, flag.set).start()
    started = time.monotonic()
    assert flag.wait(30)
    assert time.monotonic() - started < 15
