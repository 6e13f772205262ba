"""Formats names, dates, money, lengths and sizes in our emails, in the style of the pages (frontend/lib/words.js)."""

import math
import re
from datetime import UTC, datetime

from oriel.infra.clock import now
from oriel.names import cut

# Anybody can register a stranger's address and choose the name in our email, so names must not advertise.
_LOOKS_LIKE_A_LINK = re.compile(r"[/@\\]|www\.|\w\.\w\w", re.IGNORECASE)
_LONGEST_NAME = 60
# Stripe counts these in whole units.
_NO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
# These have no decimals either, but Stripe counts them in hundredths.
_WHOLE_HUNDREDTHS = frozenset(("ISK", "UGX"))
_THREE_DECIMALS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
# All other currencies have their three letters.
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_MB = 1_000_000
_GB = 1_000 * _MB
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
    """Return such as "20 December, 15:40 UTC", with the year as `day` has it."""
    return f"{day(moment)}, {_time(moment)}"


def full_date(moment: datetime) -> str:
    """Return such as "20 December 2026, 15:40 UTC": what is kept for years, such as a receipt, names the year."""
    return f"{_day_and_year(moment)}, {_time(moment)}"


def day(moment: datetime) -> str:
    """Return such as "20 December" in UTC, with the year only when it is not this one: "3 January 2027"."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B}" if utc.year == now().year else _day_and_year(moment)


def _day_and_year(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def money(amount: int, currency: str) -> str:
    """Return such as "$4.99", "$20.00", "$0", "¥499" or "CHF 4.99": only zero has no cents.

    `amount` is in the smallest unit, as Stripe counts it.
    """
    code = currency.upper()
    decimals = 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    whole, rest = divmod(abs(amount), 10**decimals)
    has_decimals = rest or (amount and decimals and code not in _WHOLE_HUNDREDTHS)
    figure = f"{whole:,}.{rest:0{decimals}}" if has_decimals else f"{whole:,}"
    return f"{'-' if amount < 0 else ''}{_SIGNS.get(code, f'{code} ')}{figure}"


def duration(seconds: float) -> str:
    """Return such as "3:07", or "1:02:03" for an hour or more. A second counts when it is over."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(amount: int) -> str:
    """Return such as "2.4 MB"; a MB is a million bytes. There are decimals only below 10 MB, and in GB."""
    if amount < _MB:
        return f"{math.ceil(amount / 1000)} kB"
    if amount < _GB:
        return f"{_tenths(amount / _MB) if amount < 10 * _MB else round(amount / _MB)} MB"
    return f"{_tenths(amount / _GB)} GB"


def minutes(seconds: float) -> str:
    """Return such as "6 minutes"."""
    return f"{seconds / 60:g} minutes"


def _tenths(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
