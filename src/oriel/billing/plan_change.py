"""Plan changes: first a preview with its price, then the previewed change."""

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from oriel.billing.current_plan import plan_of
from oriel.billing.gateway import Quote, SubscriptionFacts, payments
from oriel.billing.plans import PAID_PLANS, PLANS
from oriel.billing.subscription_sync import subscription_id_of, sync_after
from oriel.errors import CallerError, InvalidToken, PreviewOutdated, WrongState
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.mails.wording import day

PREVIEW_LIFE = timedelta(minutes=10)

_ORDER = list(PLANS)
_OUTDATED = "The price of this change may be different now. Please look at it again before you confirm."
# For programs, beside sentences that customers read.
_PREVIEW_CALL = "POST /api/billing/change/preview"


@dataclass(frozen=True)
class Preview:
    """A change's cost and start; `change_plan` requires the `token`, which is valid until `expires_at`."""

    plan: str
    starts_at: datetime
    quote: Quote
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class _Change:
    """An allowed change, priced at the time `at`."""

    subscription: SubscriptionFacts
    plan: str
    present: str
    at: datetime

    @property
    def is_upgrade(self) -> bool:
        return _ORDER.index(self.plan) > _ORDER.index(self.present)

    @property
    def starts_at(self) -> datetime:
        """When the plan starts: now, or for a downgrade with the next period."""
        is_lower = _ORDER.index(self.plan) < _ORDER.index(self.present)
        return self.subscription.period_end if is_lower else self.at

    def quote(self) -> Quote:
        """Ask the payment service for the price."""
        subscription_id = self.subscription.subscription_id
        if self.is_upgrade:
            return payments().quote_upgrade(subscription_id, self.plan, self.at)
        return payments().quote_change_at_period_end(subscription_id, self.plan)

    def make(self) -> None:
        """Make the change; raise CardDeclined, and change nothing, if the card is declined."""
        subscription_id = self.subscription.subscription_id
        if self.is_upgrade:
            payments().upgrade(subscription_id, self.plan, self.at)
            return
        kept = None if self.plan == self.present else self.present
        payments().change_at_period_end(subscription_id, self.plan, kept_plan=kept)


def preview_change(user_id: str, plan: str) -> Preview:
    """Return what a change to this plan costs and when it starts; nothing changes.

    Raises CallerError for an unknown plan, and WrongState without a subscription, after its cancellation, and while an
    invoice is open.
    """
    subscription_id = _subscription(user_id, plan)
    with sync_after(subscription_id):
        facts = payments().subscription(subscription_id)
        # In whole seconds, as Stripe counts; our clock may be behind Stripe's.
        at = max(int(now().timestamp()), math.ceil(facts.period_start.timestamp()))
        change = _allowed(user_id, facts, plan, at)
        quote = change.quote()
    expires_at = now() + PREVIEW_LIFE
    body = {"user": user_id, "plan": plan, "at": at, "until": expires_at.timestamp(), "of": _digest(facts, quote)}
    return Preview(plan, change.starts_at, quote, _signer().dumps(body), expires_at)


def change_plan(user_id: str, plan: str, token: str) -> None:
    """Make the previewed change: an upgrade at once, a downgrade when the period ends.

    Raises the errors of `preview_change`, InvalidToken, PreviewOutdated if the price or the subscription has changed,
    and CardDeclined, after which nothing has changed.
    """
    subscription_id = _subscription(user_id, plan)
    seen = _read(token, user_id, plan)
    with sync_after(subscription_id):
        facts = payments().subscription(subscription_id)
        change = _allowed(user_id, facts, plan, seen["at"])
        if not facts.period_start <= change.at < facts.period_end or seen["of"] != _digest(facts, change.quote()):
            raise PreviewOutdated(_OUTDATED, call=_PREVIEW_CALL)
        change.make()


def _subscription(user_id: str, plan: str) -> str:
    """Return the id of the customer's subscription; raise CallerError for an unknown plan, WrongState without one."""
    if plan not in PAID_PLANS:
        sentence = "Choose Pro or Enterprise. To go back to Free, cancel your subscription."
        raise CallerError(sentence, plan=plan, plans=list(PAID_PLANS))
    return subscription_id_of(user_id)


def _allowed(user_id: str, facts: SubscriptionFacts, plan: str, at: int) -> _Change:
    # A subscription with a special price has no plan at Stripe; the customer's row has one.
    present = facts.present_plan or plan_of(user_id).name
    db.session.commit()
    if facts.state not in ("live", "past_due"):
        raise WrongState("This subscription has ended.", plan=plan)
    if plan == (facts.pending_plan or present) and not facts.ends_at:
        raise WrongState(f"You are already on {PLANS[plan].title}, or changing to it.", plan=plan)
    if facts.state == "past_due":
        # Otherwise the rest of an unpaid month would be deducted from the new price, or kept as if it were paid.
        raise WrongState("Please pay your open invoice before you change the plan.", plan=plan)
    if facts.ends_at:
        sentence = f"Your subscription ends on {day(facts.ends_at)}. Resume it before you change the plan."
        raise WrongState(sentence, plan=plan)
    return _Change(facts, plan, present, datetime.fromtimestamp(at, UTC))


def _read(token: str, user_id: str, plan: str) -> dict[str, Any]:
    try:
        body: dict[str, Any] = _signer().loads(token)
    except BadSignature as error:
        sentence = "This price is not valid. Please look at it again before you confirm."
        raise InvalidToken(sentence, call=_PREVIEW_CALL) from error
    if (body["user"], body["plan"]) != (user_id, plan):
        raise InvalidToken("This token belongs to the preview of another change.")
    if body["until"] < now().timestamp():
        raise PreviewOutdated(_OUTDATED, call=_PREVIEW_CALL)
    return body


def _digest(facts: SubscriptionFacts, quote: Quote) -> str:
    """Return a digest that changes with the subscription and with the price."""
    # `next_at` is left out: after an upgrade it is a month from now, so it changes by itself.
    seen = repr((facts, quote.amount_now, quote.credit, quote.next_amount, quote.currency))
    return hashlib.sha256(seen.encode()).hexdigest()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="oriel.plan-change")
