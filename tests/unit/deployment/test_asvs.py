"""docs/asvs.md names each requirement of ASVS 5.0, levels 1 and 2, once, and only files and tests that exist."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_TEXT = (_ROOT / "docs/asvs.md").read_text("utf-8")
_LINES = re.findall(r"^\| \d.*$", _TEXT, re.MULTILINE)
_ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in _LINES]
_STATES = {"met", "partly", "operator", "n/a"}
# The numbers of level 1 and 2 in each section of version 5.0.0; level 3 is left out.
_NUMBERS = {
    "1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2",
    "2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1",
    "3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2",
    "4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4",
    "5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3",
    "6.1": "1-3", "6.2": "1-12", "6.3": "1-4", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4",
    "7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2",
    "8.1": "1-2", "8.2": "1-3", "8.3": "1", "8.4": "1",
    "9.1": "1-3", "9.2": "1-4",
    "10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11", "10.5": "1-5", "10.6": "1-2", "10.7": "1-3",
    "11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1", "11.6": "1",
    "12.1": "1-3", "12.2": "1-2", "12.3": "1-4",
    "13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5",
    "14.1": "1-2", "14.2": "1-4", "14.3": "1-3",
    "15.1": "1-3", "15.2": "1-3", "15.3": "1-7",
    "16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3",
    "17.1": "1", "17.2": "1-4", "17.3": "1-2",
}  # fmt: skip


def _expected() -> list[str]:
    bounds = {section: [int(number) for number in numbers.split("-")] for section, numbers in _NUMBERS.items()}
    return [f"{section}.{number}" for section, ends in bounds.items() for number in range(ends[0], ends[-1] + 1)]


def test_each_requirement_stands_there_once_and_in_order() -> None:
    assert [row[0] for row in _ROWS] == _expected()
    assert len(_ROWS) == 253


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[0])
def test_a_row_says_whether_it_is_met_and_where(row: list[str]) -> None:
    number, requirement, state, how, tests = row
    assert requirement, number
    assert state in _STATES, number
    # What is met or partly met says how.
    assert how or state == "n/a", number
    for name in re.findall(r"`([^`]*/[^`]*\.(?:js|py|sh|txt|yml))`", how):
        assert any((_ROOT / folder / name).is_file() for folder in ("src/oriel", ".")), name
    for name in re.findall(r"`([^`]+)`", tests):
        path, _, function = name.partition("::")
        assert (_ROOT / "tests" / path).is_file(), name
        assert not function or f"def {function}(" in (_ROOT / "tests" / path).read_text("utf-8"), name
