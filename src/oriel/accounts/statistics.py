"""An account's usage and limits; other domains register functions that return their figures."""

from collections.abc import Callable

Count = Callable[[str], int | None]

# What is answered while nobody has registered: nothing used, no limit known.
_UNTOLD: dict[str, int | None] = {
    "renders_total": 0,
    "renders_this_period": 0,
    "renders_limit": None,
    "storage_bytes": 0,
    "storage_limit": None,
    "credits": 0,
}
_told_by: dict[str, Count] = {}
_plan_by: list[Callable[[str], str]] = []

LOWEST_PLAN = "free"


def register(name: str, function: Count) -> None:
    """Let a domain tell one of the numbers, by the user's id; None means without limit."""
    if name not in _UNTOLD:
        raise ValueError(f"no statistic has the name {name}: {', '.join(_UNTOLD)}")
    _told_by[name] = function


def register_plan(function: Callable[[str], str]) -> None:
    """Let billing tell the name of a user's plan."""
    _plan_by[:] = [function]


def statistics_of(user_id: str) -> dict[str, int | None]:
    """Return every number for a user."""
    return {name: _told_by[name](user_id) if name in _told_by else untold for name, untold in _UNTOLD.items()}


def plan_of(user_id: str) -> str:
    """Return the name of a user's plan."""
    return _plan_by[0](user_id) if _plan_by else LOWEST_PLAN
