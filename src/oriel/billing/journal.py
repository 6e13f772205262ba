"""What the payment service tells us: written down first and answered at once, dealt with afterwards.

An event only says which object has changed; how it stands is asked anew, so an event may come twice, late or never:
`reconcile` asks for what has happened and writes down what is missing.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from oriel.billing import letters
from oriel.billing.fulfilment import follow_payment, give_up_unopened, settle_wanted
from oriel.billing.gateway import Event, Invoice, payments
from oriel.billing.models import (
    COMPLETED,
    PENDING,
    PLAN_CHANGE,
    SUBSCRIPTION,
    PayingCustomer,
    Payment,
    PaymentEvent,
    PlanHolding,
)
from oriel.billing.plans import FREE
from oriel.billing.subscribing import follow_subscription
from oriel.errors import AppError, NotFound
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.infra.events import publish
from oriel.infra.ids import new_id
from oriel.infra.logs import facts

_log = logging.getLogger("oriel.payments")

Answer = TypeVar("Answer")

# Who deals with an event has so long until another one takes it up.
_CLAIM = timedelta(seconds=60)
_AT_ONCE = 20
_WRITTEN_AT_ONCE = 500
_KEPT_FOR = timedelta(days=60)
_PAUSES_S = (5, 30, 120, 600, 3600)
_LOOKED_BACK = timedelta(days=3)
# Stripe's own page says "paid" some seconds before its event comes.
_OVERDUE = timedelta(minutes=1)


@dataclass(frozen=True)
class Reconciled:
    """What a reconciliation found and mended."""

    events_missed: int
    payments_asked: int
    payments_changed: int
    subscriptions_asked: int
    subscriptions_changed: int


def write_down(event: Event) -> bool:
    """Keep an event; return whether it is new."""
    return write_down_all([event]) == 1


def write_down_all(events: Sequence[Event]) -> int:
    """Keep events about which there is something to do; return how many are new."""
    ours = [event for event in events if event.kind in _HANDLERS]
    # A statement takes so many values and no more.
    return sum(_write_down(ours[at : at + _WRITTEN_AT_ONCE]) for at in range(0, len(ours), _WRITTEN_AT_ONCE))


def _write_down(events: Sequence[Event]) -> int:
    ids = [event.id for event in events]
    with writing() as session:
        known = session.scalar(select(func.count()).where(PaymentEvent.id.in_(ids))) or 0
        rows = [{"id": event.id, "kind": event.kind[:100], "body": event.body} for event in events]
        insert_missing(session, PaymentEvent, rows)
    return len(set(ids)) - known


def tidy() -> int:
    """Delete the events that were dealt with two months ago; return how many. Stripe itself keeps them for one."""
    old = (PaymentEvent.due_at.is_(None), PaymentEvent.received_at < now() - _KEPT_FOR)
    with writing() as session:
        return len(session.scalars(delete(PaymentEvent).where(*old).returning(PaymentEvent.id)).all())


def deal_with_due(limit: int = 50) -> int:
    """Deal with the events whose time has come, the earliest first; return how many. Many may do it at once."""
    taken = 0
    # Some at a time: each transaction that writes holds up those that write new events down.
    while taken < limit and (events := _claimed(min(_AT_ONCE, limit - taken))):
        _done([event.id for event in events if _deal_with(event)])
        taken += len(events)
    return taken


def replay(event_id: str) -> None:
    """Deal with an event once more, now; NotFound for one that was never written down."""
    event = db.session.get(PaymentEvent, event_id)
    db.session.commit()
    if event is None:
        raise NotFound(f"There is no event {event_id}.")
    _handle(event)
    _done([event_id])


def listed(limit: int, *, failed: bool = False) -> Sequence[PaymentEvent]:
    """Return events, the latest first; with `failed` those that could not be dealt with yet."""
    query = select(PaymentEvent).order_by(PaymentEvent.received_at.desc()).limit(limit)
    return db.session.scalars(query.where(PaymentEvent.error.is_not(None)) if failed else query).all()


def reconcile() -> Reconciled:
    """Find what no event has told us, and mend it."""
    missed = write_down_all(payments().events_since(now() - _LOOKED_BACK))
    give_up_unopened()
    deal_with_due(limit=max(50, missed))
    settle_wanted()
    asked, changed = _ask_payments()
    followed, moved = _ask_subscriptions()
    return Reconciled(missed, asked, changed, followed, moved)


def _ask_payments() -> tuple[int, int]:
    open_pages = (Payment.status == PENDING, Payment.stripe_session_id.is_not(None))
    query = select(Payment.stripe_session_id).where(*open_pages, Payment.created_at < now() - _OVERDUE)
    ids = [str(session_id) for session_id in db.session.scalars(query)]
    db.session.commit()
    followed = [_if_known(follow_payment, session_id) for session_id in ids]
    return len(ids), sum(payment is not None and payment.status != PENDING for payment in followed)


def _ask_subscriptions() -> tuple[int, int]:
    customers = db.session.scalars(select(PayingCustomer)).all()
    before = _holdings()
    asked = 0
    for customer in customers:
        held = before.get(customer.user_id, (None,))[0]
        living = _if_known(payments().subscriptions_of, customer.customer_id) or ()
        theirs = {facts.subscription_id for facts in living}
        # One that is over is not listed, and its plan would go on.
        for subscription_id in sorted(theirs | ({held} if held else set())):
            _if_known(follow_subscription, subscription_id)
            asked += 1
    after = _holdings()
    return asked, sum(after.get(user_id) != held for user_id, held in {**dict.fromkeys(after), **before}.items())


def _if_known(ask: Callable[[str], Answer], object_id: str) -> Answer | None:
    """Ask about one object: whatever is wrong with it must not keep the others from being mended."""
    try:
        return ask(object_id)
    except AppError:
        _log.exception("This cannot be reconciled.", extra=facts(id=object_id))
        db.session.rollback()
        return None


def _holdings() -> dict[str, tuple[Any, ...]]:
    rows = db.session.scalars(select(PlanHolding).execution_options(populate_existing=True)).all()
    found = {row.user_id: (row.subscription_id, row.plan, row.status, row.period_end, row.pending_plan) for row in rows}
    db.session.commit()
    return found


def _claimed(limit: int) -> Sequence[PaymentEvent]:
    due = select(PaymentEvent).where(PaymentEvent.due_at <= now()).order_by(PaymentEvent.due_at, PaymentEvent.id)
    waits = db.session.scalar(select(PaymentEvent.id).where(PaymentEvent.due_at <= now()).limit(1))
    db.session.commit()
    if waits is None:
        return []
    with writing() as session:
        events = session.scalars(due.limit(limit).with_for_update(skip_locked=True)).all()
        for event in events:
            event.due_at, event.tries = now() + _CLAIM, event.tries + 1
    return events


def _deal_with(event: PaymentEvent) -> bool:
    """Return whether nothing is left to do about it; otherwise it waits for its next time."""
    try:
        _handle(event)
    except NotFound:
        # What is gone there, or was never ours, comes no more.
        return True
    except AppError as error:
        _postpone(event, error.message)
        return False
    except Exception as error:  # noqa: BLE001  (whatever one event does, the others are dealt with)
        _log.exception("An event could not be dealt with.", extra=facts(event=event.id))
        db.session.rollback()
        _postpone(event, f"{type(error).__name__}: {error}")
        return False
    return True


def _done(ids: Sequence[str]) -> None:
    if not ids:
        return
    with writing() as session:
        session.execute(update(PaymentEvent).where(PaymentEvent.id.in_(ids)).values(due_at=None, error=None))


def _postpone(event: PaymentEvent, reason: str) -> None:
    _log.warning("An event waits: %s", reason, extra=facts(event=event.id, tries=event.tries))
    pause = _PAUSES_S[min(event.tries, len(_PAUSES_S)) - 1]
    later = {"due_at": now() + timedelta(seconds=pause), "error": reason[:300]}
    with writing() as session:
        session.execute(update(PaymentEvent).where(PaymentEvent.id == event.id).values(**later))


# --- one function for each kind


def _handle(event: PaymentEvent) -> None:
    handler = _HANDLERS.get(event.kind)
    if handler:
        handler(_object_of(event))


def _object_of(event: PaymentEvent) -> dict[str, Any]:
    found = event.body.get("data", {}).get("object")
    return found if isinstance(found, dict) else {}


def _checkout_changed(about: dict[str, Any]) -> None:
    follow_payment(str(about.get("id")))


def _subscription_changed(about: dict[str, Any]) -> None:
    follow_subscription(str(about.get("id")))


def _charge_changed(about: dict[str, Any]) -> None:
    """Follow the page behind a charge or a dispute; a subscription's charges have none of ours."""
    paid_as = about.get("payment_intent")
    session_id = payments().checkout_that_paid(str(paid_as)) if paid_as else None
    if session_id:
        follow_payment(session_id)


def _invoice_paid(about: dict[str, Any]) -> None:
    invoice = payments().invoice(str(about.get("id")))
    if invoice.subscription_id is None:
        return
    follow_subscription(invoice.subscription_id)
    # The first one is the payment of its page.
    if invoice.is_first or invoice.state != "paid" or not invoice.amount:
        return
    with writing() as session:
        user_id, plan = _whose(session, invoice)
        if user_id and _keep_invoice(session, user_id, plan, invoice):
            letters.receipt(session, session.scalars(select(Payment).where(Payment.invoice_id == invoice.id)).one())
    if user_id:
        publish(user_id, SUBSCRIPTION, invoice.subscription_id)


def _invoice_failed(about: dict[str, Any]) -> None:
    invoice = payments().invoice(str(about.get("id")))
    if invoice.subscription_id is None:
        return
    follow_subscription(invoice.subscription_id)
    # Paid meanwhile, or the first one, whose page says so itself.
    if invoice.is_first or invoice.state == "paid":
        return
    with writing() as session:
        user_id, plan = _whose(session, invoice)
        if user_id and plan != FREE.name:
            letters.payment_failed(session, user_id, invoice.plan or plan, invoice)


def _whose(session: Session, invoice: Invoice) -> tuple[str | None, str]:
    user_id = session.scalar(select(PayingCustomer.user_id).where(PayingCustomer.customer_id == invoice.customer_id))
    holding = session.get(PlanHolding, user_id) if user_id else None
    return user_id, holding.plan if holding else FREE.name


def _keep_invoice(session: Session, user_id: str, plan: str, invoice: Invoice) -> bool:
    known = session.scalar(select(func.count()).where(Payment.invoice_id == invoice.id))
    row = {
        "id": new_id(),
        "user_id": user_id,
        "kind": SUBSCRIPTION,
        "plan": invoice.plan or plan,
        "amount": invoice.amount,
        "currency": invoice.currency,
        "status": COMPLETED,
        "created_at": invoice.created_at,
        "completed_at": now(),
        "invoice_id": invoice.id,
        "receipt_url": invoice.page_url,
        "thing": PLAN_CHANGE if invoice.is_change else SUBSCRIPTION,
        "expire_wanted": False,
        "refund_wanted": False,
        "refunded": 0,
        "is_disputed": False,
    }
    insert_missing(session, Payment, [row])
    return not known


_HANDLERS: dict[str, Callable[[dict[str, Any]], None]] = {
    "checkout.session.completed": _checkout_changed,
    "checkout.session.async_payment_succeeded": _checkout_changed,
    "checkout.session.async_payment_failed": _checkout_changed,
    "checkout.session.expired": _checkout_changed,
    "customer.subscription.created": _subscription_changed,
    "customer.subscription.updated": _subscription_changed,
    "customer.subscription.deleted": _subscription_changed,
    "invoice.paid": _invoice_paid,
    "invoice.payment_failed": _invoice_failed,
    "charge.refunded": _charge_changed,
    "charge.dispute.created": _charge_changed,
    "charge.dispute.closed": _charge_changed,
}
# What an account's webhook has to be sent.
EVENT_KINDS = tuple(_HANDLERS)
