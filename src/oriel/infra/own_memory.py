"""What other programs of the same user may learn about a process of ours."""

import ctypes
import sys

_PR_SET_DUMPABLE = 4


def hide_memory() -> None:
    """Keep our memory and environment from other programs of our user, and out of core files (Linux).

    Programs that we start are not hidden. Debuggers and profilers need root then.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
