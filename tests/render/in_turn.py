"""Values that are tried with every look, of which `make test` tries each with one."""

from collections.abc import Sequence
from typing import Any

import pytest

from oriel.rendering.pipeline.looks import load_looks


def with_looks_in_turn(names: str, values: Sequence[tuple[Any, ...]]) -> pytest.MarkDecorator:
    """Return parameters that pair each value with each look; all pairs but one for each value are `long`.

    The code that these values concern is the same for all looks, so that one of them shows what can break in it.
    """
    looks = load_looks().all
    pairs = [
        pytest.param(
            look,
            *value,
            id="-".join((look.name, *map(str, value))),
            marks=() if (turn - place) % len(looks) == 0 else pytest.mark.long,
        )
        for turn, value in enumerate(values)
        for place, look in enumerate(looks)
    ]
    return pytest.mark.parametrize(f"look,{names}", pairs)
