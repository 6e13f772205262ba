"""The activity log of an account; each line is written in the commit that it describes."""

from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from oriel.accounts.models import Activity
from oriel.accounts.origin import Origin


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
    DISABLED = "account_disabled"
    ENABLED = "account_enabled"


def record(session: Session, user_id: str, did: Did, origin: Origin, **details: object) -> None:
    """Write one line; `details` are JSON values without secrets."""
    session.add(
        Activity(
            user_id=user_id, kind=str(did), address=origin.address, user_agent=origin.user_agent, details=dict(details)
        )
    )


def activity_of(user_id: str) -> Select[Activity]:
    """Return the query for an account's log, newest first."""
    return select(Activity).where(Activity.user_id == user_id).order_by(Activity.at.desc(), Activity.id.desc())
