"""The checks of payments as jobs: nothing to do where no payments are taken."""

from datetime import datetime

from oriel.billing import cheap_checks
from oriel.billing.gateway import takes_payments
from oriel.housekeeping.job import Done
from oriel.housekeeping.models import HousekeepingRun
from oriel.infra.database import db, writing

CATCH_UP = "payment-events"
_NONE_TAKEN = Done(0, "no payments are taken")
_SHOWN = 5


def catch_up() -> Done:
    """Ask for events since the last time. Where it ended is written down afterwards: a killed run is repeated."""
    if not takes_payments():
        return _NONE_TAKEN
    run = db.session.get(HousekeepingRun, CATCH_UP)
    cursor = run.cursor if run else None
    db.session.commit()
    caught = cheap_checks.catch_up(datetime.fromisoformat(cursor) if cursor else None)
    with writing() as session:
        if row := session.get(HousekeepingRun, CATCH_UP):
            row.cursor = caught.next_since.isoformat()
    return _done(caught.missed)


def compare_subscriptions() -> Done:
    """Bring plans up to date that differ from their subscriptions."""
    return _done(cheap_checks.sync_differing()) if takes_payments() else _NONE_TAKEN


def preview_subscriptions() -> Done:
    """Return which plans differ from their subscriptions."""
    return _done(cheap_checks.differing_subscriptions()) if takes_payments() else _NONE_TAKEN


def _done(found: list[str]) -> Done:
    return Done(len(found), ", ".join(found[:_SHOWN]))
