"""Finds what lost events have missed with a few calls a day, however many customers there are.

The hourly check lists the events since the last one: one call where little happens, one more for each hundred events.
The daily check lists all subscriptions, a hundred a call. `journal.reconcile` asks about each customer instead.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select

from oriel.billing.fulfilment import give_up_unopened, settle_wanted
from oriel.billing.gateway import SubscriptionFacts, payments
from oriel.billing.journal import LOOKED_BACK, missed_events, process_due_events, save_events
from oriel.billing.models import ACTIVE, PAST_DUE, PayingCustomer, PlanHolding
from oriel.billing.subscription_sync import sync_subscription
from oriel.errors import AppError
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.infra.logs import facts as logged

_log = logging.getLogger("oriel.payments")

# Stripe lists an event a little after its time; what was seen before is asked for again.
_OVERLAP = timedelta(hours=1)
# Stripe lists no older ones.
_LISTED_FOR = timedelta(days=29)
_LIVING = ("live", "past_due")


@dataclass(frozen=True)
class CaughtUp:
    """Events that never arrived, and from when on to ask the next time."""

    missed: list[str]
    next_since: datetime


def catch_up(since: datetime | None) -> CaughtUp:
    """Ask for the events since a time, or of the last days; save and process those that never arrived."""
    since = max(since or now() - LOOKED_BACK, now() - _LISTED_FOR)
    events = payments().events_since(since)
    missed = missed_events(events)
    save_events(missed)
    give_up_unopened()
    process_due_events(limit=max(50, len(missed)))
    settle_wanted(early=True)
    newest = max((event.created_at for event in events), default=since)
    return CaughtUp([f"{event.kind} {event.id}" for event in missed], max(since, min(newest, now()) - _OVERLAP))


def differing_subscriptions() -> list[str]:
    """Return the ids of subscriptions that differ from the plans here, in either direction."""
    held = {row.subscription_id: row for row in db.session.scalars(_holdings())}
    db.session.commit()
    differing = []
    for facts in payments().all_subscriptions():
        holding = held.pop(facts.subscription_id, None)
        if holding is None:
            # One that we do not hold: a new one, one of another product, or the second of a customer who paid twice.
            if facts.state in _LIVING and facts.plan and _is_ours(facts):
                differing.append(facts.subscription_id)
        elif _of_facts(facts) != _of_holding(holding):
            differing.append(facts.subscription_id)
    # Stripe lists no ended ones.
    return sorted([*differing, *(str(subscription_id) for subscription_id in held)])


def sync_differing() -> list[str]:
    """Bring the plans up to date that differ; return the ids of those subscriptions."""
    differing = differing_subscriptions()
    for subscription_id in differing:
        try:
            sync_subscription(subscription_id)
        except AppError:
            _log.exception("This subscription cannot be brought up to date.", extra=logged(id=subscription_id))
            db.session.rollback()
    return differing


def _holdings() -> Select[PlanHolding]:
    return select(PlanHolding).where(PlanHolding.subscription_id.is_not(None))


def _is_ours(facts: SubscriptionFacts) -> bool:
    ours = PayingCustomer.customer_id == facts.customer_id
    user_id = db.session.scalar(select(PayingCustomer.user_id).where(ours))
    db.session.commit()
    return user_id is not None


def _of_facts(facts: SubscriptionFacts) -> tuple[object, ...]:
    status = {"live": ACTIVE, "past_due": PAST_DUE}.get(facts.state)
    period = (facts.period_start, facts.period_end)
    return facts.present_plan, facts.pending_plan, status, *period, facts.ends_at, facts.trial_until


def _of_holding(row: PlanHolding) -> tuple[object, ...]:
    period = (row.period_start, row.period_end)
    return row.plan, row.pending_plan, row.status, *period, row.ends_at, row.trial_until
