"""Letters about money; amounts in the currency's smallest unit, with the currency's three letters."""

from datetime import datetime

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import date, day, full_date, greeting, money, short

_FREE = "Free"


def receipt(
    name: str,
    what: str,
    amount: int,
    currency: str,
    paid_at: datetime,
    number: str,
    receipt_url: str | None,
    billing_url: str,
) -> Letter:
    """Confirm a payment, such as for "One render", and show the payment service's receipt if it has one.

    `number`: the payment's number, for the customer to quote.
    """
    return compose(
        "receipt",
        f"Your receipt: {what}",
        greeting=greeting(name),
        what=what,
        paid=money(amount, currency),
        paid_at=full_date(paid_at),
        number=number,
        receipt_url=receipt_url,
        link=billing_url,
    )


def payment_failed(
    name: str,
    plan_title: str,
    amount: int,
    currency: str,
    next_try_at: datetime | None,
    pay_url: str | None,
    billing_url: str,
) -> Letter:
    """Tell a customer about an unpaid renewal: the next attempt (None after the last one), and how to pay."""
    return compose(
        "payment_failed",
        f"We could not renew your {plan_title} plan",
        greeting=greeting(name),
        plan=plan_title,
        due=money(amount, currency),
        next_try=date(next_try_at) if next_try_at else None,
        can_pay=pay_url is not None,
        link=pay_url or billing_url,
        billing_link=billing_url,
    )


def plan_changed(
    name: str,
    old_title: str,
    new_title: str,
    changes: list[str],
    billing_url: str,
    *,
    price: str,
    free_until: datetime | None = None,
) -> Letter:
    """Tell a customer about a new plan, and its price after a trial.

    `changes`: such as "50 renders a month instead of 5"; `price`: such as "$9.99 a month".
    """
    return compose(
        "plan_changed",
        f"You are now on {new_title}",
        greeting=greeting(name),
        old=old_title,
        new=new_title,
        is_free=new_title == _FREE,
        price=price,
        free_until=day(free_until) if free_until else None,
        changes=[change[:1].upper() + change[1:] for change in changes],
        link=billing_url,
    )


def plan_will_change(
    name: str,
    old_title: str,
    new_title: str,
    on: datetime,
    billing_url: str,
    *,
    price: str,
    renewed_on: datetime | None = None,
) -> Letter:
    """Tell a customer which plan will start when, and its price, such as "$9.99 a month".

    `renewed_on`: the next charge of the current plan, if it comes before.
    """
    return compose(
        "plan_will_change",
        f"Your plan changes to {new_title} on {day(on)}",
        greeting=greeting(name),
        old=old_title,
        new=new_title,
        is_free=new_title == _FREE,
        price=price,
        on=date(on),
        on_day=day(on),
        renewed_on=day(renewed_on) if renewed_on else None,
        link=billing_url,
    )


def plan_stays(name: str, title: str, billing_url: str) -> Letter:
    """Tell a customer that a planned change was withdrawn."""
    return compose("plan_stays", f"You keep {title}", greeting=greeting(name), plan=title, link=billing_url)


def payment_refunded(name: str, what: str, amount: int, currency: str, why: str) -> Letter:
    """Tell a customer about a refund; `why` is a sentence."""
    given_back = money(amount, currency)
    return compose(
        "payment_refunded",
        f"We refunded {given_back}",
        greeting=greeting(name),
        what=what,
        amount=given_back,
        why=why,
    )


def credit_held(name: str, reason: str, next_url: str) -> Letter:
    """Tell a customer that the paid render could not start (`reason`: a sentence), and that the credit is kept."""
    subject = "We could not start the render you paid for"
    return compose("credit_held", subject, greeting=greeting(name), reason=reason, link=next_url)


def credit_returned(name: str, title: str, reason: str, kept: str, action: str, next_url: str) -> Letter:
    """Tell a customer why a paid single video could not be made (a sentence), and that the credit is back.

    `kept` and `action` as in `render_failed`.
    """
    return compose(
        "credit_returned",
        f"We could not make your video, and your credit is back: {short(title)}",
        greeting=greeting(name),
        title=short(title),
        reason=reason,
        kept=kept,
        action=action,
        link=next_url,
    )


def limit_near(
    name: str, limit: str, used: str, figures: str, advice: str, link: str, *, unsubscribe: str = ""
) -> Letter:
    """Warn a customer who has used 80 % of a limit.

    `limit`: such as "your renders"; `used`: such as "80%"; `figures`: such as "4 of 5 renders"; `advice`: a sentence
    about what happens next.
    """
    return compose(
        "limit_near",
        f"You have used {used} of {limit}",
        unsubscribe=unsubscribe,
        greeting=greeting(name),
        limit=limit,
        used=used,
        figures=figures,
        advice=advice,
        link=link,
    )
