"""Optimistic writes of what Stripe answers: an older answer never replaces a newer one."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from oriel.errors import PaymentsUnavailable

Result = TypeVar("Result")

# Twenty concurrent writers need a few seconds to finish. An event's claim must not expire before this.
RETRY_TIMEOUT_S = 30.0
# Doubled after each attempt, up to the longest pause.
_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0


def retry_until_written(ask_and_write: Callable[[], Result | None]) -> Result:
    """Call `ask_and_write` until it returns a result; None says that another writer came first.

    The callback reads the row's `version`, asks Stripe, and writes only if the version is unchanged. It increments the
    version with every answer, even one that changes nothing, so that all who asked earlier must ask again.
    Raises PaymentsUnavailable after 30 s.
    """
    deadline = time.monotonic() + RETRY_TIMEOUT_S
    pause_s = _PAUSE_S
    while (result := ask_and_write()) is None:
        if time.monotonic() > deadline:
            raise PaymentsUnavailable("This payment is being updated. Please try again in a minute.")
        # A random pause, or concurrent writers would collide again and again.
        time.sleep(random.uniform(0, pause_s))  # noqa: S311  (no secret)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    return result
