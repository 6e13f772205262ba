"""The environment of workers, without the secrets that they do not need."""

from collections.abc import Mapping

from oriel.settings import NOT_FOR_WORKERS


def for_workers(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the secrets that workers do not need."""
    return {name: value for name, value in environment.items() if name.lower() not in NOT_FOR_WORKERS}
