"""Rate limits by plan, for the routes of this domain and those above it."""

from oriel.accounts.access import current_user
from oriel.billing.current_plan import plan_of


def writes() -> str:
    """Return the caller's limit of submits, uploads and changes, such as "30/minute"."""
    return f"{plan_of(current_user().id).writes_a_minute}/minute"
