"""Subscriptions: ours made to agree with the payment service's, and what a customer changes about theirs."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.billing import letters
from oriel.billing.gateway import PaymentGateway, SubscriptionFacts, payments
from oriel.billing.models import ACTIVE, PAST_DUE, PayingCustomer, PlanHolding
from oriel.billing.plans import FREE, PLANS
from oriel.billing.standing import plan_of, take_turn
from oriel.errors import CallerError, NotFound, WrongState
from oriel.infra.database import db, writing
from oriel.infra.events import publish
from oriel.infra.logs import facts as logged

_log = logging.getLogger("oriel.payments")

SUBSCRIPTION = "subscription"
_ORDER = list(PLANS)
_LIVING = ("live", "past_due")

Change = Literal["cancel", "resume"]


def follow_subscription(subscription_id: str) -> None:
    """Make a customer's plan agree with a subscription; one that is nobody's of ours is left alone.

    Events may come in any order, so each asks anew, and what was asked earlier than what stands there is dropped.
    """
    gateway = payments()
    told = gateway.subscription(subscription_id)
    known = select(PayingCustomer.user_id).where(PayingCustomer.customer_id == told.customer_id)
    user_id = db.session.scalar(known)
    held = db.session.get(PlanHolding, user_id) if user_id else None
    other_id = held.subscription_id if held else None
    db.session.commit()
    if user_id is None:
        _log.warning("A subscription is nobody's of ours.", extra=logged(subscription=subscription_id))
        return
    if other_id and other_id != subscription_id:
        if told.state not in _LIVING:
            # Late news of a former one: what was paid for it was used.
            return
        if _is_living(gateway, other_id):
            # Two pages were paid: the first one counts, and the money for the second goes back.
            gateway.end_subscription(subscription_id)
            return
    with writing() as session:
        take_turn(session, user_id)
        _apply(session, user_id, told, instead_of=other_id)
    publish(user_id, SUBSCRIPTION, subscription_id)


def change_plan(user_id: str, name: str) -> None:
    """Change the plan of a subscription: a higher one at once, a lower one when the period ends.

    Raises CallerError for a plan that there is not, WrongState without a subscription, CardDeclined.
    """
    if name not in PLANS or name == FREE.name:
        told = "Please say which plan; to go back to Free, cancel the subscription."
        raise CallerError(told, plan=name, plans=[plan for plan in PLANS if plan != FREE.name])
    holding = _subscribed(user_id)
    subscription_id, present = holding.subscription_id or "", plan_of(user_id).name
    if name == (holding.pending_plan or present):
        raise WrongState(f"{PLANS[name].title} is what you have, or what is ordered already.", plan=name)
    with _followed(subscription_id):
        if _ORDER.index(name) > _ORDER.index(present):
            payments().upgrade(subscription_id, name)
        else:
            payments().change_at_period_end(subscription_id, name, kept_plan=None if name == present else present)


def end_or_go_on(user_id: str, change: Change) -> None:
    """Let a subscription end with the period that is paid, or take that back; WrongState without a subscription."""
    holding = _subscribed(user_id)
    assert holding.subscription_id
    with _followed(holding.subscription_id):
        payments().cancel_at_period_end(holding.subscription_id, cancel=change == "cancel")


@contextlib.contextmanager
def _followed(subscription_id: str) -> Iterator[None]:
    """Follow what the block changes, also where it could not: then things stand otherwise than we thought."""
    try:
        yield
    except WrongState:
        follow_subscription(subscription_id)
        raise
    follow_subscription(subscription_id)


def _subscribed(user_id: str) -> PlanHolding:
    holding = db.session.get(PlanHolding, user_id)
    db.session.commit()
    if holding is None or holding.subscription_id is None:
        raise WrongState("You have no subscription.", plan=plan_of(user_id).name)
    return holding


def _is_living(gateway: PaymentGateway, subscription_id: str) -> bool:
    try:
        return gateway.subscription(subscription_id).state in _LIVING
    except NotFound:
        return False


def _apply(session: Session, user_id: str, told: SubscriptionFacts, *, instead_of: str | None) -> None:
    holding = session.get(PlanHolding, user_id, with_for_update=True, populate_existing=True)
    if told.state == "not_yet" or (told.plan is None and told.state != "over"):
        if told.plan is None:
            _log.error("A subscription has a price that is none of ours.", extra=logged(id=told.subscription_id))
        return
    holding = holding or PlanHolding(user_id=user_id, plan=FREE.name, status=ACTIVE)
    if holding.subscription_id not in (None, told.subscription_id, instead_of):
        # Another thread has meanwhile followed another one.
        return
    if holding.asked_at and holding.asked_at > told.asked_at:
        return
    if told.state == "over" and holding.subscription_id is None:
        # It held nothing any more. What was asked about it before must not bring it back.
        holding.asked_at = told.asked_at
        session.add(holding)
        return
    before = (holding.plan, holding.pending_plan, holding.cancel_at_period_end)
    _write(holding, told)
    session.add(holding)
    session.flush()
    letters.plan_moved(session, holding, before)


def _write(holding: PlanHolding, told: SubscriptionFacts) -> None:
    holding.asked_at = told.asked_at
    if told.state == "over":
        holding.plan, holding.status, holding.subscription_id = FREE.name, ACTIVE, None
        holding.period_start = holding.period_end = holding.pending_plan = None
        holding.cancel_at_period_end = False
        return
    assert told.plan
    kept = told.kept_plan if told.kept_until and told.period_start < told.kept_until else None
    holding.plan = kept if kept in PLANS else told.plan
    holding.pending_plan = told.plan if kept in PLANS else None
    holding.status = PAST_DUE if told.state == "past_due" else ACTIVE
    holding.subscription_id = told.subscription_id
    holding.period_start, holding.period_end = told.period_start, told.period_end
    holding.cancel_at_period_end = told.cancel_at_period_end
