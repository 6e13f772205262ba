"""Dates, lengths and sizes as our emails write them."""

from datetime import UTC, datetime

import pytest

from oriel.mails.wording import date, day, duration, full_date, minutes, size


def test_the_year_is_said_only_where_it_is_not_this_one() -> None:
    assert [day(datetime(year, 1, 3, tzinfo=UTC)) for year in (2026, 2027)] == ["3 January", "3 January 2027"]
    assert date(datetime(2026, 12, 20, 15, 40, tzinfo=UTC)) == "20 December, 15:40 UTC"
    assert full_date(datetime(2026, 12, 20, 15, 40, tzinfo=UTC)) == "20 December 2026, 15:40 UTC"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "0 kB"),
        (120, "1 kB"),
        (2_400_000, "2.4 MB"),
        (3_000_000, "3 MB"),
        (95_400_000, "95 MB"),
        (1_240_000_000, "1.2 GB"),
        (20_000_000_000, "20 GB"),
    ],
)
def test_a_size_has_decimals_only_where_they_say_something(amount: int, words: str) -> None:
    assert size(amount) == words


def test_lengths() -> None:
    assert [duration(seconds) for seconds in (0, 59.9, 187.6, 3723)] == ["0:00", "0:59", "3:07", "1:02:03"]
    assert minutes(360) == "6 minutes"
