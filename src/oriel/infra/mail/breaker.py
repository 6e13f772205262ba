"""A circuit breaker: a provider that keeps failing is skipped for a while in favour of the next one."""

import threading
from datetime import datetime, timedelta

from oriel.infra.clock import now

FAILURES = 3
PAUSE = timedelta(minutes=1)


class Breaker:
    """Counts failures in a row; after three it opens for a minute, then lets one attempt through each minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._resting_until: datetime | None = None

    @property
    def is_closed(self) -> bool:
        """Whether an attempt would be let through."""
        return self._resting_until is None or self._resting_until <= now()

    def allows(self) -> bool:
        """Return whether to try now; of those who ask after a pause, one may."""
        with self._lock:
            if not self.is_closed:
                return False
            if self._resting_until:
                self._resting_until = now() + PAUSE
            return True

    def succeeded(self) -> None:
        """The provider works."""
        with self._lock:
            self._failures, self._resting_until = 0, None

    def failed(self, *, at_once: bool = False) -> None:
        """The provider does not work; with `at_once` one failure is enough to know."""
        with self._lock:
            self._failures = FAILURES if at_once else self._failures + 1
            if self._failures >= FAILURES:
                self._resting_until = now() + PAUSE
