"""Names that mean one thing everywhere."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oriel.infra.storage.interface import check_name, check_prefix, is_name

LONG = ["/".join("x" * length for _ in range(5)) for length in (100, 120)]


@pytest.mark.parametrize("name", ["a", "r/1/a.mp4", "songs/0-_x.WAV", "a..b", "x" * 200, LONG[0]])
def test_a_plain_name_is_taken(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["x" * 201, LONG[1], "a\x00", "a\\b", "a:b", "~/a", "a/\n"])
def test_what_some_disk_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        check_name(name)


@pytest.mark.parametrize("prefix", ["", "r", "r/", "r/1/a."])
def test_a_prefix_is_the_beginning_of_a_name(prefix: str) -> None:
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["/", "../", "r//", "r/../", ".", "r/."])
def test_with_which_no_name_begins_is_no_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match="begins"):
        check_prefix(prefix)


@given(st.text(st.sampled_from("ab./\\~\x00 é"), max_size=12) | st.text(max_size=12))
def test_no_name_leads_out(name: str) -> None:
    root = Path("/storage")
    if is_name(name):
        path = Path(root / name)
        assert path.is_relative_to(root)
        assert ".." not in path.parts
        assert str(path.relative_to(root)) == name
