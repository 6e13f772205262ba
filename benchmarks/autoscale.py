"""A simulated day: the number of workers follows the demand, compared with fixed pools. No process, no clock.

python -m benchmarks.autoscale [--renders 1000] [--seed 1] [--json F]

Renders arrive at random, more in the evening, with bursts as after a newsletter. The autoscaler decides by the same
code as `oriel autoscale`, every few seconds; a new worker takes its time to start, one that is to leave finishes its
render. Takes a second for a thousand renders.
"""

import argparse
import heapq
import json
import math
import random
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from oriel.scaling.policy import Demand, Scaler, ScalingLimits

_DAY_S = 86_400.0
_DECIDE_EVERY_S = 3.0
_START_S = 5.0
# A render of a song of three minutes, in 1080p on two cores, and how much that varies (log-normal).
_USUAL_RENDER_S = 135.0
_SPREAD = 0.4
_BURSTS = 3
_BURST_SHARE = 0.2
_BURST_LASTS_S = 600.0


@dataclass(frozen=True)
class Arrival:
    """A submitted render: when, and how long it takes a worker."""

    at: float
    takes_s: float


@dataclass(frozen=True)
class Outcome:
    """What a day cost, and how long renders waited to start."""

    worker_hours: float
    most_workers: int
    p50_wait_s: float
    p95_wait_s: float
    longest_wait_s: float
    changes: int


class Pool:
    """Workers that start, render, and leave when they are idle."""

    def __init__(self, size: int) -> None:
        self._size = size
        # When each idle worker may take a render, and when each busy one is done.
        self._idle: list[float] = [0.0] * size
        self._busy: list[float] = []
        self._waiting: deque[Arrival] = deque()
        self._worked_s = 0.0
        self._at = 0.0
        self.waits: list[float] = []
        self.most, self.changes = size, 0

    @property
    def is_done(self) -> bool:
        """Whether nothing waits and nobody works."""
        return not self._waiting and not self._busy

    @property
    def worker_hours(self) -> float:
        """How long workers have been there, together."""
        return self._worked_s / 3600

    def submit(self, arrival: Arrival) -> None:
        """Queue a render."""
        self._waiting.append(arrival)

    def demand(self) -> Demand:
        """Return what there is to do now."""
        return Demand(
            tuple(arrival.takes_s for arrival in self._waiting), tuple(done - self._at for done in self._busy)
        )

    def advance(self, to: float) -> None:
        """Let time pass: workers end renders and take the next ones."""
        self._start_waiting(to)
        while self._busy and self._busy[0] <= to:
            heapq.heappush(self._idle, heapq.heappop(self._busy))
            self._start_waiting(to)
        self._worked_s += (len(self._idle) + len(self._busy)) * (to - self._at)
        self._at = to

    def resize(self, wanted: int) -> None:
        """Start workers, or end idle ones."""
        size = len(self._idle) + len(self._busy)
        for _ in range(wanted - size):
            heapq.heappush(self._idle, self._at + _START_S)
        for _ in range(min(size - wanted, len(self._idle))):
            self._idle.remove(max(self._idle))
        after = len(self._idle) + len(self._busy)
        self.changes += after != size
        self.most = max(self.most, after)

    def _start_waiting(self, to: float) -> None:
        while self._waiting and self._idle:
            starts = max(self._idle[0], self._waiting[0].at)
            if starts > to:
                return
            heapq.heappop(self._idle)
            arrival = self._waiting.popleft()
            self.waits.append(starts - arrival.at)
            heapq.heappush(self._busy, starts + arrival.takes_s)


def day(renders: int, seed: int) -> list[Arrival]:
    """Return the renders of a day, oldest first."""
    chance = random.Random(seed)
    in_bursts = int(renders * _BURST_SHARE)
    starts = [chance.uniform(8 * 3600, 23 * 3600) for _ in range(_BURSTS)]
    times = [chance.choice(starts) + chance.uniform(0, _BURST_LASTS_S) for _ in range(in_bursts)]
    while len(times) < renders:
        at = chance.uniform(0, _DAY_S)
        # Few at four in the morning, most twelve hours later.
        if chance.random() < 0.55 - 0.45 * math.cos((at / 3600 - 4) / 24 * math.tau):
            times.append(at)
    return [Arrival(at, _USUAL_RENDER_S * chance.lognormvariate(0, _SPREAD)) for at in sorted(times)]


def simulate(arrivals: Sequence[Arrival], size: int, decide: Callable[[float, Pool], int]) -> Outcome:
    """Return what a day costs that begins with so many workers and asks `decide` every few seconds."""
    pool, at, following = Pool(size), 0.0, 0
    while at < _DAY_S or following < len(arrivals) or not pool.is_done:
        at += _DECIDE_EVERY_S
        while following < len(arrivals) and arrivals[following].at <= at:
            pool.advance(arrivals[following].at)
            pool.submit(arrivals[following])
            following += 1
        pool.advance(at)
        pool.resize(decide(at, pool))
    waits = sorted(pool.waits)
    p50, p95 = (waits[int(len(waits) * share)] for share in (0.5, 0.95))
    return Outcome(pool.worker_hours, pool.most, p50, p95, waits[-1], pool.changes)


def scaled(arrivals: Sequence[Arrival], limits: ScalingLimits) -> Outcome:
    """Return the day with the autoscaler."""
    scaler = Scaler(limits)
    return simulate(arrivals, limits.minimum, lambda at, pool: scaler.decide(at, pool.demand()))


def fixed(arrivals: Sequence[Arrival], size: int) -> Outcome:
    """Return the day with a pool of fixed size."""
    return simulate(arrivals, size, lambda *_: size)


def smallest_as_fast(arrivals: Sequence[Arrival], outcome: Outcome) -> int:
    """Return the smallest fixed pool whose p95 of the waits is no longer."""
    sizes = range(1, 2 * outcome.most_workers)
    return sizes[bisect_left(sizes, True, key=lambda size: fixed(arrivals, size).p95_wait_s <= outcome.p95_wait_s)]


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renders", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--maximum", type=int, default=40)
    parser.add_argument("--target-wait", type=float, default=60.0)
    parser.add_argument("--cool-down", type=float, default=300.0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    arrivals = day(args.renders, args.seed)
    limits = ScalingLimits(1, args.maximum, args.target_wait, args.cool_down)
    outcomes = {"autoscale": scaled(arrivals, limits)}
    mean = max(1, round(outcomes["autoscale"].worker_hours / 24))
    for size in sorted({mean, 2 * mean, smallest_as_fast(arrivals, outcomes["autoscale"])}):
        outcomes[f"fixed, {size}"] = fixed(arrivals, size)
    for name, outcome in outcomes.items():
        print(
            f"{name:10} {outcome.worker_hours:6.0f} worker-hours, at most {outcome.most_workers}; wait p50"
            f" {outcome.p50_wait_s:5.0f} s, p95 {outcome.p95_wait_s:5.0f} s, longest {outcome.longest_wait_s:5.0f} s;"
            f" {outcome.changes} changes"
        )
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}, indent=2))


if __name__ == "__main__":
    main()
