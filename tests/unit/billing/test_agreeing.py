"""Several who write down the same thing at once."""

import pytest

from oriel.billing import agreeing
from oriel.billing.agreeing import until_written
from oriel.errors import PaymentsUnavailable


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long they would have waited: time passes by itself."""
    slept: list[float] = []
    monkeypatch.setattr("random.uniform", lambda _, longest: longest)
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("time.monotonic", lambda: sum(slept))
    return slept


def test_who_is_not_disturbed_does_not_wait(slept: list[float]) -> None:
    assert until_written(lambda: "written") == "written"
    assert slept == []


def test_who_is_disturbed_waits_longer_each_time(slept: list[float]) -> None:
    answers = iter([None] * 7 + ["written"])
    assert until_written(lambda: next(answers)) == "written"
    assert slept == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0]


def test_who_is_disturbed_for_ever_gives_up(slept: list[float]) -> None:
    with pytest.raises(PaymentsUnavailable):
        until_written(lambda: None)
    assert agreeing.PATIENCE_S < sum(slept) < agreeing.PATIENCE_S + 2.1
