"""Who may do what in the panel: one table of actions and the roles that may take them.

Both roles see everything. Support may do what harms nobody and can be done twice.
"""

from dataclasses import dataclass

from oriel.accounts.models import ROLE_ADMIN, ROLE_SUPPORT

ADMIN = frozenset({ROLE_ADMIN})
STAFF = frozenset({ROLE_ADMIN, ROLE_SUPPORT})
# The kinds of objects that actions are about.
KINDS = ("user", "payment", "event", "render", "mail", "upload", "project", "storage", "panel")


@dataclass(frozen=True)
class Action:
    """Something that an operator does: its name in the audit trail, its title on buttons, and who may do it."""

    name: str
    title: str
    roles: frozenset[str]


_TABLE = (
    # --- the panel itself
    Action("panel.login", "Sign in to the panel", STAFF),
    Action("panel.logout", "Sign out of the panel", STAFF),
    Action("panel.second_factor", "Set up a second factor", STAFF),
)

ACTIONS = {action.name: action for action in _TABLE}


def may(role: str, action: str) -> bool:
    """Return whether a role may take an action."""
    return role in ACTIONS[action].roles
