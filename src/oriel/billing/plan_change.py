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
_OUTDATED = "This preview is no longer valid. Please look at a new one: POST /api/billing/change/preview."


@dataclass(frozen=True)
class Preview:
    """What a change costs and when the plan begins; `token` is what the change asks for, until `expires_at`."""

    plan: str
    starts_at: datetime
    quote: Quote
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class _Change:
    """A change that is allowed, priced at the moment `at`."""

    subscription: SubscriptionFacts
    plan: str
    present: str
    at: datetime

    @property
    def is_upgrade(self) -> bool:
        return _ORDER.index(self.plan) > _ORDER.index(self.present)

    @property
    def starts_at(self) -> datetime:
        """When the plan begins: at once, except for a downgrade."""
        is_lower = _ORDER.index(self.plan) < _ORDER.index(self.present)
        return self.subscription.period_end if is_lower else self.at

    def quote(self) -> Quote:
        """Ask for the price."""
        subscription_id = self.subscription.subscription_id
        if self.is_upgrade:
            return payments().quote_upgrade(subscription_id, self.plan, self.at)
        return payments().quote_change_at_period_end(subscription_id, self.plan)

    def make(self) -> None:
        """Make it; raise CardDeclined, which changes nothing."""
        subscription_id = self.subscription.subscription_id
        if self.is_upgrade:
            payments().upgrade(subscription_id, self.plan, self.at)
            return
        kept = None if self.plan == self.present else self.present
        payments().change_at_period_end(subscription_id, self.plan, kept_plan=kept)


def preview_change(user_id: str, plan: str) -> Preview:
    """Return what a change to this plan costs and when it begins; nothing changes.

    Raises CallerError for a plan that there is not, and WrongState without a subscription, for one that is to end, and
    while a bill is open.
    """
    subscription_id = _subscription(user_id, plan)
    with sync_after(subscription_id):
        facts = payments().subscription(subscription_id)
        # Whole seconds, as Stripe counts; our clock may be behind that of the service.
        at = max(int(now().timestamp()), math.ceil(facts.period_start.timestamp()))
        change = _allowed(user_id, facts, plan, at)
        quote = change.quote()
    expires_at = now() + PREVIEW_LIFE
    body = {"user": user_id, "plan": plan, "at": at, "until": expires_at.timestamp(), "of": _digest(facts, quote)}
    return Preview(plan, change.starts_at, quote, _signer().dumps(body), expires_at)


def change_plan(user_id: str, plan: str, token: str) -> None:
    """Make the change that was previewed: to a higher plan at once, to a lower one when the period ends.

    Raises what `preview_change` raises, InvalidToken, PreviewOutdated where the price or the subscription is another
    one now, and CardDeclined, which changes nothing.
    """
    subscription_id = _subscription(user_id, plan)
    seen = _read(token, user_id, plan)
    with sync_after(subscription_id):
        facts = payments().subscription(subscription_id)
        change = _allowed(user_id, facts, plan, seen["at"])
        if not facts.period_start <= change.at < facts.period_end or seen["of"] != _digest(facts, change.quote()):
            raise PreviewOutdated(_OUTDATED)
        change.make()


def _subscription(user_id: str, plan: str) -> str:
    """Return the subscription of a customer who may ask for this plan; raise CallerError and WrongState."""
    if plan not in PAID_PLANS:
        sentence = "Choose Pro or Enterprise. To go back to Free, cancel your subscription."
        raise CallerError(sentence, plan=plan, plans=list(PAID_PLANS))
    return subscription_id_of(user_id)


def _allowed(user_id: str, facts: SubscriptionFacts, plan: str, at: int) -> _Change:
    # A subscription with a special price has no plan of ours there; the customer's row has one.
    present = facts.present_plan or plan_of(user_id).name
    db.session.commit()
    if facts.state not in ("live", "past_due"):
        raise WrongState("This subscription has ended.", plan=plan)
    if plan == (facts.pending_plan or present) and not facts.ends_at:
        raise WrongState(f"You are already on {PLANS[plan].title}, or changing to it.", plan=plan)
    if facts.state == "past_due":
        # The rest of a month that was not paid would be taken off a higher price, or be kept as if it was paid.
        raise WrongState("Please pay your open invoice before you change the plan.", plan=plan)
    if facts.ends_at:
        sentence = f"Your subscription ends on {day(facts.ends_at)}. Resume it before you change the plan."
        raise WrongState(sentence, plan=plan)
    return _Change(facts, plan, present, datetime.fromtimestamp(at, UTC))


def _read(token: str, user_id: str, plan: str) -> dict[str, Any]:
    try:
        body: dict[str, Any] = _signer().loads(token)
    except BadSignature as error:
        raise InvalidToken("This preview token is not valid. Get one from POST /api/billing/change/preview.") from error
    if (body["user"], body["plan"]) != (user_id, plan):
        raise InvalidToken("This token belongs to the preview of another change.")
    if body["until"] < now().timestamp():
        raise PreviewOutdated(_OUTDATED)
    return body


def _digest(facts: SubscriptionFacts, quote: Quote) -> str:
    """Return what is another text as soon as the subscription or the price is another one."""
    # When the next bill comes is a month from now, whenever that is.
    seen = repr((facts, quote.amount_now, quote.credit, quote.next_amount, quote.currency))
    return hashlib.sha256(seen.encode()).hexdigest()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="oriel.plan-change")
