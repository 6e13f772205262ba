"""What a job of housekeeping is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Done:
    """What a job did, or would do: how many things, and a sentence about them."""

    items: int
    detail: str = ""
    # What it found that an operator must mend, as a sentence; the command then ends with exit code 1.
    problem: str = ""


@dataclass(frozen=True)
class Job:
    """A job of housekeeping. `preview` says how much there is to do, and changes nothing."""

    name: str
    sentence: str
    every: timedelta
    do: Callable[[], Done]
    preview: Callable[[], Done] | None = None
    # The queue's function for it: then a light worker runs it, unless Redis is away.
    doorway: Callable[[], None] | None = None
    # It may take minutes, so that it has a thread of its own.
    is_slow: bool = False
    # At night (UTC), in `runs.QUIET_HOURS`.
    is_quiet: bool = False
