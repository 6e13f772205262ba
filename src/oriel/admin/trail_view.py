"""The audit trail's pages. They only show: nothing in the panel changes a line."""

from collections.abc import Sequence

from oriel.admin.actions import ACTIONS, KINDS
from oriel.admin.cells import Prose, Two
from oriel.admin.customers import customers_found
from oriel.admin.lists import BaseModelView, Column, Condition, Filter, Section
from oriel.admin.models import AdminAction


class TrailView(BaseModelView[AdminAction]):
    """What operators did."""

    menu_name = "Audit trail"
    part = "trail"
    model = AdminAction
    search_hint = "the beginning of a customer's or an operator's address, or the id of what it was done to"
    columns = (
        Column("When", lambda line: line.at, lambda line: f"/admin/trail/{line.id}"),
        Column("Who", lambda line: Two(Prose(line.actor), _role(line))),
        Column("Did", lambda line: Prose(_title(line))),
        Column("To", lambda line: Two(line.kind.capitalize(), line.object_id)),
        Column("Reason", lambda line: reason_of(line)),
    )
    filters = (Filter("kind", "Kind", {kind: AdminAction.kind == kind for kind in KINDS}),)

    def searched(self, text: str) -> Condition:
        """Find the lines about an object by its id, and those of or about users by the beginning of the address."""
        users = customers_found(text)
        about_them = (AdminAction.kind == "user") & AdminAction.object_id.in_(users)
        # With the kinds, the index answers.
        about_it = AdminAction.kind.in_(KINDS) & (AdminAction.object_id == text)
        return about_them | about_it | AdminAction.actor_id.in_(users)

    def title_of(self, row: AdminAction) -> str:
        """Return what was done."""
        return _title(row)

    def sections(self, row: AdminAction) -> Sequence[Section]:
        """Return all of a line."""
        facts = {
            "When": row.at,
            "Who": row.actor,
            "Role": row.role,
            "Network address": row.address,
            "Action": row.action,
            "Object": f"{row.kind} {row.object_id}",
            "Reason": row.detail.get("reason"),
        }
        return [Section("Line", facts), Section("Detail", row.detail)]


def _role(line: AdminAction) -> str | None:
    # "command line: root" needs no role below it.
    return None if line.actor.startswith(f"{line.role}:") else line.role


def _title(line: AdminAction) -> str:
    return ACTIONS[line.action].title if line.action in ACTIONS else line.action


def reason_of(line: AdminAction) -> Prose | None:
    """Return the reason that an operator typed, for a table."""
    reason = line.detail.get("reason")
    return Prose(str(reason)) if reason else None
