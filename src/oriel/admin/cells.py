"""How the panel writes what it shows: states as badges, sizes, ages, links to customers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from markupsafe import Markup, escape

from oriel.infra.clock import now

Tone = Literal["", "good", "bad", "live", "new"]

_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"))
_DAY_S = 86_400


@dataclass(frozen=True)
class Badge:
    """A state in a word, with a colour beside it: never the colour alone."""

    word: str
    tone: Tone = ""

    def __html__(self) -> str:
        """Return it as a template shows it."""
        return Markup('<span class="badge {}">{}</span>').format(self.tone, self.word)

    def __str__(self) -> str:
        return self.word


def badge_in(tones: Mapping[str, Tone], state: str, word: str = "") -> Badge:
    """Return the badge of a state, in the tone that a table gives it."""
    return Badge(word or state.replace("_", " ").capitalize(), tones.get(state, ""))


def age_of(moment: datetime | None) -> str | None:
    """Return how long ago a moment was, such as "5 min", to a whole number."""
    return span(now() - moment) if moment else None


def span(length: timedelta) -> str:
    """Return a length such as "40 s", "5 min", "3 h" or "12 d"."""
    seconds = max(0, int(length.total_seconds()))
    for limit, unit_s, unit in _STEPS:
        if seconds < limit:
            return f"{seconds // unit_s} {unit}"
    return f"{seconds // _DAY_S} d"


def readable_json(value: object) -> str:
    """Return JSON to be read by people."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@dataclass(frozen=True)
class Preformatted:
    """Text that keeps its lines, such as the end of a log."""

    text: str

    def __html__(self) -> str:
        """Return it as a template shows it."""
        return Markup('<pre tabindex="0">{}</pre>').format(self.text)


@dataclass(frozen=True)
class Prose:
    """Text that breaks into lines, where a table keeps other values in one."""

    text: str

    def __html__(self) -> str:
        """Return it as a template shows it."""
        return Markup('<span class="prose">{}</span>').format(self.text)


@dataclass(frozen=True)
class Two:
    """A value with a second, smaller line below it."""

    first: object
    second: object

    def __html__(self) -> str:
        """Return it as a template shows it."""
        second = Markup('<span class="small">{}</span>').format(self.second) if self.second else ""
        return escape(self.first) + Markup(second)  # noqa: S704  (escaped above)

    def __str__(self) -> str:
        return str(self.first)
