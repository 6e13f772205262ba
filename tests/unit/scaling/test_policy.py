"""The scaling policy: properties that hold for any load."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from oriel.scaling.policy import Demand, Scaler, ScalingLimits, needed_workers

LIMITS = ScalingLimits(minimum=1, maximum=8, target_wait_s=60, cool_down_s=300)
SECONDS = st.lists(st.floats(0.5, 600), max_size=40).map(tuple)
DEMANDS = st.builds(Demand, SECONDS, SECONDS.map(lambda each: each[:12]))
LOADS = st.lists(st.tuples(st.floats(0.1, 400), DEMANDS), min_size=1, max_size=20)


def test_a_render_that_can_start_in_time_behind_others_needs_no_worker_of_its_own() -> None:
    assert needed_workers(Demand(waiting_s=(20.0,) * 4), LIMITS) == 1
    assert needed_workers(Demand(waiting_s=(20.0,) * 5), LIMITS) == 2


def test_renders_longer_than_the_target_need_a_worker_each() -> None:
    assert needed_workers(Demand(waiting_s=(150.0,) * 3), LIMITS) == 3


def test_a_worker_that_is_free_soon_counts() -> None:
    assert needed_workers(Demand(waiting_s=(150.0,), running_s=(30.0,)), LIMITS) == 1
    assert needed_workers(Demand(waiting_s=(150.0,), running_s=(90.0,)), LIMITS) == 2


def test_with_nothing_to_do_the_minimum_stays() -> None:
    for minimum in (0, 1, 3):
        assert needed_workers(Demand(), ScalingLimits(minimum, 8, 60, 300)) == minimum


@given(DEMANDS)
def test_the_number_stays_within_its_limits(demand: Demand) -> None:
    assert LIMITS.minimum <= needed_workers(demand, LIMITS) <= LIMITS.maximum


@given(DEMANDS, st.floats(0.5, 600), st.data())
def test_more_waiting_renders_never_need_fewer_workers(demand: Demand, seconds: float, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(demand.waiting_s)))
    more = Demand((*demand.waiting_s[:at], seconds, *demand.waiting_s[at:]), demand.running_s)
    assert needed_workers(more, LIMITS) >= needed_workers(demand, LIMITS)


@given(DEMANDS.filter(lambda demand: bool(demand.waiting_s)), st.floats(1, 10))
def test_longer_renders_never_need_fewer_workers(demand: Demand, factor: float) -> None:
    longer = Demand(tuple(seconds * factor for seconds in demand.waiting_s), demand.running_s)
    assert needed_workers(longer, LIMITS) >= needed_workers(demand, LIMITS)


@given(DEMANDS, st.floats(1, 600))
def test_a_longer_target_never_needs_more_workers(demand: Demand, more_s: float) -> None:
    patient = ScalingLimits(1, 8, LIMITS.target_wait_s + more_s, 300)
    assert needed_workers(demand, patient) <= needed_workers(demand, LIMITS)


@given(LOADS)
def test_the_number_falls_only_after_the_cool_down(loads: list[tuple[float, Demand]]) -> None:
    scaler, needs = Scaler(LIMITS), []
    at = 0.0
    for pause, demand in loads:
        at += pause
        needs.append((at, needed_workers(demand, LIMITS)))
        window = [count for time, count in needs if time > at - LIMITS.cool_down_s]
        assert scaler.decide(at, demand) == max(window)


@given(DEMANDS, st.lists(st.floats(0.1, 1000), min_size=2, max_size=30))
def test_under_a_constant_load_the_number_stays(demand: Demand, pauses: list[float]) -> None:
    scaler = Scaler(LIMITS)
    assert len({scaler.decide(at, demand) for at in itertools.accumulate(pauses)}) == 1


def test_a_rise_is_followed_at_once_and_a_fall_after_the_cool_down() -> None:
    scaler, busy = Scaler(LIMITS), Demand(waiting_s=(150.0,) * 5)
    assert scaler.decide(0, Demand()) == 1
    assert scaler.decide(10, busy) == 5
    assert [scaler.decide(at, Demand()) for at in (20, 309, 310, 320)] == [5, 5, 1, 1]
