"""Writing down what the payment service says, where others do the same: what stands here is never an older answer."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from oriel.errors import PaymentsUnavailable

Written = TypeVar("Written")

# Twenty who ask at once on a busy machine need seconds until all have had a turn. Who deals with an event must be
# through before somebody else takes it up.
PATIENCE_S = 30.0
# Doubled each time, up to the most.
_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0


def until_written(ask_and_write: Callable[[], Written | None]) -> Written:
    """Return what `ask_and_write` returns once that is not None, which says that somebody else has been quicker.

    Whoever writes reads a row's `version` before the question, writes only where it is the same afterwards, and raises
    it with every answer, also with one that changes nothing: who has asked before must ask again.
    """
    deadline = time.monotonic() + PATIENCE_S
    pause_s = _PAUSE_S
    while (written := ask_and_write()) is None:
        if time.monotonic() > deadline:
            raise PaymentsUnavailable("This payment is being updated. Please try again in a minute.")
        # Those who ask at once would go on getting into each other's way.
        time.sleep(random.uniform(0, pause_s))  # noqa: S311  (no secret)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    return written
