"""A customer's current plan and billing period."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.billing.models import PlanHolding
from oriel.billing.plans import FREE, PLANS, Plan
from oriel.errors import CallerError, NotFound, WrongState
from oriel.infra.clock import now
from oriel.infra.database import db, writing


@dataclass(frozen=True)
class PlanPeriod:
    """A plan and the period that its renders count in.

    `period` is a calendar month such as "2026-11" or, for a paid period, the time at which it began.
    """

    plan: Plan
    period: str
    ends_at: datetime | None = None


def plan_of(user_id: str) -> Plan:
    """Return a customer's current plan: Free without a row."""
    return current_period(db.session, user_id).plan


def current_period(session: Session, user_id: str) -> PlanPeriod:
    """Return a customer's current plan and period, as the transaction sees them."""
    return period_at(session.get(PlanHolding, user_id, populate_existing=True), now())


def period_at(holding: PlanHolding | None, moment: datetime) -> PlanPeriod:
    """Return the plan and period at this moment; a plan ordered for the period's end applies once it is over."""
    if holding is None or (holding.ends_at and moment >= holding.ends_at):
        return _calendar(FREE, moment)
    began, ends, plan = holding.period_start, holding.period_end, holding.plan
    if holding.period_end and moment >= holding.period_end:
        # Stripe has not told us yet when the new period ends.
        began, ends, plan = holding.period_end, None, holding.pending_plan or holding.plan
    if plan == FREE.name or began is None:
        return _calendar(PLANS[plan], moment)
    if holding.ends_at and (ends is None or holding.ends_at < ends):
        ends = holding.ends_at
    return PlanPeriod(PLANS[plan], began.astimezone(UTC).isoformat(timespec="seconds"), ends)


def set_plan(
    user_id: str, name: str, *, period_start: datetime | None = None, period_end: datetime | None = None
) -> Plan:
    """Put a customer on a plan now, in a transaction of its own; without a period, use the calendar month."""
    with writing() as session:
        holding = session.get(PlanHolding, user_id)
        if holding and holding.subscription_id:
            # The next event from Stripe would overwrite our change.
            sentence = (
                "This customer has a subscription. The customer can change its plan, or you can in Stripe's dashboard."
            )
            raise WrongState(sentence, plan=holding.plan)
        return hold_plan(session, user_id, name, period_start=period_start, period_end=period_end)


def hold_plan(
    session: Session,
    user_id: str,
    name: str,
    *,
    period_start: datetime | None = None,
    period_end: datetime | None = None,
) -> Plan:
    """Put a customer on a plan within a transaction; drop any change ordered for the period's end."""
    plan = _plan_named(name)
    fresh = PlanHolding(user_id=user_id, plan=plan.name, period_start=period_start, period_end=period_end)
    fresh.ends_at, fresh.pending_plan = None, None
    session.merge(fresh)
    return plan


def lock_customer(session: Session, user_id: str) -> None:
    """Lock a customer's row until the transaction ends, so that two requests cannot both take the last render.

    SQLite has one writer at a time anyway. On PostgreSQL the lock does not block rows that only refer to the user.
    """
    row = select(User.id).where(User.id == user_id).with_for_update(key_share=True)
    if session.scalar(row) is None:
        raise NotFound("This account no longer exists.")


def _plan_named(name: str) -> Plan:
    try:
        return PLANS[name]
    except KeyError:
        raise CallerError(f"There is no plan “{name}”. The plans are {', '.join(PLANS)}.", plan=name) from None


def _calendar(plan: Plan, moment: datetime) -> PlanPeriod:
    """Return the calendar month in UTC as a plan's period."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    # 32 days after the first of any month lie in the next month.
    return PlanPeriod(plan, first.strftime("%Y-%m"), (first + timedelta(days=32)).replace(day=1))
