"""Fulfils payments: one idempotent function, called after every event, poll and page view.

It asks Stripe for the current state and updates our rows in one transaction. Webhooks, the page after a payment, polls
and the reconciliation all call it.
"""

import contextlib
import logging
from datetime import timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from oriel.billing import letters
from oriel.billing.bills import TAKEN_BACK, sync_bill
from oriel.billing.current_plan import lock_customer
from oriel.billing.gateway import CheckoutFacts, GivenBack, payments
from oriel.billing.models import (
    COMPLETED,
    FAILED,
    FROZEN,
    HELD,
    PENDING,
    REFUNDED,
    RENDER,
    RESERVED,
    SPENT,
    SUBSCRIPTION,
    USED,
    Credit,
    Payment,
    RenderRight,
)
from oriel.billing.optimistic_write import retry_until_written
from oriel.billing.orders import orders
from oriel.billing.subscription_sync import sync_subscription
from oriel.errors import CallerError, NotFound, WrongState
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.events import publish
from oriel.infra.logs import facts as logged

_log = logging.getLogger("oriel.payments")

PAYMENT = "payment"
_EXPIRED = "The payment page has expired. Nothing was charged."
_GIVEN_BACK = "We are refunding your payment. The render that it bought, and its video, can no longer be used."
_NOTHING_CHARGED = "Nothing was charged."
_REFUSED = f"Your bank declined the payment. {_NOTHING_CHARGED}"
_TRY_AGAIN = f"{_NOTHING_CHARGED} You can try again on the payment page, with another card if you like."
_LONGEST_ERROR = 300
# If a process dies before it saves its page, the same page can be requested again for as long as it would still live
# for half an hour, which is Stripe's minimum.
_NEVER_OPENED = timedelta(minutes=20)
# The pauses between attempts to close a page or to refund.
_PAUSES_S = (10, 30, 120, 600, 3600)


def sync_payment(session_id: str) -> Payment | None:
    """Update a payment, and what it buys, from its page at Stripe; return it, or None for an unknown page.

    Raises PaymentsUnavailable; then nothing has changed.
    """
    payment = db.session.scalar(select(Payment).where(Payment.stripe_session_id == session_id))
    db.session.commit()
    if payment is None:
        return None
    changed, facts = _agreed(payment.id, session_id)
    if changed.kind == SUBSCRIPTION and facts.subscription_id and facts.paid:
        sync_subscription(facts.subscription_id)
        # A second subscription was ended before its payment arrived, or the account was deleted meanwhile.
        is_nobodys = changed.user_id is None and payments().subscription(facts.subscription_id).state != "over"
        if changed.settled_by or is_nobodys:
            payments().end_subscription(facts.subscription_id)
        if facts.invoice_id:
            sync_bill(facts.invoice_id)
    settle_wanted(changed.id)
    return changed


def settle_wanted(payment_id: str | None = None, limit: int = 20, *, early: bool = False) -> int:
    """Close the pages and refund the payments that are waiting for it; return how many succeeded.

    A request that fails is retried later. Without `payment_id`, handle those that are due, or with `early` all that
    wait, the longest due first.
    """
    # A disputed payment cannot be refunded until the bank has decided.
    refund = Payment.refund_wanted & ~Payment.is_disputed
    # A page that is still being opened has no id yet.
    expire = Payment.expire_wanted & Payment.stripe_session_id.is_not(None)
    query = select(Payment).where(or_(expire, refund)).order_by(Payment.settle_at, Payment.id)
    if payment_id:
        query = query.where(Payment.id == payment_id)
    else:
        query = query.where(Payment.settle_at.is_not(None) if early else Payment.settle_at <= now())
    wanted = db.session.scalars(query.limit(limit)).all()
    db.session.commit()
    return sum(_settle(payment) for payment in wanted)


def refund_payment(payment_id: str, *, force: bool = False) -> Payment:
    """Refund the payment of a single render, and take back the credit that it bought.

    A queued render is cancelled. With `force`, a running render is stopped and the video of a finished one deleted.
    Raises NotFound, and WrongState for an unpaid payment, for an invoice, and without `force` for a used credit.
    """
    with writing() as session:
        user_id = session.scalar(select(Payment.user_id).where(Payment.id == payment_id))
        _wait_for_turn(session, user_id)
        if session.get(Payment, payment_id) is None:
            raise NotFound(f"There is no payment {payment_id}.")
        payment = locked(session, payment_id)
        if payment.status != COMPLETED or payment.paid_as is None:
            sentence = "Only a completed payment for one render can be refunded here. Refund invoices in Stripe."
            raise WrongState(sentence, status=payment.status)
        withdrawn = _withdraw(session, payment_id, also_under_way=force)
        credit = session.scalar(select(Credit).where(Credit.payment_id == payment_id).with_for_update())
        if credit and credit.state not in (HELD, FROZEN, REFUNDED) and not force:
            done = "is in progress" if credit.state == RESERVED else "is finished"
            raise WrongState(f"The render that it paid for {done}.", needs_force=True)
        want(payment, refund=payment.refunded < payment.amount)
        if credit and credit.state != REFUNDED:
            # Before Stripe is asked, so that the credit cannot be used meanwhile.
            credit.state = REFUNDED
            letters.refunded(session, payment, _GIVEN_BACK)
    _tell(user_id, withdrawn)
    settle_wanted(payment_id)
    return db.session.get_one(Payment, payment_id, populate_existing=True)


def _settle(payment: Payment) -> bool:
    session_id, expire = payment.stripe_session_id, payment.expire_wanted
    # A refund waits for the bank's decision about a dispute; closing the page does not.
    refund = payment.refund_wanted and not payment.is_disputed
    try:
        if expire and session_id:
            payments().expire_checkout(session_id)
        if refund and payment.paid_as:
            payments().refund(payment.paid_as)
        if session_id:
            # The customer may have paid at the last moment.
            _agreed(payment.id, session_id)
    except Exception as error:  # noqa: BLE001  (one payment must not stop the others)
        _log.warning(
            "A request to the payment service will be retried.", exc_info=error, extra=logged(payment=payment.id)
        )
        db.session.rollback()
        _postpone(payment.id)
        return False
    with writing() as session:
        row = locked(session, payment.id)
        # Another process may have asked for something else meanwhile.
        row.expire_wanted, row.refund_wanted = row.expire_wanted and not expire, row.refund_wanted and not refund
        row.settle_tries = 0
        want(row)
    return True


def _postpone(payment_id: str) -> None:
    with writing() as session:
        row = locked(session, payment_id)
        row.settle_at = now() + timedelta(seconds=_PAUSES_S[min(row.settle_tries, len(_PAUSES_S) - 1)])
        row.settle_tries += 1


def _agreed(payment_id: str, session_id: str) -> tuple[Payment, CheckoutFacts]:
    """Ask Stripe about a payment page and write its answer."""
    payment, facts = retry_until_written(lambda: _asked(payment_id, session_id))
    if payment.user_id:
        publish(payment.user_id, PAYMENT, payment.id)
    return payment, facts


def _asked(payment_id: str, session_id: str) -> tuple[Payment, CheckoutFacts] | None:
    """Ask Stripe and write its answer; return None, with nothing written, if another writer came first."""
    version = db.session.scalars(select(Payment.version).where(Payment.id == payment_id)).one()
    db.session.commit()
    facts = payments().checkout(session_id)
    payment = _apply(payment_id, facts, version)
    return (payment, facts) if payment else None


def _apply(payment_id: str, facts: CheckoutFacts, version: int) -> Payment | None:
    job_id = withdrawn = None
    with writing() as session:
        # Lock the customer before the payment, as a submit does, or the two could deadlock.
        _wait_for_turn(session, session.scalar(select(Payment.user_id).where(Payment.id == payment_id)))
        payment = locked(session, payment_id)
        if payment.version != version:
            return None
        payment.version += 1
        if facts.paid and payment.status != COMPLETED:
            job_id = _complete(session, payment, facts)
        elif payment.status == PENDING and facts.state == "complete" and not facts.failed:
            # The bank needs days to decide. The page is closed, and another credit may be bought meanwhile.
            payment.checkout_url = payment.error = None
            payment.open_thing = None if payment.thing == RENDER else payment.open_thing
        elif payment.status == PENDING and (facts.state == "expired" or facts.failed):
            payment.status, payment.open_thing = FAILED, None
            payment.error = _why_failed(facts)
            # A later attempt may pay a subscription's invoice; its event names the invoice.
            payment.invoice_id = facts.invoice_id
        elif payment.status == PENDING:
            payment.error = f"{facts.declined} {_TRY_AGAIN}"[:_LONGEST_ERROR] if facts.declined else None
        if payment.kind == RENDER:
            withdrawn = _take_back(session, payment, facts.amount, facts.back)
    if job_id and payment.user_id:
        orders().begin(payment.user_id, job_id)
    _tell(payment.user_id, withdrawn)
    return payment


def _why_failed(facts: CheckoutFacts) -> str:
    """Return why a page was not paid, with the bank's reason if there is one."""
    if facts.state == "expired":
        return f"{facts.declined} {_EXPIRED}"[:_LONGEST_ERROR] if facts.declined else _EXPIRED
    return f"{facts.declined} {_NOTHING_CHARGED}"[:_LONGEST_ERROR] if facts.declined else _REFUSED


def _wait_for_turn(session: Session, user_id: str | None) -> None:
    if user_id:
        # The account was deleted meanwhile: the payment is refunded.
        with contextlib.suppress(NotFound):
            lock_customer(session, user_id)


def _tell(user_id: str | None, job_id: str | None) -> None:
    if user_id and job_id:
        orders().announce(user_id, job_id)


def want(payment: Payment, *, expire: bool = False, refund: bool = False) -> None:
    """Ask for a payment's page to be closed, or for a refund, in addition to earlier requests; due at once."""
    payment.expire_wanted, payment.refund_wanted = payment.expire_wanted or expire, payment.refund_wanted or refund
    payment.settle_at = now() if payment.expire_wanted or payment.refund_wanted else None


def locked(session: Session, payment_id: str) -> Payment:
    """Lock a payment's row and read it again, because it may have changed before the lock."""
    query = select(Payment).where(Payment.id == payment_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _complete(session: Session, payment: Payment, facts: CheckoutFacts) -> str | None:
    """Record that a payment is paid, and give what it buys; return the id of the render that it starts."""
    payment.status, payment.completed_at, payment.open_thing, payment.error = COMPLETED, now(), None, None
    payment.amount, payment.currency = facts.amount, facts.currency
    payment.paid_as, payment.invoice_id, payment.receipt_url = facts.paid_as, facts.invoice_id, facts.receipt_url
    if payment.kind != RENDER:
        if payment.amount:
            letters.receipt(session, payment)
        return None
    back = facts.back
    if payment.settled_by or payment.user_id is None:
        want(payment, refund=back.refunded < facts.amount)
        payment.error = "This render was paid for in another way, so we refunded this payment."
        letters.refunded(session, payment, payment.error)
        return None
    credit = Credit(user_id=payment.user_id, payment_id=payment.id)
    session.add(credit)
    session.flush()
    letters.receipt(session, payment)
    if back.disputed or back.dispute_lost or back.refunded >= facts.amount:
        return None
    return _submit(session, payment)


def _submit(session: Session, payment: Payment) -> str | None:
    """Submit the ordered render and return its id; if it is no longer possible, the customer keeps the credit."""
    if payment.render_order is None or payment.user_id is None:
        return None
    try:
        with session.begin_nested():
            payment.job_id = orders().accept(session, payment.user_id, payment.render_order, payment.id)
    except CallerError as error:
        payment.job_id, payment.error = None, error.message[:_LONGEST_ERROR]
        letters.credit_held(session, payment, error.message)
    return payment.job_id


def _take_back(session: Session, payment: Payment, amount: int, back: GivenBack) -> str | None:
    """Apply refunds and disputes to a single payment; return the id of the render that this withdraws."""
    payment.refunded, payment.is_disputed = back.refunded, back.disputed
    if back.dispute_lost:
        payment.refund_wanted, payment.error = False, TAKEN_BACK
        want(payment)
    is_gone = back.dispute_lost or 0 < amount <= back.refunded
    withdrawn = None
    if is_gone or back.disputed:
        # A running render goes on while the bank decides, because the dispute may be withdrawn.
        withdrawn = _withdraw(session, payment.id, also_under_way=is_gone)
    credit = session.scalar(select(Credit).where(Credit.payment_id == payment.id).with_for_update())
    if credit is None:
        return None
    if is_gone:
        if credit.state != REFUNDED:
            credit.state = REFUNDED
            letters.refunded(session, payment, _GIVEN_BACK)
    elif back.disputed and credit.state == HELD:
        credit.state = FROZEN
    elif not back.disputed and credit.state == FROZEN:
        credit.state = HELD
    return withdrawn


def _withdraw(session: Session, payment_id: str, *, also_under_way: bool) -> str | None:
    """Cancel the render that this payment's credit pays for, and return its id.

    With `also_under_way`, stop a running render too, and delete the video of a finished one.

    Locks the render before the credit, as the end of a render does, or the two could deadlock.
    """
    paid = and_(Credit.state == RESERVED, RenderRight.state == RESERVED)
    if also_under_way:
        paid = or_(paid, and_(Credit.state == USED, RenderRight.state == SPENT))
    query = select(RenderRight.render_id).join(Credit, RenderRight.credit_id == Credit.id)
    job_id = session.scalar(query.where(Credit.payment_id == payment_id, paid))
    if job_id:
        # Giving the right back freezes the credit if the payment's row, read there, is disputed.
        session.flush()
        orders().withdraw(session, job_id, also_under_way)
    return job_id


def give_up_unopened(limit: int = 100) -> int:
    """Fail payments whose pages were never opened, so that the same purchase can start again; return how many."""
    never_opened = (Payment.status == PENDING, Payment.stripe_session_id.is_(None))
    query = select(Payment).where(*never_opened, Payment.created_at < now() - _NEVER_OPENED)
    unopened = db.session.scalars(query.order_by(Payment.created_at, Payment.id).limit(limit)).all()
    db.session.commit()
    return sum(gave_up(payment) for payment in unopened)


def gave_up(payment: Payment, *, at_once: bool = False) -> bool:
    """Fail a payment whose page was never opened, if it is too old to open (or `at_once`); return whether it was."""
    if payment.stripe_session_id or not (at_once or payment.created_at <= now() - _NEVER_OPENED):
        return False
    with writing() as session:
        row = locked(session, payment.id)
        if row.status == PENDING and row.stripe_session_id is None:
            row.status, row.open_thing, row.expire_wanted, row.settle_at = FAILED, None, False, None
            row.error = "The payment page was never opened. Nothing was charged."
    return True
