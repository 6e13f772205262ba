"""Limits slow work: how much runs at once in this process, and for one customer."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from oriel.errors import TooManyRequests, Unavailable

_COME_BACK_S = 10


class Seats:
    """So many seats, of which one holder may take so many; `full` and `too_many` tell why there is none."""

    def __init__(self, most: int, most_each: int, *, full: str, too_many: str) -> None:
        self._most = most
        self._most_each = most_each
        self._full = full
        self._too_many = too_many
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, holder: str) -> Iterator[None]:
        """Hold a seat within the block; raise TooManyRequests or, with all of them taken, Unavailable."""
        self._take(holder)
        try:
            yield
        finally:
            with self._lock:
                self._taken -= Counter([holder])

    def _take(self, holder: str) -> None:
        with self._lock:
            if self._taken[holder] >= self._most_each:
                raise TooManyRequests(self._too_many, retry_after_s=_COME_BACK_S, most=self._most_each)
            if self._taken.total() >= self._most:
                raise Unavailable(self._full, retry_after_s=_COME_BACK_S)
            self._taken[holder] += 1
