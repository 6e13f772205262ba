"""Several writers of one row at once."""

import pytest

from oriel.billing import optimistic_write
from oriel.billing.optimistic_write import retry_until_written
from oriel.errors import PaymentsUnavailable


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses in seconds; no time passes really."""
    slept: list[float] = []
    monkeypatch.setattr("random.uniform", lambda _, longest: longest)
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("time.monotonic", lambda: sum(slept))
    return slept


def test_a_single_writer_does_not_wait(slept: list[float]) -> None:
    assert retry_until_written(lambda: "written") == "written"
    assert slept == []


def test_pauses_double_up_to_two_seconds(slept: list[float]) -> None:
    answers = iter([None] * 7 + ["written"])
    assert retry_until_written(lambda: next(answers)) == "written"
    assert slept == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0]


def test_it_gives_up_after_thirty_seconds(slept: list[float]) -> None:
    with pytest.raises(PaymentsUnavailable):
        retry_until_written(lambda: None)
    assert optimistic_write.RETRY_TIMEOUT_S < sum(slept) < optimistic_write.RETRY_TIMEOUT_S + 2.1
