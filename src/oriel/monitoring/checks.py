"""Runs checks side by side, each with a deadline, and remembers their results for some seconds."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oriel.errors import AppError
from oriel.infra.clock import now
from oriel.infra.logs import facts

_log = logging.getLogger("oriel.monitoring")

_LONGEST_MESSAGE = 300


class State(StrEnum):
    """How a dependency is."""

    OK = "ok"
    # It answers, but slowly or in part.
    DEGRADED = "degraded"
    DOWN = "down"


class Degraded(Exception):  # noqa: N818  (named for its situation, as those of oriel.errors)
    """Raised by a check whose subject works in part; its text is for operators."""


@dataclass(frozen=True)
class Check:
    """One question to a dependency: `ask` returns if all is well, and raises if not."""

    name: str
    ask: Callable[[], object]
    # An answer that takes longer is degraded; none before the deadline is down.
    slow_s: float = 1.0
    deadline_s: float = 3.0
    # How long a result is good for. Asking others over the internet costs more than asking our own database.
    kept_s: float = 5.0


@dataclass(frozen=True)
class CheckResult:
    """The outcome of a check. The message may name hosts, so it is for operators."""

    name: str
    state: State
    latency_ms: int
    message: str
    checked_at: datetime


class CheckRunner:
    """Runs checks in threads, each within `context`. One object serves many threads."""

    def __init__(self, checks: Sequence[Check], context: Callable[[], AbstractContextManager[object]]) -> None:
        self._checks = list(checks)
        self._context = context
        self._lock = threading.Lock()
        self._results: dict[str, tuple[float, CheckResult]] = {}
        self._running: dict[str, _Run] = {}

    def results(self, *, fresh: bool = False) -> list[CheckResult]:
        """Return the latest result of each check, in order; run those whose result is too old, or all with `fresh`.

        Takes as long as the longest deadline at most. While another thread runs checks, the latest results are
        returned as they are, so that callers do not queue up behind a dependency that hangs.
        """
        if self._lock.acquire(blocking=fresh or not self._has_all()):
            try:
                self._renew([check for check in self._checks if fresh or self._is_old(check)])
            finally:
                self._lock.release()
        return [self._results[check.name][1] for check in self._checks]

    def _has_all(self) -> bool:
        return all(check.name in self._results for check in self._checks)

    def _is_old(self, check: Check) -> bool:
        latest = self._results.get(check.name)
        return latest is None or time.monotonic() >= latest[0] + check.kept_s

    def _renew(self, due: Sequence[Check]) -> None:
        began = time.monotonic()
        runs = [(check, self._run(check)) for check in due]
        for check, run in runs:
            run.thread.join(max(0.0, began + check.deadline_s - time.monotonic()))
            self._results[check.name] = time.monotonic(), run.result(check)

    def _run(self, check: Check) -> "_Run":
        """Start a check, unless the one before still hangs: threads must not pile up."""
        latest = self._running.get(check.name)
        if latest is None or not latest.thread.is_alive():
            latest = self._running[check.name] = _Run(check, self._context)
        return latest


class _Run:
    """A check in a thread of its own."""

    def __init__(self, check: Check, context: Callable[[], AbstractContextManager[object]]) -> None:
        self._began = time.monotonic()
        self._outcome: tuple[State, float, str] | None = None
        self.thread = threading.Thread(target=self._ask, args=(check, context), name=f"check-{check.name}", daemon=True)
        self.thread.start()

    def result(self, check: Check) -> CheckResult:
        # Read once: the thread may end now.
        outcome = self._outcome
        if outcome is None:
            outcome = State.DOWN, time.monotonic() - self._began, f"No answer within {check.deadline_s:g} s."
        state, seconds, message = outcome
        return CheckResult(check.name, state, round(seconds * 1000), message[:_LONGEST_MESSAGE], now())

    def _ask(self, check: Check, context: Callable[[], AbstractContextManager[object]]) -> None:
        try:
            with context():
                check.ask()
        except Degraded as reason:
            state, message = State.DEGRADED, str(reason)
        except AppError as error:
            state, message = State.DOWN, error.message
        except Exception as error:  # noqa: BLE001  (whatever a dependency does, the others are told)
            _log.warning("A check failed.", exc_info=True, extra=facts(check=check.name))
            # The text of a driver's error may hold an address with its password.
            state, message = State.DOWN, f"{type(error).__name__}; the log has more."
        else:
            state, message = State.OK, ""
        seconds = time.monotonic() - self._began
        if state is State.OK and seconds > check.slow_s:
            state, message = State.DEGRADED, f"The answer took {seconds:.1f} s."
        self._outcome = state, seconds, message


def worst(states: Sequence[State]) -> State:
    """Return the worst of some states; OK for none."""
    order = list(State)
    return max(states, key=order.index, default=State.OK)
