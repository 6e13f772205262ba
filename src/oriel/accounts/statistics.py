"""An account's usage and limits; other domains register functions that return their figures."""

from collections.abc import Callable

Count = Callable[[str], int | None]

# The figures while no domain has registered: nothing used, no limit.
_DEFAULTS: dict[str, int | None] = {
    "renders_total": 0,
    "renders_this_period": 0,
    "renders_limit": None,
    "storage_bytes": 0,
    "storage_limit": None,
    "credits": 0,
}
_functions: dict[str, Count] = {}
_plan_functions: list[Callable[[str], str]] = []

LOWEST_PLAN = "free"


def register(name: str, function: Count) -> None:
    """Register the function that returns a figure for a user's id; None means no limit."""
    if name not in _DEFAULTS:
        raise ValueError(f"no statistic has the name {name}: {', '.join(_DEFAULTS)}")
    _functions[name] = function


def register_plan(function: Callable[[str], str]) -> None:
    """Register the function that returns a plan's name for a user's id."""
    _plan_functions[:] = [function]


def statistics_of(user_id: str) -> dict[str, int | None]:
    """Return a user's figures by name."""
    return {name: _functions[name](user_id) if name in _functions else default for name, default in _DEFAULTS.items()}


def plan_of(user_id: str) -> str:
    """Return the name of a user's plan."""
    return _plan_functions[0](user_id) if _plan_functions else LOWEST_PLAN
