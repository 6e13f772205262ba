"""The simulated day of benchmarks/autoscale.py: what it promises in the documentation, and calm under steady load."""

from benchmarks.autoscale import Arrival, day, fixed, scaled

from oriel.scaling.policy import ScalingLimits

LIMITS = ScalingLimits(minimum=1, maximum=20, target_wait_s=60, cool_down_s=300)


def test_a_day_with_bursts_costs_less_than_a_fixed_pool_and_waits_less() -> None:
    arrivals = day(200, seed=1)
    outcome = scaled(arrivals, LIMITS)
    as_dear = fixed(arrivals, max(1, round(outcome.worker_hours / 24)))
    assert outcome.p95_wait_s <= LIMITS.target_wait_s < as_dear.p95_wait_s
    assert outcome.most_workers <= LIMITS.maximum
    # Every render is made: they take so long together.
    assert outcome.worker_hours >= sum(arrival.takes_s for arrival in arrivals) / 3600


def test_the_same_seed_is_the_same_day() -> None:
    assert day(50, seed=3) == day(50, seed=3) != day(50, seed=4)


def test_steady_load_does_not_make_the_number_swing() -> None:
    steady = [Arrival(60.0 * number, 135.0) for number in range(1, 1000)]
    outcome = scaled(steady, LIMITS)
    # It rises to what is needed and falls when the day is over.
    assert outcome.changes <= 2 * outcome.most_workers
    assert outcome.longest_wait_s <= LIMITS.target_wait_s + 10
