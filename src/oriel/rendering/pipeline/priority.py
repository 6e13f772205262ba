"""Gives a process a smaller share of busy cores."""

import contextlib
import os
import time
from pathlib import Path

_LOWEST = 19
_AUTOGROUP_S = 0.11


def lower_priority(pid: int, *, to: int) -> None:
    """Raise a process's niceness to this, and that of its group if it leads one; one that is as nice already stays."""
    nice = min(to, _LOWEST)
    if os.getpriority(os.PRIO_PROCESS, pid) >= nice:
        return
    is_leader = os.getsid(pid) == pid
    with contextlib.suppress(OSError):
        # The group, as bubblewrap may have started its program already.
        os.setpriority(os.PRIO_PGRP if is_leader else os.PRIO_PROCESS, pid, nice)
    if is_leader:
        _lower_session(Path(f"/proc/{pid}/autogroup"), nice)


def _lower_session(autogroup: Path, nice: int) -> None:
    # Where Linux weighs sessions against each other ("autogroup"), a process's own priority counts within its session
    # alone.
    with contextlib.suppress(OSError):
        try:
            autogroup.write_text(str(nice))
        except BlockingIOError:
            # Linux takes one such wish in a tenth of a second from those who are not root.
            time.sleep(_AUTOGROUP_S)
            autogroup.write_text(str(nice))
