"""How our letters write names, dates, money, lengths and sizes."""

import re
from datetime import UTC, datetime

# Whoever registers a stranger's address chooses the name in our letter to the stranger: no links, no advertising.
_LOOKS_LIKE_A_LINK = re.compile(r"[/@\\]|www\.|\w\.\w\w", re.IGNORECASE)
_LONGEST_NAME = 60
_LONGEST_TITLE = 90


def greeting(name: str) -> str:
    """Return the first line of a letter: with the name where there is one that can be one."""
    said = " ".join(name.split())
    if not said or len(said) > _LONGEST_NAME or _LOOKS_LIKE_A_LINK.search(said):
        return "Hi,"
    return f"Hi {said},"


def short(title: str) -> str:
    """Return a title on one line, cut where it is too long for a subject."""
    line = " ".join(title.split()) or "Untitled"
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1].rstrip()}…"


def date(moment: datetime) -> str:
    """Return such as "20 December 2026, 15:40 UTC"."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def day(moment: datetime) -> str:
    """Return such as "20 December 2026", as it is in UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"


def money(cents: int, currency: str) -> str:
    """Return such as "$4.99", or "4.99 EUR" where it is not dollars."""
    whole, rest = divmod(cents, 100)
    amount = f"{whole:,}.{rest:02}"
    return f"${amount}" if currency.lower() == "usd" else f"{amount} {currency.upper()}"


def duration(seconds: float) -> str:
    """Return such as "3:07", or "1:02:03" from an hour on."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(amount: int) -> str:
    """Return such as "48.2 MB", in the powers of ten that download pages show."""
    if amount < 1_000_000:
        return f"{max(1, round(amount / 1000))} kB"
    if amount < 1_000_000_000:
        return f"{amount / 1_000_000:.1f} MB"
    return f"{amount / 1_000_000_000:.2f} GB"
