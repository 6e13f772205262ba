"""The check of settings. The render core, which knows looks, lies above this domain; it registers the check."""

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app

_KEY = "oriel.projects"

# Returns the name of the look; raises InvalidSettings and its kin.
Check = Callable[[dict[str, Any]], str]


def set_check(app: Flask, check: Check) -> None:
    """Set the check of settings of this application."""
    app.extensions[_KEY] = check


def look_of(settings: dict[str, Any]) -> str:
    """Return the name of the look of settings that can be rendered; raise for others as a submit does."""
    check: Check = current_app.extensions[_KEY]
    return check(settings)
