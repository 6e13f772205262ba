"""Writing down what the payment service says, where others do the same: what stands here is never an older answer."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from oriel.errors import PaymentsUnavailable

Written = TypeVar("Written")

# Each of them, somebody else has written something down meanwhile.
_TRIES = 12
# Doubled each time, up to the most: twenty who ask at once on a busy machine need seconds until all have had a turn.
_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0


def until_written(ask_and_write: Callable[[], Written | None]) -> Written:
    """Return what `ask_and_write` returns once that is not None, which says that somebody else has been quicker.

    Whoever writes reads a row's `version` before the question, writes only where it is the same afterwards, and raises
    it with every answer, also with one that changes nothing: who has asked before must ask again.
    """
    for tries in range(_TRIES):
        if tries:
            # Those who ask at once would go on getting into each other's way.
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, _PAUSE_S * 2**tries)))  # noqa: S311  (no secret)
        written = ask_and_write()
        if written is not None:
            return written
    raise PaymentsUnavailable("This changes all the time. Please try again later.")
