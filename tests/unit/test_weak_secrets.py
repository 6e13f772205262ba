"""Placeholders are recognised, random keys are not taken for one."""

import pytest

from oriel.weak_secrets import is_placeholder


@pytest.mark.parametrize(
    "secret", ["TODO", "whsec_todo", "fixme: set this", "dummy-key", "SG.xxxx.xxxx", "sk_live_xxxxxxxxxxxx", "<key>"]
)
def test_a_placeholder(secret: str) -> None:
    assert is_placeholder(secret)


@pytest.mark.parametrize("part", ["ToDo", "xXxX", "FIXme", "dUmmy"])
def test_a_random_key_may_contain_a_short_word(part: str) -> None:
    assert not is_placeholder(f"sk_live_51Hq7Zk{part}9aLw3VtR0bNcP6yJ2mGd8")
