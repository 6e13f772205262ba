"""Names and titles keep their letters, and lose what nobody can see."""

import pytest

from oriel.names import cut, one_line

FAMILY = "👨‍👩‍👧"
ENGLAND = "🏴󠁧󠁢󠁥󠁮󠁧󠁿"
# Not assigned in the Unicode of Python 3.11.
NEW_EMOJI = "🫩\U0001fadf"


@pytest.mark.parametrize(
    "text",
    [FAMILY, ENGLAND, NEW_EMOJI, "❤️‍🔥", "👍🏽", "🇩🇪", "می‌خواهم", "क्‍ष", "สวัสดี", "Zə́ə́", "ﬁ İı ß", "\U0001f9ff\ufe0f"],
)
def test_letters_of_every_script_and_emoji_stay_as_they_are(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" a\nb\x00\u2028c ", "a b c"),
        ("a\x1bb\x7fc\x9fd\ud800", "a b c d"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u200bb\ufeffc\u2066d\u00ade", "abcde"),
        ("a\ufffeb\ufdd0c", "abc"),
        ("Zoe\u0308", "Zoë"),
    ],
)
def test_what_nobody_can_see_goes(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_control_characters_may_go_without_a_space() -> None:
    assert one_line("a\0b\u2028c", for_control="") == "ab c"


@pytest.mark.parametrize("letter", [FAMILY, ENGLAND, "❤️‍🔥", "👍🏽", "🇩🇪", "ə́", "कि", "x"])
def test_a_long_text_loses_its_end_and_no_half_letter(letter: str) -> None:
    shortened = cut(letter * 200, 50)
    assert shortened == letter * (50 // len(letter))
    by_bytes = cut(letter * 200, 200, most_bytes=100)
    assert by_bytes == letter * min(200 // len(letter), 100 // len(letter.encode()))


def test_a_short_text_stays_whole() -> None:
    assert cut("Night drive", 11) == "Night drive"
    assert cut("Night drive", 6) == "Night"
    assert cut("", 6) == ""


def test_accents_without_end_are_no_single_letter() -> None:
    assert len(cut("e" + "\u0301" * 999, 200)) > 150
