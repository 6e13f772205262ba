"""Warns a customer by email when 80 % of a limit is used: once a period for renders, once a month for storage."""

from sqlalchemy.orm import Session

from oriel.billing import letters
from oriel.billing.current_plan import PlanPeriod
from oriel.infra.clock import now

# From here on the pages show a warning too; see frontend/ui/meter.js.
NEARLY = 0.8


def warn_of_renders(session: Session, user_id: str, current: PlanPeriod, used: int) -> None:
    """Write to a customer who has used 80 % of the period's renders."""
    limit = current.plan.renders
    if limit and used >= NEARLY * limit:
        letters.renders_nearly_used(session, user_id, current, used)


def warn_of_storage(session: Session, user_id: str, current: PlanPeriod, used_bytes: int) -> None:
    """Write to a customer whose songs and videos take 80 % of the storage."""
    limit = current.plan.storage_bytes
    if limit and used_bytes >= NEARLY * limit:
        letters.storage_nearly_full(session, user_id, current.plan, used_bytes, month=f"{now():%Y-%m}")
