"""Names and titles as people gave them: on one line, short enough, with every letter and emoji whole."""

import unicodedata
from collections.abc import Iterator

# The longest emoji has 14 characters; a pile of accents without end is cut like any text.
_LONGEST_LETTER = 32
_ZWJ = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
# What turns the direction of writing, or shows nothing at all, can make a name look like another one. The joiners are
# not among these: Persian and Indic words and many emoji are written with them.
_INVISIBLE = frozenset(
    chr(code)
    for codes in ((0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF), range(0x202A, 0x202F), range(0x2060, 0x2070))
    for code in codes
)

# What Windows forbids in the name of a file; the others forbid less.
_FORBIDDEN = frozenset('/\\:*?"<>|')
# File systems count bytes, up to 255.
_LONGEST_FILE_NAME, _LARGEST_FILE_NAME_BYTES = 120, 200


def one_line(text: str, *, for_control: str = " ") -> str:
    """Return a text on one line, composed (NFC), without what nobody can see; spaces in a row become one.

    `for_control` replaces control characters. What Unicode has not assigned stays: it may be an emoji of this year.
    """
    shown = "".join(_shown(char, for_control) for char in unicodedata.normalize("NFC", text))
    return " ".join(shown.split())


def folded(text: str) -> str:
    """Return a text as a search compares it: without case, and without what only looks different (NFKC)."""
    return one_line(unicodedata.normalize("NFKC", text).casefold())


def cut(text: str, most: int, *, most_bytes: int | None = None) -> str:
    """Return the beginning of a text, of so many characters and bytes of UTF-8 at most; never half a letter."""
    kept, size = "", 0
    for letter in _letters(text):
        size += len(letter.encode("utf-8", "replace"))
        if len(kept) + len(letter) > most or (most_bytes is not None and size > most_bytes):
            return kept.rstrip()
        kept += letter
    return kept


def for_files(text: str) -> str:
    """Return a text as the name of a file, without an ending: short enough, without what file systems dislike."""
    kept = one_line("".join(" " if char in _FORBIDDEN else char for char in text)).strip(" .")
    return cut(kept, _LONGEST_FILE_NAME, most_bytes=_LARGEST_FILE_NAME_BYTES).rstrip(".")


def _shown(char: str, for_control: str) -> str:
    if char in _INVISIBLE or _is_no_character(ord(char)):
        return ""
    category = unicodedata.category(char)
    if category in ("Zl", "Zp"):
        return " "
    return for_control if category in ("Cc", "Cs") else char


def _is_no_character(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _letters(text: str) -> Iterator[str]:
    """Yield what readers take for one letter each: with its accents, and emoji with all that they are joined from."""
    letter = ""
    for char in text:
        if letter and not _continues(letter, char):
            yield letter
            letter = ""
        letter += char
    if letter:
        yield letter


def _continues(letter: str, char: str) -> bool:
    code = ord(char)
    if len(letter) >= _LONGEST_LETTER:
        return False
    if unicodedata.category(char)[0] == "M" or code in _SKIN_TONES or code in _TAGS or char in (_ZWJ, "\u200c"):
        return True
    # Two letters make a flag.
    return letter.endswith(_ZWJ) or (code in _FLAG_LETTERS and len(letter) == 1 and ord(letter) in _FLAG_LETTERS)
