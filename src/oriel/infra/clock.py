"""The current time, in one place so that tests can set it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema


class Clock:
    """Real time; `shift` moves it, which only tests do."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC) + self._shift

    def shift(self, by: timedelta) -> None:
        """Move on by so much from now on."""
        self._shift += by

    def reset(self) -> None:
        """Be the real time again."""
        self._shift = timedelta()


clock = Clock()


def now() -> datetime:
    """Return the time, in UTC."""
    return clock.now()


def in_iso(moment: datetime | None) -> str | None:
    """Return a time as the API writes it, such as 2026-11-20T15:40:00Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# What an answer's field for a time is declared as: pydantic alone would write microseconds.
Instant = Annotated[
    datetime,
    PlainSerializer(in_iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
