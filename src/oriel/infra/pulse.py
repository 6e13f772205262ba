"""A file whose age tells a container's health check that a worker or a clock is at work: neither answers HTTP."""

import contextlib

from oriel.settings import Settings


def touch_pulse(settings: Settings) -> None:
    """Touch PULSE_FILE if it is set. A full disk makes this process unhealthy, but does not end it."""
    if settings.pulse_file:
        with contextlib.suppress(OSError):
            settings.pulse_file.touch()
