"""Payment emails; each enters the outbox in the commit that causes it."""

import logging
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from oriel import mails
from oriel.accounts.models import User
from oriel.accounts.notifications import is_wanted, unsubscribe_link
from oriel.billing.current_plan import PlanPeriod
from oriel.billing.gateway import Invoice
from oriel.billing.models import PLAN_CHANGE, RENDER, Payment, PlanHolding
from oriel.billing.plans import FREE, PLANS, Plan
from oriel.errors import InvalidEmail
from oriel.infra.logs import facts
from oriel.infra.mail import outbox
from oriel.mails.wording import day, money, size
from oriel.settings import Settings

_UHD = 2160
_LIMIT_NEAR = "limit_near"

_log = logging.getLogger("oriel.letters")


def receipt(session: Session, payment: Payment) -> None:
    """Confirm a payment."""
    if user := _user(session, payment.user_id):
        assert payment.completed_at
        letter = mails.receipt(
            user.name,
            what_of(payment),
            payment.amount,
            payment.currency,
            payment.completed_at,
            payment.id,
            payment.receipt_url,
            _billing(),
        )
        _send(session, user, letter, "receipt", payment.id)


def refunded(session: Session, payment: Payment, why: str) -> None:
    """Tell a customer that a payment is refunded; `why` is a sentence."""
    if user := _user(session, payment.user_id):
        letter = mails.payment_refunded(user.name, what_of(payment), payment.amount, payment.currency, why)
        _send(session, user, letter, "payment_refunded", payment.id)


def credit_held(session: Session, payment: Payment, reason: str) -> None:
    """Tell a customer that the paid render could not start, and that the credit is kept."""
    if user := _user(session, payment.user_id):
        _send(session, user, mails.credit_held(user.name, reason, _studio()), "credit_held", payment.id)


def payment_failed(session: Session, user_id: str, plan: str, invoice: Invoice) -> None:
    """Tell a customer that a renewal was not paid, once for each attempt."""
    if user := _user(session, user_id):
        letter = mails.payment_failed(
            user.name,
            PLANS[plan].title,
            invoice.amount,
            invoice.currency,
            invoice.next_try_at,
            invoice.page_url,
            _billing(),
        )
        _send(session, user, letter, "payment_failed", f"{invoice.id}-{invoice.tries}")


def plan_moved(session: Session, holding: PlanHolding, before: tuple[str, str | None, datetime | None]) -> None:
    """Tell a customer about a plan change, whether it holds now or later; `before` is plan, pending plan and end."""
    user = _user(session, holding.user_id)
    if user is None:
        return
    old, was_pending, was_ending = before
    stamp = _stamp(holding)
    if holding.plan != old:
        letter = mails.plan_changed(
            user.name,
            PLANS[old].title,
            PLANS[holding.plan].title,
            differences(PLANS[old], PLANS[holding.plan]),
            _billing(),
            price=_price(PLANS[holding.plan]),
            free_until=holding.trial_until,
        )
        _send(session, user, letter, "plan_changed", f"{old}-{holding.plan}-{stamp}")
    ends_at, pending = holding.ends_at, holding.pending_plan
    if holding.plan == old and (was_ending or was_pending) and not (ends_at or pending):
        _send(session, user, mails.plan_stays(user.name, PLANS[old].title, _billing()), "plan_stays", stamp)
    if ends_at and ends_at != was_ending:
        _send_coming_change(session, user, holding, FREE.name, ends_at)
    elif pending and holding.period_end and not ends_at and (was_ending or pending != was_pending):
        _send_coming_change(session, user, holding, pending, holding.period_end)


def _send_coming_change(session: Session, user: User, holding: PlanHolding, coming: str, on: datetime) -> None:
    is_renewed = holding.period_end is not None and holding.period_end < on
    letter = mails.plan_will_change(
        user.name,
        PLANS[holding.plan].title,
        PLANS[coming].title,
        on,
        _billing(),
        price=_price(PLANS[coming]),
        renewed_on=holding.period_end if is_renewed else None,
    )
    _send(session, user, letter, "plan_will_change", f"{coming}-{_stamp(holding)}")


def _stamp(holding: PlanHolding) -> str:
    return holding.changed_at.isoformat() if holding.changed_at else ""


def what_of(payment: Payment) -> str:
    """Return the name of the purchase for a receipt, such as "Pro, one month"."""
    if payment.kind == RENDER:
        return "One render"
    title = PLANS[payment.plan or FREE.name].title
    if payment.trial_days:
        return f"{title}, {payment.trial_days} days free"
    return f"Change to {title}" if payment.thing == PLAN_CHANGE else f"{title}, one month"


def differences(old: Plan, new: Plan) -> list[str]:
    """Return the differences between two plans, such as "50 renders a month instead of 5"."""
    changes = [f"{_count(new.renders)} renders a month instead of {_count(old.renders)}"]
    if old.largest_frame != new.largest_frame:
        changes.append(f"videos of up to {_frame(new)} instead of {_frame(old)}")
    if old.frame_rates != new.frame_rates:
        changes.append(f"up to {max(new.frame_rates)} frames a second instead of {max(old.frame_rates)}")
    if old.formats != new.formats:
        changes.append(f"{_formats(new)} instead of {_formats(old)}")
    if old.watermark != new.watermark:
        changes.append("videos with our watermark" if new.watermark else "videos without our watermark")
    if old.song_seconds != new.song_seconds:
        changes.append(f"songs of up to {new.song_seconds / 60:.0f} minutes instead of {old.song_seconds / 60:.0f}")
    if old.song_bytes != new.song_bytes:
        changes.append(f"song files of up to {_megabytes(new)} instead of {_megabytes(old)}")
    if old.at_once != new.at_once:
        changes.append(f"{new.at_once} renders at the same time instead of {old.at_once}")
    if old.kept_for != new.kept_for:
        changes.append(f"videos kept for {new.kept_for.days} days instead of {old.kept_for.days}")
    if old.storage_bytes != new.storage_bytes:
        changes.append(f"{_storage(new)} of storage instead of {_storage(old)}")
    return changes


def _count(renders: int | None) -> str:
    return "unlimited" if renders is None else str(renders)


def _frame(plan: Plan) -> str:
    return "4K" if plan.largest_frame == _UHD else f"{plan.largest_frame}p"


def _formats(plan: Plan) -> str:
    *first, last = (name.upper().replace("WEBM", "WebM") for name in plan.formats)
    return f"{', '.join(first)} and {last}" if first else last


def _megabytes(plan: Plan) -> str:
    return f"{plan.song_bytes / 1_000_000:.0f} MB"


def renders_nearly_used(session: Session, user_id: str, current: PlanPeriod, used: int) -> None:
    """Warn a customer, once a period, who has used most of its renders."""
    limit = current.plan.renders or 1
    until = f" until {day(current.ends_at)}" if current.ends_at else ""
    advice = (
        f"{max(limit - used, 0)} left{until}. A larger plan has more, and a single render can be bought at any time."
    )
    _warn(
        session,
        user_id,
        "your renders",
        used / limit,
        f"{used} of {limit} renders",
        advice,
        f"renders:{current.period}",
    )


def storage_nearly_full(session: Session, user_id: str, plan: Plan, used_bytes: int, *, month: str) -> None:
    """Warn a customer, once a month, whose storage is nearly full."""
    limit = plan.storage_bytes or 1
    advice = (
        "When it is full, we cannot take new songs or renders. Delete videos or projects you no longer need."
        " Deleted projects count for 30 days, unless you delete them for good under “Deleted” in My videos."
    )
    figures = f"{size(used_bytes)} of {_storage(plan)}"
    _warn(session, user_id, "your storage", used_bytes / limit, figures, advice, f"storage:{month}")


def _warn(session: Session, user_id: str, limit: str, part: float, figures: str, advice: str, subject_key: str) -> None:
    user = _user(session, user_id)
    if user is None or not is_wanted(session, user_id, _LIMIT_NEAR):
        return
    ends = unsubscribe_link(user_id, _LIMIT_NEAR)
    used = f"{min(int(100 * part), 100)}%"
    letter = mails.limit_near(user.name, limit, used, figures, advice, _billing(), unsubscribe=ends)
    _send(session, user, letter, _LIMIT_NEAR, subject_key)


def _price(plan: Plan) -> str:
    return f"{money(plan.price_cents, 'usd')} a month"


def _storage(plan: Plan) -> str:
    return size(plan.storage_bytes or 0)


def _user(session: Session, user_id: str | None) -> User | None:
    return session.get(User, user_id) if user_id else None


def _studio() -> str:
    return f"{_base()}/studio"


def _billing() -> str:
    return f"{_base()}/billing"


def _base() -> str:
    settings: Settings = current_app.config["ORIEL"]
    return settings.base_url


def _send(session: Session, user: User, letter: mails.Letter, kind: str, subject_key: str) -> None:
    try:
        outbox.enqueue(session, letter, to=user.email, user_id=user.id, kind=kind, subject_key=subject_key)
    except InvalidEmail:
        # The payment counts all the same; the customer finds it in the history.
        _log.warning("An email has no recipient.", extra=facts(kind=kind, subject=subject_key))
