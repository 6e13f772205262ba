"""References to uploads from the domains above: a referenced upload is not deleted."""

from collections.abc import Callable

from sqlalchemy.orm import Session

Check = Callable[[Session, str], bool]

_checks: list[Check] = []


def register(check: Check) -> Check:
    """Register a check, called with a session and an upload's id before its deletion; twice changes nothing."""
    if check not in _checks:
        _checks.append(check)
    return check


def is_referenced(session: Session, upload_id: str) -> bool:
    """Whether any domain refers to this upload."""
    return any(check(session, upload_id) for check in _checks)
