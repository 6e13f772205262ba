"""A wish for an end, which a signal handler may utter."""

import time

_LOOK_S = 0.02


class Wish:
    """Like an event of `threading`, whose `set` takes a lock that the interrupted thread may hold in its `wait`.

    A handler runs between two instructions of the main thread, so the two would then stand still for ever. Here a
    handler only changes a value, and who waits looks at it now and then.
    """

    def __init__(self) -> None:
        self._uttered = False

    def utter(self) -> None:
        """Want it; from any thread, and from a signal handler."""
        self._uttered = True

    @property
    def is_uttered(self) -> bool:
        """Whether somebody wants it."""
        return self._uttered

    def wait(self, seconds: float) -> bool:
        """Wait until somebody wants it, for so long at most; return whether somebody does."""
        deadline = time.monotonic() + seconds
        while not self._uttered and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(_LOOK_S, left))
        return self._uttered
