"""JSON from outside."""

import pytest

from oriel import json_text


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_what_is_as_deep_as_may_be_is_read() -> None:
    value = json_text.loads(nested(json_text.DEEPEST))
    for _ in range(json_text.DEEPEST - 1):
        [value] = value
    assert value == []
    assert json_text.loads(b'{"a": [1, "b", null]}') == {"a": [1, "b", None]}


@pytest.mark.parametrize("levels", [json_text.DEEPEST + 1, 600, 100_000])
def test_what_is_deeper_is_refused(levels: int) -> None:
    with pytest.raises(ValueError, match="nested more than 32 levels deep"):
        json_text.loads(nested(levels))
    with pytest.raises(ValueError, match="nested more than 32 levels deep"):
        json_text.loads('{"a":' * levels + "1" + "}" * levels)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", b"\xff", "1" * 5000])
def test_what_is_none_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_text.loads(text)
