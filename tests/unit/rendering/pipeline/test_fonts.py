"""Characters that no font draws are named, and the fonts that draw a title are part of its chunk keys."""

from collections.abc import Iterator

import pytest

from oriel.rendering.pipeline import fonts
from oriel.rendering.pipeline.fonts import fonts_id, missing_characters, text_warnings

COMMON = "สวัสดี 안녕 नमस्ते أغنية 夜に駆ける 月亮 שלום காதல் ভালো Ελλάς Привет ქართული 🎵👩\u200d🚀❤\ufe0f"
# For private use: no font has it.
UNDRAWN = "\U00100042"


@pytest.fixture(autouse=True)
def forgotten_answers() -> Iterator[None]:
    for function in (missing_characters, fonts._covered):
        function.cache_clear()
    yield
    for function in (missing_characters, fonts._covered):
        function.cache_clear()


def test_every_common_script_has_a_font() -> None:
    assert missing_characters(COMMON) == ()


def test_characters_without_a_font_are_named() -> None:
    (sentence,) = text_warnings(f"Love {UNDRAWN}", UNDRAWN)
    assert f"“{UNDRAWN}” (U+100042)" in sentence
    assert sentence.count("U+") == 1


def test_a_long_list_is_cut() -> None:
    (sentence,) = text_warnings("".join(chr(0x100000 + at) for at in range(15)))
    assert sentence.count("U+") == 10
    assert "and 5 more" in sentence


def test_latin_needs_no_font_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    only = (fonts._Font("Thai", (range(0xE00, 0xE7F),)),)
    monkeypatch.setattr(fonts, "_installed", lambda: only)
    assert fonts_id("Café — Ελλάς, Привет", "e\u0301") is None
    assert missing_characters("Café สวัสดี 안") == ("안",)


def test_each_character_is_looked_up_in_what_all_fonts_have_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Font by font it would take seconds for a title that no font can draw."""
    covered = [(0x1000, 0x1010), (0x1004, 0x1006), (0x1010, 0x1012), (0x1020, 0x1021), (0x0FF0, 0x0FF2)]
    installed = tuple(fonts._Font(str(edges), (range(*edges),)) for edges in covered)
    monkeypatch.setattr(fonts, "_installed", lambda: installed)
    monkeypatch.delattr(fonts._Font, "covers")
    around = range(0x0FEE, 0x1024)
    missing = tuple(chr(code) for code in around if not any(code in range(*edges) for edges in covered))
    assert missing_characters("".join(map(chr, around))) == missing


def test_other_fonts_for_a_title_are_another_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def id_with(thai: str, korean: str) -> str | None:
        installed = (
            fonts._Font(thai, (range(0xE00, 0xE7F),)),
            fonts._Font(korean, (range(0xAC00, 0xD7A4),)),
        )
        monkeypatch.setattr(fonts, "_installed", lambda: installed)
        return fonts_id("สวัสดี")

    assert id_with("Thai 1", "Korean 1") == id_with("Thai 1", "Korean 2")
    assert id_with("Thai 1", "Korean 1") != id_with("Thai 2", "Korean 1")


def test_where_fonts_cannot_be_listed_there_is_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_installed", tuple)
    assert text_warnings(UNDRAWN) == ()
