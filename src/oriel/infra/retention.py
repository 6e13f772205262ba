"""For how long we keep what: the periods that sweepers apply, in the words that customers read."""

from dataclasses import dataclass
from datetime import timedelta

DATABASE = "database"
STORAGE = "file storage"
REDIS = "cache"
UNTIL_DELETION = "until you delete your account"


@dataclass(frozen=True)
class Retention:
    """One kind of data: what it is, where it lies, and when it goes."""

    name: str
    what: str
    where: str
    # None: for as long as `until` says.
    period: timedelta | None
    until: str


_kinds: dict[str, Retention] = {}


def keep(name: str, what: str, where: str, period: timedelta, until: str) -> timedelta:
    """Register a kind of data and return its period, for the sweeper that deletes it.

    `until` completes the period: "after the session ends".
    """
    _kinds[name] = Retention(name, what, where, period, until)
    return period


def keep_with(name: str, what: str, where: str, until: str) -> None:
    """Register a kind of data without a period of its own: `until` says when it goes, such as "until you delete it"."""
    _kinds[name] = Retention(name, what, where, None, until)


def kinds() -> tuple[Retention, ...]:
    """Return everything that is registered, by place and name."""
    return tuple(sorted(_kinds.values(), key=lambda kind: (kind.where, kind.what)))
