"""The state of the service as operators see it: the queue, the workers, and the latest result of each check."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.monitoring.dependencies import DATABASE
from oriel.monitoring.models import DEGRADED, DOWN, OK, SystemHealth

# A check that has not been made for so long is one that there is no more.
_FORGOTTEN_AFTER = timedelta(hours=1)


def latest_checks() -> Sequence[SystemHealth]:
    """Return the latest result of each check, by name."""
    made = SystemHealth.checked_at > now() - _FORGOTTEN_AFTER
    latest = (
        select(SystemHealth.check, func.max(SystemHealth.checked_at).label("checked_at"))
        .where(made)
        .group_by(SystemHealth.check)
        .subquery()
    )
    is_latest = (SystemHealth.check == latest.c.check) & (SystemHealth.checked_at == latest.c.checked_at)
    rows = db.session.scalars(select(SystemHealth).join(latest, is_latest).order_by(SystemHealth.check)).all()
    # Two clocks may have made the same check at the same time.
    return list({row.check: row for row in rows}.values())


def overall(checks: Sequence[SystemHealth]) -> str:
    """Return the state of the whole: nothing works without the database, the rest can wait."""
    if any(check.check == DATABASE and check.state == DOWN for check in checks):
        return DOWN
    return OK if all(check.state == OK for check in checks) else DEGRADED
