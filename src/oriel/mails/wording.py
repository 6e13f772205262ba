"""Formats names, dates, money, lengths and sizes in our emails."""

import re
from datetime import UTC, datetime

from oriel.names import cut

# Anybody can register a stranger's address and choose the name in our email, so names must not advertise.
_LOOKS_LIKE_A_LINK = re.compile(r"[/@\\]|www\.|\w\.\w\w", re.IGNORECASE)
_LONGEST_NAME = 60
# Stripe counts these in whole units. (ISK and UGX have no decimals either, but Stripe counts them in hundredths.)
_NO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
_LONGEST_TITLE = 90


def greeting(name: str) -> str:
    """Return the first line of an email, with the name if it looks like one."""
    said = plain(name)
    return f"Hi {said}," if said else "Hi,"


def plain(name: str) -> str:
    """Return a name on one line; "" for one that is too long or looks like a link."""
    said = " ".join(name.split())
    return "" if len(said) > _LONGEST_NAME or _LOOKS_LIKE_A_LINK.search(said) else said


def short(title: str) -> str:
    """Return a title on one line, cut if it is too long for a subject."""
    line = " ".join(title.split()) or "Untitled"
    return line if len(line) <= _LONGEST_TITLE else f"{cut(line, _LONGEST_TITLE - 1)}…"


def date(moment: datetime) -> str:
    """Return such as "20 December 2026, 15:40 UTC"."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def day(moment: datetime) -> str:
    """Return such as "20 December 2026", as it is in UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"


def money(amount: int, currency: str) -> str:
    """Return such as "$4.99", "4.99 EUR" or "499 JPY"; `amount` in the smallest unit, as Stripe counts it."""
    code = currency.upper()
    decimals = 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    whole, rest = divmod(abs(amount), 10**decimals)
    figure = f"{whole:,}.{rest:0{decimals}}" if decimals else f"{whole:,}"
    sign = "-" if amount < 0 else ""
    return f"{sign}${figure}" if code == "USD" else f"{sign}{figure} {code}"


def duration(seconds: float) -> str:
    """Return such as "3:07", or "1:02:03" for an hour or more."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(amount: int) -> str:
    """Return such as "48.2 MB"; a MB is a million bytes."""
    if amount < 1_000_000:
        return f"{max(1, round(amount / 1000))} kB"
    if amount < 1_000_000_000:
        return f"{amount / 1_000_000:.1f} MB"
    return f"{amount / 1_000_000_000:.2f} GB"
