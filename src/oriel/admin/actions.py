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
    Action("panel.login_failed", "Failed to sign in", STAFF),
    Action("panel.logout", "Sign out of the panel", STAFF),
    Action("panel.second_factor", "Set up a second factor", STAFF),
    # --- accounts
    Action("user.create_operator", "Make an operator", ADMIN),
    Action("user.grant_role", "Give a role", ADMIN),
    Action("user.revoke_role", "Take the role away", ADMIN),
    Action("user.disable", "Disable the account", ADMIN),
    Action("user.enable", "Enable the account", ADMIN),
    Action("user.end_sessions", "End all sessions", ADMIN),
    Action("user.reset_password", "Send a link for a new password", STAFF),
    Action("user.reset_second_factors", "Remove all second factors", ADMIN),
    Action("user.grant_credits", "Give credits", ADMIN),
    Action("user.take_credits", "Take credits back", ADMIN),
    Action("user.set_plan", "Set the plan", ADMIN),
    Action("user.view", "See what this customer sees", STAFF),
    Action("user.delete", "Erase the account", ADMIN),
    # --- money
    Action("payment.refund", "Refund", ADMIN),
    Action("event.replay", "Process again", STAFF),
    # --- renders
    Action("render.retry", "Try again", STAFF),
    Action("render.requeue", "Requeue dead letters", ADMIN),
    Action("render.move", "Move to the front", ADMIN),
    Action("render.cancel", "Cancel the render", ADMIN),
    Action("render.new_link", "Give a new link", ADMIN),
    # --- mails, uploads, projects
    Action("mail.resend", "Send again", STAFF),
    Action("upload.delete", "Delete", ADMIN),
    Action("project.unshare", "Take the link back", ADMIN),
    Action("project.restore", "Bring back", STAFF),
)

ACTIONS = {action.name: action for action in _TABLE}


def may(role: str, action: str) -> bool:
    """Return whether a role may take an action."""
    return role in ACTIONS[action].roles
