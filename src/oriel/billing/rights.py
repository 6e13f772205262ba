"""The right to a render: reserved at submit, spent at the end, given back when the render fails for good.

`reserve`, `spend` and `give_back` run inside the caller's transaction, so that a right and its render always agree.
"""

from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from oriel.billing.current_plan import PlanPeriod, current_period, lock_customer, plan_of, set_plan
from oriel.billing.models import FROZEN, HELD, RESERVED, RETURNED, SPENT, USED, Credit, Payment, RenderRight
from oriel.billing.plans import CREDIT, FREE, PLANS, Plan
from oriel.billing.refusals import Demand, Refusal, Use, allowed_by
from oriel.billing.storage_use import storage_used
from oriel.billing.usage_warnings import warn_of_renders, warn_of_storage
from oriel.errors import NotFound, PaymentRequired
from oriel.mails.wording import money

__all__ = [
    "Demand",
    "ExpectedRight",
    "Grant",
    "Refusal",
    "allowed_by",
    "credits_held",
    "expected_right",
    "give_back",
    "plan_of",
    "reserve",
    "reserve_again",
    "set_plan",
    "spend",
    "used_this_period",
]

Payer = Literal["plan", "credit"]


@dataclass(frozen=True)
class Grant:
    """The right that pays for a render, and the plan whose limits, weight and storage time apply to it."""

    plan: Plan
    watermark: bool
    kind: Payer


ExpectedPayer = Literal["plan", "credit", "payment"]


@dataclass(frozen=True)
class ExpectedRight:
    """What would pay for a render: the plan, a held credit, or one that is still to be bought.

    `refusal` is why the plan does not pay; `allows_single` is whether a credit would.
    """

    plan: Plan
    payer: ExpectedPayer | None
    refusal: Refusal | None
    use: Use
    credits: int
    allows_single: bool

    @property
    def watermark(self) -> bool:
        """Whether the video would carry our watermark."""
        return self.plan.watermark if self.payer == "plan" else CREDIT.watermark

    @property
    def renders_left(self) -> int | None:
        """How many renders the plan has left in this period, before this one; None without a limit."""
        return None if self.plan.renders is None else max(0, self.plan.renders - self.use.renders)


def reserve(
    session: Session,
    user_id: str,
    render_id: str,
    demand: Demand,
    pay_with: Payer | None = None,
    *,
    payment_id: str | None = None,
) -> Grant:
    """Reserve a right for this render; raise PaymentRequired with the reason if there is none.

    Without `pay_with`, the plan pays if it allows the settings, otherwise a held credit: the one that `payment_id`
    bought or, without one, the oldest. A second call for the same render returns the same grant.
    """
    lock_customer(session, user_id)
    if right := _right_of(session, render_id):
        return _grant(right)
    current = current_period(session, user_id)
    credit = _payer(session, user_id, current, demand, pay_with, payment_id)
    right = RenderRight(render_id=render_id, user_id=user_id)
    _fill(right, current, credit, demand)
    session.add(right)
    if credit is None:
        session.flush()
        _warn_of_limits(session, user_id, current)
    return _grant(right)


def reserve_again(
    session: Session, user_id: str, render_id: str, demand: Demand, *, payment_id: str | None = None
) -> None:
    """Reserve the returned right of a render once more, on the terms of its order; raise PaymentRequired, NotFound.

    A plan pays with a render of the period in which it was ordered, whatever plan its customer has by now. A credit
    pays for what a credit has paid, the one of `payment_id` first.
    """
    lock_customer(session, user_id)
    right = _right_of(session, render_id)
    if right is None:
        raise NotFound("Nothing has ever paid for this render.")
    if right.state != RETURNED:
        return
    if right.kind == "credit":
        credit = _credit_for(session, user_id, demand, payment_id)
        right.credit_id, credit.state = credit.id, RESERVED
    else:
        needed = replace(demand, video_bytes_estimate=right.video_bytes)
        use = Use(_used(session, user_id, right.period), storage_used(session, user_id))
        for refusal in allowed_by(PLANS[right.plan], needed, use):
            raise refusal.as_error()
    right.state = RESERVED


def expected_right(session: Session, user_id: str | None, demand: Demand) -> ExpectedRight:
    """Return what would pay for a render now, by the rules of `reserve`; nothing is reserved.

    Without a user it is what a new customer has: the free plan, unused.
    """
    current = current_period(session, user_id) if user_id else PlanPeriod(FREE, "")
    use = _use(session, user_id, current) if user_id else Use()
    held = credits_held(session, user_id) if user_id else 0
    refusals = allowed_by(current.plan, demand, use)
    single = not allowed_by(CREDIT, demand)
    payer: ExpectedPayer | None = "plan"
    if refusals:
        payer = None if not single else "credit" if held else "payment"
    return ExpectedRight(current.plan, payer, refusals[0] if refusals else None, use, held, single)


def spend(session: Session, render_id: str) -> bool:
    """Use up the right of a delivered render; return False if none was reserved, as in a second call."""
    return _settle(session, render_id, SPENT, USED)


def give_back(session: Session, render_id: str) -> bool:
    """Give back the right of a render that failed for good; return False if none was reserved, as in a second call."""
    return _settle(session, render_id, RETURNED, HELD)


def used_this_period(session: Session, user_id: str) -> int:
    """Return how many of the plan's renders are reserved or spent in the current period."""
    return _used(session, user_id, current_period(session, user_id).period)


def credits_held(session: Session, user_id: str) -> int:
    """Return how many credits a customer can use."""
    return session.scalar(select(func.count()).where(Credit.user_id == user_id, Credit.state == HELD)) or 0


def _right_of(session: Session, render_id: str) -> RenderRight | None:
    return session.scalar(select(RenderRight).where(RenderRight.render_id == render_id).with_for_update())


def _warn_of_limits(session: Session, user_id: str, current: PlanPeriod) -> None:
    use = _use(session, user_id, current)
    warn_of_renders(session, user_id, current, use.renders)
    warn_of_storage(session, user_id, current, use.storage_bytes)


def _payer(
    session: Session,
    user_id: str,
    current: PlanPeriod,
    demand: Demand,
    pay_with: Payer | None,
    payment_id: str | None,
) -> Credit | None:
    """Return the credit that pays, or None if the plan pays."""
    if pay_with == "credit":
        return _credit_for(session, user_id, demand, payment_id)
    refusals = allowed_by(current.plan, demand, _use(session, user_id, current))
    if not refusals:
        return None
    credit = None if pay_with == "plan" or allowed_by(CREDIT, demand) else _held_credit(session, user_id)
    if credit is None:
        raise refusals[0].as_error()
    return credit


def _use(session: Session, user_id: str, current: PlanPeriod) -> Use:
    return Use(_used(session, user_id, current.period), storage_used(session, user_id), current.ends_at)


def _credit_for(session: Session, user_id: str, demand: Demand, payment_id: str | None) -> Credit:
    for refusal in allowed_by(CREDIT, demand):
        raise refusal.as_error()
    credit = _held_credit(session, user_id, payment_id)
    if credit is None:
        price = money(CREDIT.price_cents, "usd")
        sentence = f"You have no render credits left. You can buy one for {price}."
        raise PaymentRequired(sentence, limit=0, value=1, plan=CREDIT.name, lifted_by=CREDIT.name)
    return credit


def _held_credit(session: Session, user_id: str, payment_id: str | None = None) -> Credit | None:
    held = select(Credit).where(Credit.user_id == user_id, Credit.state == HELD)
    its_own = case((Credit.payment_id == payment_id, 0), else_=1)
    return session.scalar(held.order_by(its_own, Credit.created_at, Credit.id).limit(1).with_for_update())


def _fill(right: RenderRight, current: PlanPeriod, credit: Credit | None, demand: Demand) -> None:
    right.kind = "credit" if credit else "plan"
    right.credit_id = credit.id if credit else None
    right.plan = CREDIT.name if credit else current.plan.name
    right.period = current.period
    right.state = RESERVED
    right.video_bytes = demand.video_bytes_estimate
    if credit:
        credit.state = RESERVED


def _grant(right: RenderRight) -> Grant:
    if right.kind == "credit":
        return Grant(CREDIT, CREDIT.watermark, "credit")
    plan = PLANS[right.plan]
    return Grant(plan, plan.watermark, "plan")


def _used(session: Session, user_id: str, period: str) -> int:
    mine = (RenderRight.user_id == user_id, RenderRight.kind == "plan", RenderRight.period == period)
    return session.scalar(select(func.count()).where(*mine, RenderRight.state.in_((RESERVED, SPENT)))) or 0


def _settle(session: Session, render_id: str, right_becomes: str, credit_becomes: str) -> bool:
    waiting = (RenderRight.render_id == render_id, RenderRight.state == RESERVED)
    settled = update(RenderRight).where(*waiting).values(state=right_becomes).returning(RenderRight.credit_id)
    row = session.execute(settled).one_or_none()
    if row is None:
        return False
    if row.credit_id:
        reserved = (Credit.id == row.credit_id, Credit.state == RESERVED)
        session.execute(update(Credit).where(*reserved).values(state=credit_becomes))
        _freeze_if_disputed(session, row.credit_id)
    return True


def _freeze_if_disputed(session: Session, credit_id: str) -> None:
    disputed = select(Payment.id).where(Payment.is_disputed)
    held = (Credit.id == credit_id, Credit.state == HELD, Credit.payment_id.in_(disputed))
    session.execute(update(Credit).where(*held).values(state=FROZEN))
