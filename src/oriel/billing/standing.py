"""Which plan holds for a customer at a moment, and which period its renders count in."""

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
class Standing:
    """A plan, and the name of the period: "2026-11", or the moment in which a paid period began; and when it ends."""

    plan: Plan
    period: str
    ends_at: datetime | None = None


def plan_of(user_id: str) -> Plan:
    """Return a customer's plan; without a row it is Free."""
    return standing_of(db.session, user_id).plan


def standing_of(session: Session, user_id: str) -> Standing:
    """Return a customer's plan and period, as the transaction sees them."""
    return standing_at(session.get(PlanHolding, user_id, populate_existing=True), now())


def standing_at(holding: PlanHolding | None, moment: datetime) -> Standing:
    """Return what holds at this moment: a period that has ended brings what was ordered for its end."""
    if holding is None or (holding.ends_at and moment >= holding.ends_at):
        return _calendar(FREE, moment)
    began, ends, plan = holding.period_start, holding.period_end, holding.plan
    if holding.period_end and moment >= holding.period_end:
        # The payment service has yet to tell when this period ends.
        began, ends, plan = holding.period_end, None, holding.pending_plan or holding.plan
    if plan == FREE.name or began is None:
        return _calendar(PLANS[plan], moment)
    if holding.ends_at and (ends is None or holding.ends_at < ends):
        ends = holding.ends_at
    return Standing(PLANS[plan], began.astimezone(UTC).isoformat(timespec="seconds"), ends)


def set_plan(
    user_id: str, name: str, *, period_start: datetime | None = None, period_end: datetime | None = None
) -> Plan:
    """Put a customer on a plan from now on, in a transaction of its own; without a period the calendar month counts."""
    with writing() as session:
        holding = session.get(PlanHolding, user_id)
        if holding and holding.subscription_id:
            # What is written here would be overwritten by what is paid there.
            told = (
                "This customer has a subscription. The customer can change its plan, or you can in Stripe's dashboard."
            )
            raise WrongState(told, plan=holding.plan)
        return hold_plan(session, user_id, name, period_start=period_start, period_end=period_end)


def hold_plan(
    session: Session,
    user_id: str,
    name: str,
    *,
    period_start: datetime | None = None,
    period_end: datetime | None = None,
) -> Plan:
    """Put a customer on a plan within a transaction; what was ordered for the period's end is forgotten."""
    plan = _plan_named(name)
    fresh = PlanHolding(user_id=user_id, plan=plan.name, period_start=period_start, period_end=period_end)
    fresh.ends_at, fresh.pending_plan = None, None
    session.merge(fresh)
    session.flush()
    return plan


def take_turn(session: Session, user_id: str) -> None:
    """Let one transaction at a time decide about this customer: two could take the same last render otherwise.

    SQLite has one writer at a time anyway. On PostgreSQL the lock leaves alone what merely refers to the user.
    """
    row = select(User.id).where(User.id == user_id).with_for_update(key_share=True)
    if session.scalar(row) is None:
        raise NotFound("This account no longer exists.")


def _plan_named(name: str) -> Plan:
    try:
        return PLANS[name]
    except KeyError:
        raise CallerError(f"There is no plan “{name}”. The plans are {', '.join(PLANS)}.", plan=name) from None


def _calendar(plan: Plan, moment: datetime) -> Standing:
    """Return a standing by the calendar's month, in UTC."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    # Of any month the 1st and 32 days more are in the next one.
    return Standing(plan, first.strftime("%Y-%m"), (first + timedelta(days=32)).replace(day=1))
