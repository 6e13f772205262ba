"""A customer's subscription, as the API shows it."""

from dataclasses import dataclass, replace
from datetime import datetime

from oriel.billing.current_plan import period_at
from oriel.billing.models import ACTIVE, PlanHolding
from oriel.billing.plans import Plan
from oriel.infra.clock import now
from oriel.infra.database import db


@dataclass(frozen=True)
class Subscription:
    """A customer's current plan, its period, and its planned changes."""

    plan: Plan
    status: str
    period_end: datetime | None = None
    ends_at: datetime | None = None
    pending_plan: str | None = None
    trial_until: datetime | None = None

    @property
    def cancel_at_period_end(self) -> bool:
        """Whether no further period is charged."""
        return self.ends_at is not None and self.period_end is not None and self.ends_at <= self.period_end


def subscription_of(user_id: str) -> Subscription:
    """Return a customer's plan and its coming changes."""
    holding, moment = db.session.get(PlanHolding, user_id), now()
    plan = period_at(holding, moment).plan
    if holding is None:
        return Subscription(plan, ACTIVE)
    is_over = (holding.ends_at and moment >= holding.ends_at) or (holding.period_end and moment >= holding.period_end)
    if is_over and plan.name != holding.plan:
        # The planned change has happened, though Stripe's event is not here yet.
        return Subscription(plan, ACTIVE)
    subscription = Subscription(plan, holding.status, holding.period_end, holding.ends_at, None, holding.trial_until)
    # Without a next period, there is no plan for it.
    return (
        subscription if subscription.cancel_at_period_end else replace(subscription, pending_plan=holding.pending_plan)
    )
