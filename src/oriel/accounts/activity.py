"""The activity log of an account; each line is written in the commit that it describes."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from oriel.accounts.models import Activity
from oriel.accounts.origin import Origin
from oriel.infra.clock import in_iso
from oriel.infra.security_log import log_event
from oriel.infra.spreadsheet import csv_text


class Did(StrEnum):
    """The kinds of lines in the log."""

    REGISTERED = "registered"
    LOGGED_IN = "login"
    LOGIN_FAILED = "login_failed"
    LOGGED_OUT = "logout"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    SESSION_STOLEN = "session_reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (a name)
    RESET_ASKED = "password_reset_requested"
    PASSWORD_RESET = "password_reset"  # noqa: S105
    EMAIL_CONFIRMED = "email_confirmed"
    EMAIL_CHANGE_ASKED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    FACTOR_ADDED = "second_factor_added"
    FACTOR_REMOVED = "second_factor_removed"
    FACTOR_FAILED = "second_factor_failed"
    FACTORS_RESET = "second_factor_reset"
    RECOVERY_CODES_MADE = "recovery_codes_created"
    RECOVERY_CODE_USED = "recovery_code_used"
    KEY_MADE = "key_created"
    KEY_REVOKED = "key_revoked"
    MADE_ADMIN = "role_admin"
    ROLE_CHANGED = "role_changed"
    DISABLED = "account_disabled"
    ENABLED = "account_enabled"
    EXPORT_ASKED = "export_requested"
    DELETION_ASKED = "deletion_requested"
    DELETION_WITHDRAWN = "deletion_withdrawn"


_ALARMING = (Did.LOGIN_FAILED, Did.SESSION_STOLEN, Did.FACTOR_FAILED, Did.FACTORS_RESET, Did.MADE_ADMIN)


def record(session: Session, user_id: str, did: Did, origin: Origin, **details: object) -> None:
    """Write one line, and log the event; `details` are JSON values without secrets."""
    log_event(str(did), user=user_id, level=logging.WARNING if did in _ALARMING else logging.INFO)
    session.add(
        Activity(
            user_id=user_id, kind=str(did), address=origin.address, user_agent=origin.user_agent, details=dict(details)
        )
    )


# What a reader asks for, and the lines that answer it; each kind of line has one topic.
TOPICS: dict[str, tuple[Did, ...]] = {
    "sign-in": (
        *(Did.LOGGED_IN, Did.LOGIN_FAILED, Did.LOGGED_OUT),
        *(Did.SESSION_ENDED, Did.SESSIONS_ENDED, Did.SESSION_STOLEN),
    ),
    "password": (Did.PASSWORD_CHANGED, Did.RESET_ASKED, Did.PASSWORD_RESET),
    "email": (Did.EMAIL_CONFIRMED, Did.EMAIL_CHANGE_ASKED, Did.EMAIL_CHANGED),
    "second-factor": (
        *(Did.FACTOR_ADDED, Did.FACTOR_REMOVED, Did.FACTOR_FAILED, Did.FACTORS_RESET),
        *(Did.RECOVERY_CODES_MADE, Did.RECOVERY_CODE_USED),
    ),
    "keys": (Did.KEY_MADE, Did.KEY_REVOKED),
    "account": (
        *(Did.REGISTERED, Did.MADE_ADMIN, Did.ROLE_CHANGED, Did.DISABLED, Did.ENABLED),
        *(Did.EXPORT_ASKED, Did.DELETION_ASKED, Did.DELETION_WITHDRAWN),
    ),
}

# Some megabytes; a year of an account has a few hundred lines.
MOST_EXPORTED = 10_000
_COLUMNS = ("at", "kind", "address", "user_agent", "details")


def activity_of(
    user_id: str, *, topic: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> Select[Activity]:
    """Return the query for an account's log, newest first: one topic or all, from `since` until before `until`."""
    query = select(Activity).where(Activity.user_id == user_id)
    if topic:
        query = query.where(Activity.kind.in_(map(str, TOPICS[topic])))
    if since:
        query = query.where(Activity.at >= since)
    if until:
        query = query.where(Activity.at < until)
    return query.order_by(Activity.at.desc(), Activity.id.desc())


def activity_csv(session: Session, query: Select[Activity]) -> str:
    """Return the newest 10,000 lines that a query finds as CSV, with a row of names."""
    rows: list[Sequence[str]] = [_COLUMNS]
    for line in session.scalars(query.limit(MOST_EXPORTED)):
        details = json.dumps(line.details, ensure_ascii=False) if line.details else ""
        # Strangers choose the name of the browser in a failed login.
        rows.append((in_iso(line.at) or "", line.kind, line.address, line.user_agent, details))
    return csv_text(rows)
