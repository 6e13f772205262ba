"""Waiting for what another thread does: until it holds, however slow the machine is."""

import time
from collections.abc import Callable

PATIENCE_S = 120.0


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until something is true; fail where it never becomes true."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
