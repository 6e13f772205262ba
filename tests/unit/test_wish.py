"""A wish that is uttered by a signal, however it falls."""

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from oriel.wish import Wish


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


def test_signals_in_any_moment_of_waiting_are_heard_and_block_nothing(
    alarm: Callable[[Callable[[], None]], None],
) -> None:
    """With an event of `threading` this stands still for ever."""
    for _ in range(100):
        wish = Wish()
        alarm(wish.utter)
        assert wish.wait(5)


def test_it_is_waited_for_no_longer_than_asked() -> None:
    wish = Wish()
    assert not wish.wait(0.01)
    assert not wish.wait(0)
    assert not wish.is_uttered


def test_another_thread_may_utter_it() -> None:
    wish = Wish()
    threading.Timer(0.05, wish.utter).start()
    started = time.monotonic()
    assert wish.wait(30)
    assert time.monotonic() - started < 15
