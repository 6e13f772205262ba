"""How much goes on at once."""

import pytest

from oriel.errors import TooManyRequests, Unavailable
from oriel.infra.seats import Seats


@pytest.fixture
def seats() -> Seats:
    return Seats(3, 2, full="Full.", too_many="Too many.")


def test_a_seat_is_free_again_after_its_block(seats: Seats) -> None:
    for _ in range(5):
        with seats.taken("ada"), seats.taken("ada"):
            pass


def test_a_seat_is_free_again_after_a_failure(seats: Seats) -> None:
    for _ in range(5):
        with pytest.raises(ValueError, match="x"), seats.taken("ada"):
            raise ValueError("x")


def test_one_holder_takes_no_more_than_a_share(seats: Seats) -> None:
    with seats.taken("ada"), seats.taken("ada"):
        with pytest.raises(TooManyRequests, match="Too many"), seats.taken("ada"):
            pass
        with seats.taken("bob"):
            pass


def test_all_together_take_no_more_than_there_are(seats: Seats) -> None:
    with seats.taken("ada"), seats.taken("ada"), seats.taken("bob"):
        with pytest.raises(Unavailable, match="Full") as refused, seats.taken("bob"):
            pass
        assert refused.value.details["retry_after_s"]
