"""Numbers of things."""

import pytest

from oriel.quantities import quantity


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 workers"), (1, "1 worker"), (2, "2 workers"), (1200, "1,200 workers")],
)
def test_one_thing_is_singular(count: int, words: str) -> None:
    assert quantity(count, "worker") == words


def test_an_irregular_noun_brings_its_plural() -> None:
    assert quantity(2, "entry", "entries") == "2 entries"
