"""Keeps our rows of subscriptions in step with Stripe, and cancels or resumes them."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from oriel.billing import letters
from oriel.billing.current_plan import lock_customer, plan_of
from oriel.billing.gateway import PaymentGateway, SubscriptionFacts, payments
from oriel.billing.models import ACTIVE, PAST_DUE, SUBSCRIPTION, PayingCustomer, Payment, PlanHolding
from oriel.billing.optimistic_write import retry_until_written
from oriel.billing.plans import FREE, PAID_PLANS
from oriel.errors import Conflict, NotFound, WrongState
from oriel.infra.database import db, writing
from oriel.infra.events import publish
from oriel.infra.logs import facts as logged

_log = logging.getLogger("oriel.payments")

_LIVING = ("live", "past_due")

Change = Literal["cancel", "resume"]


@dataclass(frozen=True)
class _Known:
    """A customer's row as it was before we asked Stripe."""

    subscription_id: str | None
    version: int


def sync_subscription(subscription_id: str, *, sends_letters: bool = True) -> None:
    """Update a customer's plan from a subscription at Stripe; ignore one that belongs to no customer of ours.

    Events may arrive in any order, so each call asks Stripe for the current state. Without `sends_letters`, the
    customer gets no email about what has changed.
    """
    user_id = _holder_of(subscription_id)
    if user_id is None:
        _log.warning("A subscription belongs to none of our customers.", extra=logged(subscription=subscription_id))
        return
    retry_until_written(lambda: _is_synced(subscription_id, user_id, sends_letters=sends_letters) or None)
    publish(user_id, SUBSCRIPTION, subscription_id)


def set_cancellation(user_id: str, change: Change, *, sends_letters: bool = True) -> None:
    """Cancel a subscription at the end of its paid period, or resume it; raise WrongState without a subscription."""
    subscription_id = subscription_id_of(user_id)
    with sync_after(subscription_id, sends_letters=sends_letters):
        payments().cancel_at_period_end(subscription_id, cancel=change == "cancel")


def cancel_for_closed_account(user_id: str, *, sends_letters: bool = True) -> datetime | None:
    """Cancel a closed account's subscription at the end of its period; return that time, None without a subscription.

    Raises PaymentsUnavailable; the subscription is then still charged.
    """
    holding = db.session.get(PlanHolding, user_id)
    db.session.commit()
    if holding is None or holding.subscription_id is None:
        return None
    set_cancellation(user_id, "cancel", sends_letters=sends_letters)
    return db.session.get_one(PlanHolding, user_id, populate_existing=True).ends_at


@contextlib.contextmanager
def sync_after(subscription_id: str, *, sends_letters: bool = True) -> Iterator[None]:
    """Sync a subscription after the block, also after a Conflict: our row may then be stale."""
    try:
        yield
    except Conflict:
        sync_subscription(subscription_id, sends_letters=sends_letters)
        raise
    sync_subscription(subscription_id, sends_letters=sends_letters)


def subscription_id_of(user_id: str) -> str:
    """Return the id of a customer's subscription; raise WrongState, which says how to subscribe, without one."""
    holding = db.session.get(PlanHolding, user_id)
    db.session.commit()
    if holding is None or holding.subscription_id is None:
        checkout = {"kind": SUBSCRIPTION, "plans": list(PAID_PLANS)}
        # `checkout` is the body of `call`, for programs.
        facts = {"call": "POST /api/payments/create-session", "checkout": checkout}
        raise WrongState("You have no subscription yet. Choose a plan first.", plan=plan_of(user_id).name, **facts)
    return holding.subscription_id


def _holder_of(subscription_id: str) -> str | None:
    """Return the user who holds a subscription. For a new subscription, ask Stripe for its customer."""
    held = select(PlanHolding.user_id).where(PlanHolding.subscription_id == subscription_id)
    user_id = db.session.scalar(held)
    db.session.commit()
    if user_id is None:
        customer_id = payments().subscription(subscription_id).customer_id
        user_id = db.session.scalar(select(PayingCustomer.user_id).where(PayingCustomer.customer_id == customer_id))
        db.session.commit()
    return user_id


def _is_synced(subscription_id: str, user_id: str, *, sends_letters: bool) -> bool:
    """Ask Stripe and write its answer; return False, with nothing written, if another writer came first."""
    gateway, known = payments(), _known(user_id)
    facts = gateway.subscription(subscription_id)
    other_id = known.subscription_id
    if facts.plan is None and facts.state != "over":
        # The operator may sell the same customer something else too.
        level = logging.ERROR if other_id == subscription_id else logging.INFO
        _log.log(level, "A subscription has a price that we do not sell.", extra=logged(id=subscription_id))
        return True
    if other_id and other_id != subscription_id:
        if facts.state not in _LIVING:
            # A late event about an earlier subscription.
            return True
        if _is_living(gateway, other_id):
            # The customer paid two pages. The first one counts; we refund the second, and later payments for it.
            with writing() as session:
                _settle_page(session, facts, by=other_id)
            gateway.end_subscription(subscription_id)
            return True
    if facts.state == "not_yet":
        return True
    with writing() as session:
        lock_customer(session, user_id)
        return _apply(session, user_id, facts, known, sends_letters=sends_letters)


def _known(user_id: str) -> _Known:
    holding = db.session.get(PlanHolding, user_id, populate_existing=True)
    db.session.commit()
    return _Known(holding.subscription_id, holding.version) if holding else _Known(None, 0)


def _is_living(gateway: PaymentGateway, subscription_id: str) -> bool:
    try:
        return gateway.subscription(subscription_id).state in _LIVING
    except NotFound:
        return False


def _apply(session: Session, user_id: str, facts: SubscriptionFacts, known: _Known, *, sends_letters: bool) -> bool:
    holding = session.get(PlanHolding, user_id, with_for_update=True, populate_existing=True)
    holding = holding or PlanHolding(user_id=user_id, plan=FREE.name, status=ACTIVE, version=0)
    if holding.version != known.version:
        return False
    # Even if nothing changes, so that writers who asked earlier ask again.
    holding.version += 1
    session.add(holding)
    if facts.state == "over" and holding.subscription_id is None:
        return True
    before = (holding.plan, holding.pending_plan, holding.ends_at)
    _write(holding, facts)
    _settle_page(session, facts, by=None)
    session.flush()
    if sends_letters:
        letters.plan_moved(session, holding, before)
    return True


def _settle_page(session: Session, facts: SubscriptionFacts, *, by: str | None) -> None:
    session.execute(update(Payment).where(Payment.id == facts.payment_id).values(settled_by=by))


def _write(holding: PlanHolding, facts: SubscriptionFacts) -> None:
    if facts.state == "over":
        holding.plan, holding.status, holding.subscription_id = FREE.name, ACTIVE, None
        holding.period_start = holding.period_end = holding.pending_plan = None
        holding.ends_at = holding.trial_until = None
        return
    assert facts.present_plan
    holding.plan, holding.pending_plan = facts.present_plan, facts.pending_plan
    holding.status = PAST_DUE if facts.state == "past_due" else ACTIVE
    holding.subscription_id = facts.subscription_id
    holding.period_start, holding.period_end = facts.period_start, facts.period_end
    holding.ends_at, holding.trial_until = facts.ends_at, facts.trial_until
