"""Opens payment pages: one at a time for the same purchase."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal, TypeVar

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.billing import fulfilment
from oriel.billing.gateway import Checkout, CustomerGone, OpenCheckout, payments
from oriel.billing.models import COMPLETED, FAILED, PENDING, RENDER, SUBSCRIPTION, PayingCustomer, Payment, PlanHolding
from oriel.billing.orders import orders
from oriel.billing.plans import CREDIT, PAID_PLANS, PLANS
from oriel.errors import DuplicatePaymentSession, InvalidPaymentRequest, WrongState
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.settings import Settings

# Stripe's minimum is half an hour.
PAGE_LIFE = timedelta(hours=1)
# Two tabs may open a page at the same time; the third try has no rival.
_TRIES = 3

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Wanted:
    """A purchase; `order` is the render to submit once a single render is paid."""

    kind: Literal["render", "subscription"]
    plan: str | None = None
    order: dict[str, Any] | None = None


def open_checkout(user: User, wanted: Wanted) -> Payment:
    """Open a payment page and return its payment.

    Raises InvalidPaymentRequest, DuplicatePaymentSession with the page that is already open, WrongState if it is paid
    or in progress, PaymentsUnavailable, and the errors of a submit for an order that cannot be rendered.
    """
    payments()
    wanted = _checked(user, wanted)
    thing = _thing(wanted)
    for _ in range(_TRIES):
        payment = _written(user.id, wanted, thing) or _open_one(user.id, thing)
        if payment is None or fulfilment.gave_up(payment, at_once=payment.plan != wanted.plan):
            continue
        if payment.stripe_session_id:
            if _is_over(payment, wanted):
                continue
            if payment.checkout_url is None:
                sentence = "You have paid for this. Your bank is processing the payment, which can take a few days."
                raise WrongState(sentence, payment=payment.id)
            raise DuplicatePaymentSession(
                "You already have an open payment page for this.",
                checkout_url=payment.checkout_url,
                session_id=payment.stripe_session_id,
            )
        page = _opened(user, payment)
        with writing() as session:
            row = fulfilment.locked(session, payment.id)
            row.stripe_session_id, row.checkout_url = page.session_id, page.url
            # Another request has replaced it by a page for another plan meanwhile.
            fulfilment.want(row, expire=row.status == FAILED)
        if row.status != FAILED:
            return row
    raise WrongState("This payment is in progress. Please check your payments.")


def open_portal(user: User, return_url: str) -> str:
    """Return the address of the payment service's own page for cards and bills."""
    return _for_customer(user, lambda customer_id: payments().portal(customer_id, return_url))


def _opened(user: User, payment: Payment) -> OpenCheckout:
    return _for_customer(user, lambda customer_id: payments().open_checkout(_page(payment, customer_id)))


def _for_customer(user: User, ask: Callable[[str], Answer]) -> Answer:
    """Call `ask` with the user's customer id at Stripe; create the customer if it is new or was deleted there."""
    known = db.session.get(PayingCustomer, user.id)
    db.session.commit()
    customer_id = known.customer_id if known else _made(user)
    try:
        return ask(customer_id)
    except CustomerGone:
        return ask(_made(user, instead_of=customer_id))


def _made(user: User, *, instead_of: str | None = None) -> str:
    customer_id = payments().customer(user.id, user.email, user.name, instead_of=instead_of)
    with writing() as session:
        insert_missing(session, PayingCustomer, [{"user_id": user.id, "customer_id": customer_id}])
        row = session.get_one(PayingCustomer, user.id, with_for_update=True, populate_existing=True)
        if row.customer_id == instead_of:
            row.customer_id = customer_id
        return row.customer_id


def settled_otherwise(session: Session, user_id: str, order: dict[str, Any], render_id: str) -> None:
    """Record, in this transaction, that a render was paid another way: its open page is closed, or refunded."""
    open_page = (Payment.user_id == user_id, Payment.open_thing == order_thing(order), Payment.status == PENDING)
    session.execute(update(Payment).where(*open_page).values(settled_by=render_id, expire_wanted=True, settle_at=now()))


def paid_render(session: Session, user_id: str, order: dict[str, Any]) -> str | None:
    """Return the id of the latest render that the same order has bought, so that it is not sold twice."""
    query = select(Payment.job_id).where(Payment.user_id == user_id, Payment.thing == order_thing(order))
    return session.scalar(query.where(Payment.job_id.is_not(None)).order_by(Payment.created_at.desc()).limit(1))


def order_thing(order: dict[str, Any]) -> str:
    """Return a key that is equal for equal orders."""
    text = json.dumps([order["upload_id"], order["settings"]], sort_keys=True)
    return f"render:{hashlib.sha256(text.encode()).hexdigest()}"


def _checked(user: User, wanted: Wanted) -> Wanted:
    if wanted.kind == SUBSCRIPTION:
        if wanted.order is not None:
            raise InvalidPaymentRequest("Leave “render” out when you pay for a subscription.", field="render")
        _refuse_plan(user, wanted.plan)
        return wanted
    if wanted.plan is not None:
        raise InvalidPaymentRequest("Leave “plan” out when you pay for a single render.", field="plan")
    order = wanted.order if wanted.order is None else orders().check(user.id, wanted.order)
    return replace(wanted, order=order)


def _thing(wanted: Wanted) -> str:
    return order_thing(wanted.order) if wanted.order else wanted.kind


def _refuse_plan(user: User, plan: str | None) -> None:
    if plan not in PAID_PLANS:
        sentence = f"Choose a plan: {' or '.join(PAID_PLANS)}."
        raise InvalidPaymentRequest(sentence, field="plan", plans=list(PAID_PLANS))
    holding = db.session.get(PlanHolding, user.id)
    if holding and holding.subscription_id:
        sentence = "You already have a subscription. Change its plan under “Plan and billing”."
        raise WrongState(sentence, plan=holding.plan, call="POST /api/billing/change")


def _written(user_id: str, wanted: Wanted, thing: str) -> Payment | None:
    """Save a payment before its page is opened; return None if a page for the same purchase is open."""
    price = CREDIT if wanted.kind == RENDER else PLANS[wanted.plan or ""]
    trial_days = _trial_days(user_id) if wanted.kind == SUBSCRIPTION else 0
    payment = Payment(
        user_id=user_id,
        kind=wanted.kind,
        plan=wanted.plan,
        trial_days=trial_days,
        amount=0 if trial_days else price.price_cents,
        thing=thing,
        open_thing=thing,
        render_order=wanted.order,
    )
    try:
        with writing() as session:
            session.add(payment)
    except IntegrityError:
        return None
    return payment


def _trial_days(user_id: str) -> int:
    """Return the free days of a new subscription: TRIAL_DAYS for a customer's first one, otherwise 0."""
    settings: Settings = current_app.config["ORIEL"]
    bought = (Payment.user_id == user_id, Payment.kind == SUBSCRIPTION, Payment.status == COMPLETED)
    known = settings.trial_days and db.session.scalar(select(Payment.id).where(*bought).limit(1))
    db.session.commit()
    return 0 if known else settings.trial_days


def _open_one(user_id: str, thing: str) -> Payment | None:
    payment = db.session.scalar(select(Payment).where(Payment.user_id == user_id, Payment.open_thing == thing))
    db.session.commit()
    return payment


def _is_over(payment: Payment, wanted: Wanted) -> bool:
    """Return whether a page can no longer be paid; close it if it is for another plan.

    Ask Stripe about a page that should have expired, because its event may be late.
    """
    assert payment.stripe_session_id
    if payment.plan != wanted.plan:
        payments().expire_checkout(payment.stripe_session_id)
    elif payment.created_at + PAGE_LIFE > now():
        return False
    synced = fulfilment.sync_payment(payment.stripe_session_id)
    if synced and synced.status == COMPLETED:
        raise WrongState("This has already been paid. Please check your payments.", payment=payment.id)
    return synced is None or synced.status != PENDING


def _page(payment: Payment, customer_id: str) -> Checkout:
    settings: Settings = current_app.config["ORIEL"]
    # Equal in every call: with an idempotency key, Stripe refuses other parameters.
    return Checkout(
        payment_id=payment.id,
        customer_id=customer_id,
        product=payment.plan or RENDER,
        success_url=f"{settings.base_url}/payment/done?session_id={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{settings.base_url}/payment/left?payment={payment.id}",
        expires_at=payment.created_at + PAGE_LIFE,
        trial_days=payment.trial_days,
    )
