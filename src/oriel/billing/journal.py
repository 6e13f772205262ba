"""The journal of payment events: recorded and answered at once, processed afterwards.

An event only names the object that changed; its state is fetched again, so an event may come twice, late or never.
`reconcile` finds the changes whose events were lost.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, delete, func, or_, select, update

from oriel.billing.bills import record_paid_bill, report_unpaid_bill, sync_bill
from oriel.billing.fulfilment import give_up_unopened, settle_wanted, sync_payment
from oriel.billing.gateway import Event, payments
from oriel.billing.models import FAILED, PENDING, PayingCustomer, Payment, PaymentEvent, PlanHolding
from oriel.billing.optimistic_write import RETRY_TIMEOUT_S
from oriel.billing.subscription_sync import sync_subscription
from oriel.errors import AppError, NotFound
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.infra.logs import facts
from oriel.mails.wording import money

_log = logging.getLogger("oriel.payments")

Answer = TypeVar("Answer")
Item = TypeVar("Item")

# A claim on an event expires after 60 s; another process may then take the event. Nobody starts an event of a claim
# that could expire before it is processed.
_CLAIM = timedelta(seconds=60)
_BEGINS_S = _CLAIM.total_seconds() - RETRY_TIMEOUT_S
_AT_ONCE = 20
_BATCH = 500
_KEPT_FOR = retention.keep(
    "payment-events", "Ids of payment events", retention.DATABASE, timedelta(days=60), "after they are processed"
)
_PAUSES_S = (5, 30, 120, 600, 3600)
LOOKED_BACK = timedelta(days=3)
# Stripe's own page says "paid" some seconds before its event comes.
_OVERDUE = timedelta(minutes=1)
# The operator has the money again and must refund it another way.
_RETURNED = "refund.failed"


@dataclass(frozen=True)
class Reconciled:
    """The result of a reconciliation: how much it checked, what it fixed and what still waits, a sentence each."""

    payments_asked: int
    subscriptions_asked: int
    done: list[str]
    waiting: list[str]


def save_event(event: Event) -> bool:
    """Save an event; return whether it is new."""
    return save_events([event]) == 1


def save_events(events: Sequence[Event]) -> int:
    """Save the events that have a handler; return how many are new."""
    ours = [event for event in events if event.kind in _HANDLERS]
    return sum(_save_batch(batch) for batch in _batches(ours))


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    # A statement takes a limited number of values.
    return (items[at : at + _BATCH] for at in range(0, len(items), _BATCH))


def _save_batch(events: Sequence[Event]) -> int:
    ids = [event.id for event in events]
    with writing() as session:
        known = session.scalar(select(func.count()).where(PaymentEvent.id.in_(ids))) or 0
        rows = [{"id": event.id, "kind": event.kind[:100], "body": event.body} for event in events]
        insert_missing(session, PaymentEvent, rows)
    return len(set(ids)) - known


def tidy() -> int:
    """Delete processed events after two months; return how many. Stripe keeps its own for one month."""
    gone = delete(PaymentEvent).where(PaymentEvent.id.in_(old_events()))
    with writing() as session:
        return len(session.scalars(gone.returning(PaymentEvent.id)).all())


def old_events() -> Select[str]:
    """Return the select of the ids of events that `tidy` deletes."""
    old = (PaymentEvent.due_at.is_(None), PaymentEvent.received_at < now() - _KEPT_FOR)
    return select(PaymentEvent.id).where(*old)


def process_due_events(limit: int = 50) -> int:
    """Process the events that are due, the earliest first; return how many. Many processes may call it at once."""
    taken = 0
    # In batches, because a long transaction delays the webhooks that save new events.
    while taken < limit and (events := _claimed(min(_AT_ONCE, limit - taken))):
        deadline = time.monotonic() + _BEGINS_S
        _done([event.id for event in events if time.monotonic() < deadline and _process(event)])
        taken += len(events)
    return taken


def replay(event_id: str) -> None:
    """Process an event again, now; raise NotFound for an unknown one."""
    event = db.session.get(PaymentEvent, event_id)
    db.session.commit()
    if event is None:
        raise NotFound(f"There is no event {event_id}.")
    _handle(event)
    _done([event_id])


def listed(limit: int, *, failed: bool = False) -> Sequence[PaymentEvent]:
    """Return events, the latest first; with `failed` only those that could not be processed yet."""
    query = select(PaymentEvent).order_by(PaymentEvent.received_at.desc(), PaymentEvent.id).limit(limit)
    return db.session.scalars(query.where(PaymentEvent.error.is_not(None)) if failed else query).all()


def reconcile() -> Reconciled:
    """Find changes that no event has reported, and apply them."""
    before = _snapshot()
    missed = missed_events(payments().events_since(now() - LOOKED_BACK))
    save_events(missed)
    give_up_unopened()
    process_due_events(limit=max(50, len(missed)))
    settle_wanted(early=True)
    payments_asked, subscriptions_asked = _ask_payments(), _ask_subscriptions()
    lost = [f"event {event.id} ({event.kind}) was missing" for event in missed]
    return Reconciled(payments_asked, subscriptions_asked, lost + _changes(before, _snapshot()), _waiting())


def _waiting() -> list[str]:
    """Return, in sentences, what Stripe keeps refusing, for the operator to look at."""
    wanted = or_(Payment.refund_wanted, Payment.expire_wanted)
    stuck = db.session.scalars(select(Payment).where(wanted, Payment.settle_tries > 0)).all()
    returned = db.session.scalars(select(PaymentEvent).where(PaymentEvent.kind == _RETURNED)).all()
    db.session.commit()
    about = {str(_object_of(event).get("payment_intent")) for event in returned}
    wants = {True: "refund pending", False: "payment page must be closed"}
    waiting = [f"payment {row.id}: {wants[row.refund_wanted]}, {row.settle_tries} failed attempts" for row in stuck]
    owed = [f"{paid_as}: its bank returned our refund" for paid_as in sorted(about) if _is_owed(paid_as)]
    return waiting + owed


def _is_owed(paid_as: str) -> bool:
    """Return whether part of one of our payments is not refunded yet; the account may have other payments."""
    of_it = Payment.paid_as == paid_as
    if invoice_id := _if_known(payments().bill_paid_as, paid_as):
        of_it = or_(of_it, Payment.invoice_id == invoice_id)
    owed = db.session.scalar(select(Payment.id).where(of_it, Payment.refunded < Payment.amount).limit(1))
    db.session.commit()
    return owed is not None


def missed_events(events: Sequence[Event]) -> list[Event]:
    """Return those that were not received and have a handler."""
    ours = {event.id: event for event in events if event.kind in _HANDLERS}
    for batch in _batches(list(ours)):
        for known in db.session.scalars(select(PaymentEvent.id).where(PaymentEvent.id.in_(batch))):
            del ours[known]
    db.session.commit()
    return list(ours.values())


def _ask_payments() -> int:
    open_pages = (Payment.status == PENDING, Payment.stripe_session_id.is_not(None))
    query = select(Payment.stripe_session_id).where(*open_pages, Payment.created_at < now() - _OVERDUE)
    ids = [str(session_id) for session_id in db.session.scalars(query.order_by(Payment.created_at, Payment.id))]
    db.session.commit()
    for session_id in ids:
        _if_known(sync_payment, session_id)
    return len(ids)


def _ask_subscriptions() -> int:
    held: dict[str, str | None] = {row.user_id: row.subscription_id for row in db.session.scalars(select(PlanHolding))}
    customers = db.session.scalars(select(PayingCustomer)).all()
    db.session.commit()
    asked = 0
    for customer in customers:
        living = _if_known(payments().subscriptions_of, customer.customer_id) or ()
        theirs = {facts.subscription_id for facts in living}
        # Stripe does not list ended subscriptions, but our row may still hold one.
        ours = held.get(customer.user_id)
        for subscription_id in sorted(theirs | ({ours} if ours else set())):
            _if_known(sync_subscription, subscription_id)
            asked += 1
    return asked


def _if_known(ask: Callable[[str], Answer], object_id: str) -> Answer | None:
    """Ask about one object; log a failure, so that the other objects are still reconciled."""
    try:
        return ask(object_id)
    except AppError:
        _log.exception("This cannot be reconciled.", extra=facts(id=object_id))
        db.session.rollback()
        return None


def _snapshot() -> dict[str, str]:
    """Return the state of each open or recent payment and of each plan, in words, by name."""
    lately = Payment.created_at > now() - LOOKED_BACK
    rows = db.session.scalars(select(Payment).where(or_(Payment.status == PENDING, lately)))
    states = {f"payment {row.id}": f"{row.status}, {money(row.refunded, row.currency)} refunded" for row in rows}
    for held in db.session.scalars(select(PlanHolding)):
        ends = f"{held.period_end:%Y-%m-%d %H:%M}" if held.period_end else "no date"
        then = held.pending_plan or "the same"
        then += f", Free from {held.ends_at:%Y-%m-%d %H:%M} on" if held.ends_at else ""
        states[f"plan of user {held.user_id}"] = f"{held.plan}, {held.status}, until {ends}, then {then}"
    db.session.rollback()
    return states


def _changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [
        f"{what}: {stands} (before: {before.get(what, 'not there')})"
        for what, stands in after.items()
        if before.get(what) != stands
    ]


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


def _process(event: PaymentEvent) -> bool:
    """Process an event; return whether it is done. If not, it is retried later."""
    try:
        _handle(event)
    except NotFound:
        # The object was deleted at Stripe or was never ours, so a retry cannot help.
        return True
    except AppError as error:
        _postpone(event, error.message)
        return False
    except Exception as error:  # noqa: BLE001  (one event must not stop the others)
        _log.exception("An event could not be processed.", extra=facts(event=event.id))
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
    _log.warning("An event will be retried: %s", reason, extra=facts(event=event.id, tries=event.tries))
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
    about = event.body.get("data", {}).get("object")
    return about if isinstance(about, dict) else {}


def _checkout_changed(about: dict[str, Any]) -> None:
    sync_payment(str(about.get("id")))


def _subscription_changed(about: dict[str, Any]) -> None:
    sync_subscription(str(about.get("id")))


def _charge_changed(about: dict[str, Any]) -> None:
    """Sync the page or the invoice behind a charge or a dispute."""
    paid_as = about.get("payment_intent")
    if not paid_as:
        return
    if session_id := payments().checkout_that_paid(str(paid_as)):
        sync_payment(session_id)
    elif invoice_id := payments().bill_paid_as(str(paid_as)):
        sync_bill(invoice_id)


def _payment_failed(about: dict[str, Any]) -> None:
    """Record on the payment why its card was declined, while its page is open."""
    if session_id := payments().checkout_that_paid(str(about.get("id"))):
        sync_payment(session_id)


def _refund_returned(about: dict[str, Any]) -> None:
    _log.error("A bank returned our refund.", extra=facts(paid_as=about.get("payment_intent")))
    _charge_changed(about)


def _invoice_paid(about: dict[str, Any]) -> None:
    invoice = payments().invoice(str(about.get("id")))
    if invoice.subscription_id is None:
        return
    record_paid_bill(invoice)
    # Stripe sends no event about the page when a later attempt pays its invoice.
    failed = (Payment.invoice_id == invoice.id, Payment.status == FAILED)
    session_id = db.session.scalar(select(Payment.stripe_session_id).where(*failed))
    db.session.commit()
    if session_id:
        sync_payment(session_id)


def _invoice_failed(about: dict[str, Any]) -> None:
    invoice = payments().invoice(str(about.get("id")))
    if invoice.subscription_id:
        report_unpaid_bill(invoice)


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
    "payment_intent.payment_failed": _payment_failed,
    "charge.refunded": _charge_changed,
    "charge.dispute.created": _charge_changed,
    "charge.dispute.closed": _charge_changed,
    _RETURNED: _refund_returned,
}
# The events that an account's webhook must receive.
EVENT_KINDS = tuple(_HANDLERS)
# They come with each payment, and say nothing that the others do not.
NEEDLESS_KINDS = ("payment_intent.created", "payment_intent.succeeded", "charge.succeeded")
