"""Histograms add up, and their percentiles are within the stated error."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from oriel.monitoring.histogram import LARGEST_ERROR, Histogram

values = some.lists(some.floats(0.01, 1e6), min_size=1, max_size=200)


def nearest_rank(numbers: list[float], share: float) -> float:
    return sorted(numbers)[max(1, math.ceil(share * len(numbers))) - 1]


@given(values, some.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_within_the_stated_error(numbers: list[float], share: float) -> None:
    found = Histogram.of(numbers).percentile(share)
    assert found is not None
    assert abs(found / nearest_rank(numbers, share) - 1) <= LARGEST_ERROR + 1e-9


def test_the_stated_error_is_below_five_per_cent() -> None:
    assert LARGEST_ERROR < 0.05


@given(values, values)
def test_two_histograms_add_up_to_that_of_all_values(first: list[float], second: list[float]) -> None:
    both = Histogram.of(first)
    both.add(Histogram.of(second))
    assert both.as_json() == Histogram.of(first + second).as_json()


def test_a_histogram_survives_json() -> None:
    told = Histogram.of(random.Random(1).uniform(0.1, 500) for _ in range(1000))
    again = Histogram(told.as_json())
    assert (again.total, again.percentile(0.95)) == (1000, told.percentile(0.95))


@pytest.mark.parametrize("value", [0.0, 0.009, -1.0])
def test_what_is_too_small_counts_as_nothing(value: float) -> None:
    assert Histogram.of([value]).percentile(0.5) == 0.0


def test_nothing_has_no_percentile() -> None:
    assert Histogram().percentile(0.5) is None
