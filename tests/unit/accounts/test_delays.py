"""How the delays grow."""

from datetime import timedelta

import pytest

from oriel.accounts.delays import Rule

RULE = Rule(free=3, first=timedelta(seconds=2), longest=timedelta(minutes=1))


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0), (3, 0), (4, 2), (5, 4), (8, 32), (9, 60), (10_000, 60)])
def test_delays_double_up_to_the_longest(failures: int, seconds: int) -> None:
    assert RULE.delay(failures) == timedelta(seconds=seconds)
