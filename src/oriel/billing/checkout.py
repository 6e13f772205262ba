"""Opening a page on which something is paid: one page at a time for the same thing."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.billing import fulfilment
from oriel.billing.gateway import Checkout, payments
from oriel.billing.models import COMPLETED, FAILED, PENDING, RENDER, SUBSCRIPTION, PayingCustomer, Payment, PlanHolding
from oriel.billing.orders import orders
from oriel.billing.plans import CREDIT, FREE, PLANS
from oriel.errors import DuplicatePaymentSession, InvalidPaymentRequest, WrongState
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.settings import Settings

# Stripe takes half an hour at least; who comes back after lunch opens another page.
PAGE_LIFE = timedelta(hours=1)
# Asked for at once by two tabs; the third try meets no one.
_TRIES = 3


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to pay for; `order` is the render that is to follow a single payment."""

    kind: Literal["render", "subscription"]
    plan: str | None = None
    order: dict[str, Any] | None = None


def open_checkout(user: User, wanted: Wanted) -> Payment:
    """Return a payment with its page.

    Raises InvalidPaymentRequest, DuplicatePaymentSession with the page that is open, WrongState for a second
    subscription, PaymentsUnavailable, and what keeps the ordered render from being made.
    """
    gateway = payments()
    wanted = _checked(user, wanted)
    thing = _thing(wanted)
    customer_id = customer_of(user)
    for _ in range(_TRIES):
        payment = _written(user.id, wanted, thing) or _open_one(user.id, thing)
        if payment is None or fulfilment.gave_up(payment, at_once=payment.plan != wanted.plan):
            continue
        if payment.stripe_session_id:
            if _is_over(payment):
                continue
            raise DuplicatePaymentSession(
                "A payment page for this is open already.",
                checkout_url=payment.checkout_url,
                session_id=payment.stripe_session_id,
            )
        page = gateway.open_checkout(_page(payment, customer_id))
        with writing() as session:
            row = session.get_one(Payment, payment.id, with_for_update=True)
            row.stripe_session_id, row.checkout_url = page.session_id, page.url
            # Given up meanwhile, for another plan: nobody shall pay on it.
            row.expire_wanted = row.expire_wanted or row.status == FAILED
        if row.status != FAILED:
            return row
    raise WrongState("This is being paid at the moment. Please look at your payments.")


def customer_of(user: User) -> str:
    """Return a user's id at the payment service, made there where it is new."""
    known = db.session.get(PayingCustomer, user.id)
    db.session.commit()
    if known:
        return known.customer_id
    customer_id = payments().customer(user.id, user.email, user.name)
    with writing() as session:
        insert_missing(session, PayingCustomer, [{"user_id": user.id, "customer_id": customer_id}])
        return session.get_one(PayingCustomer, user.id).customer_id


def settled_otherwise(session: Session, user_id: str, order: dict[str, Any], render_id: str) -> None:
    """Note within a transaction that the same render was paid otherwise: its open page is closed, or refunded."""
    open_page = (Payment.user_id == user_id, Payment.open_thing == order_thing(order), Payment.status == PENDING)
    session.execute(update(Payment).where(*open_page).values(settled_by=render_id, expire_wanted=True))


def paid_render(session: Session, user_id: str, order: dict[str, Any]) -> str | None:
    """Return the latest render that such an order has bought, so that it is not paid once more while it is made."""
    query = select(Payment.job_id).where(Payment.user_id == user_id, Payment.thing == order_thing(order))
    return session.scalar(query.where(Payment.job_id.is_not(None)).order_by(Payment.created_at.desc()).limit(1))


def order_thing(order: dict[str, Any]) -> str:
    """Return what makes the same order the same."""
    text = json.dumps([order["upload_id"], order["settings"]], sort_keys=True)
    return f"render:{hashlib.sha256(text.encode()).hexdigest()}"


def _checked(user: User, wanted: Wanted) -> Wanted:
    if wanted.kind == SUBSCRIPTION:
        if wanted.order is not None:
            raise InvalidPaymentRequest("A subscription takes no render.", field="render")
        _refuse_plan(user, wanted.plan)
        return wanted
    if wanted.plan is not None:
        raise InvalidPaymentRequest("A single render takes no plan.", field="plan")
    order = wanted.order if wanted.order is None else orders().check(user.id, wanted.order)
    return replace(wanted, order=order)


def _thing(wanted: Wanted) -> str:
    return order_thing(wanted.order) if wanted.order else wanted.kind


def _refuse_plan(user: User, plan: str | None) -> None:
    bought = [name for name in PLANS if name != FREE.name]
    if plan not in bought:
        told = f"Please say which plan: {' or '.join(bought)}."
        raise InvalidPaymentRequest(told, field="plan", plans=bought)
    holding = db.session.get(PlanHolding, user.id)
    if holding and holding.subscription_id:
        told = "You have a subscription already. Change its plan instead: POST /api/billing/change."
        raise WrongState(told, plan=holding.plan)


def _written(user_id: str, wanted: Wanted, thing: str) -> Payment | None:
    """Write the payment down before its page is opened, or return None where one for the same thing is open."""
    price = CREDIT if wanted.kind == RENDER else PLANS[wanted.plan or ""]
    payment = Payment(
        user_id=user_id,
        kind=wanted.kind,
        plan=wanted.plan,
        amount=price.price_cents,
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


def _open_one(user_id: str, thing: str) -> Payment | None:
    return db.session.scalar(select(Payment).where(Payment.user_id == user_id, Payment.open_thing == thing))


def _is_over(payment: Payment) -> bool:
    """Tell whether a page that should have expired has: the event that says so may be late."""
    if payment.created_at + PAGE_LIFE > now():
        return False
    assert payment.stripe_session_id
    followed = fulfilment.follow_payment(payment.stripe_session_id)
    if followed and followed.status == COMPLETED:
        raise WrongState("This has been paid meanwhile. Please look at your payments.", payment=payment.id)
    return followed is None or followed.status != PENDING


def _page(payment: Payment, customer_id: str) -> Checkout:
    settings: Settings = current_app.config["ORIEL"]
    # The same each time that it is asked for: the payment service compares.
    return Checkout(
        payment_id=payment.id,
        customer_id=customer_id,
        product=payment.plan or RENDER,
        success_url=f"{settings.base_url}/payment/done?session_id={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{settings.base_url}/payment/left?payment={payment.id}",
        expires_at=payment.created_at + PAGE_LIFE,
    )
