"""A customer's subscription, as told to its holder."""

from dataclasses import dataclass
from datetime import datetime

from oriel.billing.models import ACTIVE, PlanHolding
from oriel.billing.plans import Plan
from oriel.billing.standing import standing_at
from oriel.infra.clock import now
from oriel.infra.database import db


@dataclass(frozen=True)
class Subscription:
    """The plan that holds now, and what is ordered for the end of its period."""

    plan: Plan
    status: str
    period_end: datetime | None = None
    cancel_at_period_end: bool = False
    pending_plan: str | None = None
    trial_until: datetime | None = None


def subscription_of(user_id: str) -> Subscription:
    """Return what a customer is on."""
    holding, moment = db.session.get(PlanHolding, user_id), now()
    plan = standing_at(holding, moment).plan
    if holding is None:
        return Subscription(plan, ACTIVE)
    if holding.period_end and moment >= holding.period_end and plan.name != holding.plan:
        # What was ordered for the period's end has happened.
        return Subscription(plan, ACTIVE)
    ends = holding.cancel_at_period_end
    # What is ordered for the next period comes to nothing when there is none.
    pending = None if ends else holding.pending_plan
    return Subscription(plan, holding.status, holding.period_end, ends, pending, holding.trial_until)
