"""The installed fonts, and the characters of a title that they can draw."""

import bisect
import functools
import hashlib
import json
import os
import shutil
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import AppError
from oriel.rendering.pipeline.engine import web_folder
from oriel.rendering.pipeline.process import run_checked
from oriel.rendering.pipeline.sandbox import Access

# The first call on a machine makes fontconfig read every font.
_TIMEOUT_S = 60.0
_FORMAT = "%{family[0]}\t%{style[0]}\t%{fontversion}\t%{charset}\n"
_MOST_NAMED = 10
_OWN_FONTS = (".fonts", ".fonts.conf", ".local/share/fonts")
# Control and format characters and spaces have no shape of their own.
_SHAPELESS = {"Cc", "Cf", "Zs", "Zl", "Zp"}
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


@dataclass(frozen=True)
class _Font:
    name: str
    covered: tuple[range, ...]

    def covers(self, character: str) -> bool:
        return any(ord(character) in part for part in self.covered)


def text_warnings(*texts: str) -> tuple[str, ...]:
    """Return one sentence that names the characters which no font here can draw, or nothing."""
    missing = missing_characters("".join(texts))
    if not missing:
        return ()
    named = ", ".join(f"“{character}” (U+{ord(character):04X})" for character in missing[:_MOST_NAMED])
    more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
    return (f"No installed font has these characters of the title or artist: {named}{more}. The video shows boxes.",)


@functools.lru_cache(maxsize=1024)
def missing_characters(text: str) -> tuple[str, ...]:
    """Return the characters that neither Inter nor an installed font has; none where the fonts cannot be listed."""
    wanted = _beyond_inter(text)
    starts, stops = _covered() if wanted else ([], [])
    if not starts:
        return ()
    places = ((character, bisect.bisect_right(starts, ord(character)) - 1) for character in wanted)
    return tuple(character for character, at in places if at < 0 or ord(character) >= stops[at])


def fonts_id(*texts: str) -> str | None:
    """Return a name for the installed fonts that may draw these texts, or None where Inter draws all of them."""
    wanted = _beyond_inter("".join(texts))
    if not wanted:
        return None
    names = sorted(font.name for font in _installed() if any(font.covers(character) for character in wanted))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def own_fonts() -> list[str]:
    """Return where the user's own fonts may lie, with their settings; the system's lie in the system."""
    home = os.environ.get("HOME", "")
    return [f"{home}/{name}" for name in _OWN_FONTS] if home.startswith("/") else []


def _beyond_inter(text: str) -> tuple[str, ...]:
    inter = _inter()
    characters = dict.fromkeys(unicodedata.normalize("NFC", text))
    return tuple(
        letter for letter in characters if _has_shape(letter) and not any(ord(letter) in part for part in inter)
    )


def _has_shape(character: str) -> bool:
    selects = any(ord(character) in part for part in _VARIATION_SELECTORS)
    return not selects and unicodedata.category(character) not in _SHAPELESS


@functools.cache
def _inter() -> tuple[range, ...]:
    """Return what the bundled font has, as the build of the frontend has written it down."""
    subsets: dict[str, str] = json.loads((web_folder() / "inter.json").read_bytes())
    return _ranges(part.removeprefix("U+") for subset in subsets.values() for part in subset.split(","))


@functools.cache
def _installed() -> tuple[_Font, ...]:
    """Return the fonts that fontconfig knows, as the browser does; asked once, since fonts come with a new start."""
    lister = shutil.which("fc-list")
    if not lister:
        return ()
    try:
        access = Access(reads=tuple(Path(name) for name in own_fonts()))
        listed = run_checked([lister, "--format", _FORMAT], access=access, timeout_s=_TIMEOUT_S)
    except AppError:
        return ()
    lines = (line.rsplit("\t", 1) for line in listed.decode("utf-8", "replace").splitlines())
    return tuple(_Font(name, _ranges(covered.split())) for name, covered in lines)


@functools.cache
def _covered() -> tuple[list[int], list[int]]:
    """Return where each range of characters begins that any installed font has, and where it stops, in order.

    To ask the fonts one by one takes 5 s for a title of 200 characters that none of them has (321 fonts).
    """
    starts: list[int] = []
    stops: list[int] = []
    for part in sorted((part for font in _installed() for part in font.covered), key=lambda part: part.start):
        if stops and part.start <= stops[-1]:
            stops[-1] = max(stops[-1], part.stop)
        else:
            starts.append(part.start)
            stops.append(part.stop)
    return starts, stops


def _ranges(parts: Iterable[str]) -> tuple[range, ...]:
    """Read ranges such as `41-5a` and single code points such as `e01`, in hexadecimal."""
    edges = (part.partition("-") for part in parts)
    return tuple(range(int(first, 16), int(last or first, 16) + 1) for first, _, last in edges)
