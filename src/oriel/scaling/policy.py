"""The scaling policy: demand and limits in, number of workers out. No database, no process, no clock."""

import heapq
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass

from oriel.settings import Settings

# Where AUTOSCALE_MAXIMUM is not set: whoever reads the figure has a limit of its own.
_NO_MAXIMUM = 1000


@dataclass(frozen=True)
class Demand:
    """What there is to do: expected seconds of each render that may start now, and seconds left of each running one."""

    waiting_s: tuple[float, ...] = ()
    running_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class ScalingLimits:
    """How many workers there may be, and how fast they come and go."""

    minimum: int
    maximum: int
    # Every waiting render should start within so many seconds.
    target_wait_s: float
    # The number falls only to the most that was needed in so many seconds.
    cool_down_s: float


class Scaler:
    """Follows rising demand at once, and falling demand after the cool-down."""

    def __init__(self, limits: ScalingLimits) -> None:
        self._limits = limits
        # Times and needs, both falling from old to new: only these can still become the largest of the window.
        self._window: deque[tuple[float, int]] = deque()

    def decide(self, at: float, demand: Demand) -> int:
        """Return the number of workers from now on; `at` is in seconds and never goes back."""
        needed = needed_workers(demand, self._limits)
        while self._window and self._window[-1][1] <= needed:
            self._window.pop()
        self._window.append((at, needed))
        while len(self._window) > 1 and self._window[0][0] <= at - self._limits.cool_down_s:
            self._window.popleft()
        return self._window[0][1]


def scaling_limits(settings: Settings) -> ScalingLimits:
    """Return the limits that the settings name."""
    return ScalingLimits(
        settings.autoscale_minimum,
        settings.autoscale_maximum or _NO_MAXIMUM,
        settings.autoscale_target_wait_s,
        settings.autoscale_cool_down_s,
    )


def needed_workers(demand: Demand, limits: ScalingLimits) -> int:
    """Return the smallest number of workers, within the limits, with which every render starts in time."""
    return max(limits.minimum, min(_unlimited(demand, limits), limits.maximum))


def _unlimited(demand: Demand, limits: ScalingLimits) -> int:
    # A worker for each render always suffices.
    least, most = len(demand.running_s), len(demand.running_s) + len(demand.waiting_s)
    if least >= limits.maximum:
        return least
    counts = range(least, min(most, limits.maximum))
    enough = bisect_left(counts, True, key=lambda count: _start_in_time(demand, count, limits.target_wait_s))
    return least + enough


def _start_in_time(demand: Demand, workers: int, target_wait_s: float) -> bool:
    """Return whether all waiting renders start within the target if each takes the next free worker, in order."""
    free_at: list[float] = [*demand.running_s, *([0.0] * (workers - len(demand.running_s)))]
    if not free_at:
        return not demand.waiting_s
    heapq.heapify(free_at)
    for seconds in demand.waiting_s:
        if free_at[0] > target_wait_s:
            return False
        heapq.heapreplace(free_at, free_at[0] + seconds)
    return True
