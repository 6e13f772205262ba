"""`oriel billing selftest`: the production gateway against a Stripe account in test mode, with Stripe's test cards."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import stripe
from stripe import StripeClient

from oriel.billing.gateway import Checkout
from oriel.billing.plans import CREDIT, ENTERPRISE, PRO
from oriel.billing.stripe_gateway import StripeGateway
from oriel.errors import AppError, CallerError, CardDeclined
from oriel.infra.clock import now

_VISA = "pm_card_visa"
_DECLINED = "pm_card_chargeCustomerFail"


@dataclass(frozen=True)
class Step:
    """Something that was tried, and what went wrong with it, if anything."""

    name: str
    problem: str | None


def refuse_live_key(key: str) -> None:
    """Raise CallerError for a key with which real money would move."""
    if not key.startswith(("sk_test_", "rk_test_")):
        raise CallerError("The self-test makes payments: it takes a key of Stripe's test mode only (sk_test_…).")


def run_selftest(client: StripeClient, gateway: StripeGateway, prices: dict[str, str]) -> Iterator[Step]:
    """Yield each step as it ends; a step that fails does not keep the others from running, where they can."""
    test = _Selftest(client, gateway, prices)
    for name, do in test.steps():
        try:
            do()
        except (AppError, stripe.StripeError, AssertionError, LookupError) as error:
            yield Step(name, str(error) or type(error).__name__)
        else:
            yield Step(name, None)


class _Selftest:
    def __init__(self, client: StripeClient, gateway: StripeGateway, prices: dict[str, str]) -> None:
        self._client = client.v1
        self._gateway = gateway
        self._prices = prices
        self._run = secrets.token_hex(6)
        self._customer = ""
        self._subscription = ""

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """Return what is tried, in order."""
        return [
            ("the prices are those of the plans", self._check_prices),
            ("a customer is made, once", self._make_customer),
            ("a page for one render opens, twice the same, and closes", lambda: self._open("render")),
            ("a page for a subscription opens and closes", lambda: self._open("pro")),
            ("a payment is given back, and only once", self._refund),
            ("a subscription is followed", self._subscribe),
            ("an upgrade is billed at once", self._upgrade),
            ("a declined card changes nothing", self._decline),
            ("a downgrade waits for the period's end", self._downgrade),
            ("an end is ordered and taken back", self._cancel),
            ("the portal opens", self._portal),
            ("bills are listed", self._invoices),
            ("a subscription is ended and paid back", self._end),
            ("events are listed", lambda: _check(self._gateway.events_since(now() - timedelta(hours=1)), "none")),
        ]

    def _check_prices(self) -> None:
        for name, plan in (("pro", PRO), ("enterprise", ENTERPRISE), ("render", CREDIT)):
            price = self._client.prices.retrieve(self._prices[name])
            _check(price.unit_amount == plan.price_cents, f"{name} costs {price.unit_amount} cents")
            _check(bool(price.recurring) == (name != "render"), f"{name} has another kind of price")

    def _make_customer(self) -> None:
        user_id = f"selftest-{self._run}"
        self._customer = self._gateway.customer(user_id, f"{user_id}@example.com", "Self-test")
        again = self._gateway.customer(user_id, f"{user_id}@example.com", "Self-test")
        _check(again == self._customer, "two customers were made")

    def _open(self, product: str) -> None:
        page = Checkout(
            payment_id=f"selftest-{self._run}-{product}",
            customer_id=self._customer,
            product=product,
            success_url="https://example.com/done?session_id={CHECKOUT_SESSION_ID}",
            cancel_url="https://example.com/left",
            expires_at=now() + timedelta(hours=1),
        )
        opened, again = self._gateway.open_checkout(page), self._gateway.open_checkout(page)
        _check(opened == again, "two pages were opened")
        _check(self._gateway.checkout(opened.session_id).state == "open", "the page is not open")
        self._gateway.expire_checkout(opened.session_id)
        self._gateway.expire_checkout(opened.session_id)
        _check(self._gateway.checkout(opened.session_id).state == "expired", "the page did not close")

    def _refund(self) -> None:
        paid = {
            "amount": CREDIT.price_cents,
            "currency": "usd",
            "customer": self._customer,
            "payment_method": _VISA,
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
        intent = self._client.payment_intents.create(cast("Any", paid))
        self._gateway.refund(intent.id)
        self._gateway.refund(intent.id)
        refunds = self._client.refunds.list(cast("Any", {"payment_intent": intent.id})).data
        _check(len(refunds) == 1, f"{len(refunds)} refunds were made")

    def _subscribe(self) -> None:
        self._use_card(_VISA)
        made = {"customer": self._customer, "items": [{"price": self._prices["pro"]}]}
        self._subscription = self._client.subscriptions.create(cast("Any", made)).id
        facts = self._gateway.subscription(self._subscription)
        _check((facts.state, facts.plan) == ("live", "pro"), f"it is {facts.plan}, {facts.state}")
        _check(facts.period_end > now(), "its period has no end")
        theirs = self._gateway.subscriptions_of(self._customer)
        _check([each.subscription_id for each in theirs] == [self._subscription], "it is not listed")

    def _upgrade(self) -> None:
        self._gateway.upgrade(self._subscription, "enterprise")
        _check(self._gateway.subscription(self._subscription).plan == "enterprise", "the plan is another one")
        self._gateway.change_at_period_end(self._subscription, "pro", kept_plan=None)

    def _decline(self) -> None:
        self._use_card(_DECLINED)
        try:
            self._gateway.upgrade(self._subscription, "enterprise")
        except CardDeclined:
            _check(self._gateway.subscription(self._subscription).plan == "pro", "the plan has changed")
        else:
            raise AssertionError("the card was not declined")
        finally:
            self._use_card(_VISA)

    def _downgrade(self) -> None:
        self._gateway.upgrade(self._subscription, "enterprise")
        self._gateway.change_at_period_end(self._subscription, "pro", kept_plan="enterprise")
        facts = self._gateway.subscription(self._subscription)
        _check((facts.plan, facts.kept_plan) == ("pro", "enterprise"), f"{facts.plan}, kept: {facts.kept_plan}")
        _check(facts.kept_until == facts.period_end, "it is kept for another time")

    def _cancel(self) -> None:
        for cancel in (True, False):
            self._gateway.cancel_at_period_end(self._subscription, cancel=cancel)
            _check(self._gateway.subscription(self._subscription).cancel_at_period_end is cancel, "it did not take")

    def _portal(self) -> None:
        url = self._gateway.portal(self._customer, "https://example.com/")
        _check(url.startswith("https://"), f"its address is {url}")

    def _invoices(self) -> None:
        found = self._gateway.invoices(self._customer)
        _check(found and all(invoice.page_url for invoice in found), "there are none, or without a page")

    def _end(self) -> None:
        self._gateway.end_subscription(self._subscription)
        self._gateway.end_subscription(self._subscription)
        _check(self._gateway.subscription(self._subscription).state == "over", "it goes on")

    def _use_card(self, card: str) -> None:
        attached = self._client.payment_methods.attach(card, cast("Any", {"customer": self._customer}))
        chosen = {"invoice_settings": {"default_payment_method": attached.id}}
        self._client.customers.update(self._customer, cast("Any", chosen))


def _check(holds: object, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
