"""Tables of the command line."""

import pytest

from oriel.cli_table import show_table, table_lines


def test_columns_stand_under_their_header() -> None:
    assert table_lines(("ID", "STATUS", "SONG"), [("a1", "completed", "Night.wav"), ("b", "failed", "x")]) == [
        "ID  STATUS     SONG",
        "a1  completed  Night.wav",
        "b   failed     x",
    ]


def test_wide_characters_and_combining_marks_keep_the_columns() -> None:
    lines = table_lines(("SONG", "N"), [("夜のドライブ", 1), ("e\u0301te\u0301", 2)])
    assert lines == ["SONG          N", "夜のドライブ  1", "e\u0301te\u0301           2"]


def test_an_empty_table_is_said_beside_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("ID",), [])
    assert capsys.readouterr() == ("", "There are none.\n")
