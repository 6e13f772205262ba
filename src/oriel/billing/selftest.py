"""`oriel billing selftest`: the production gateway against a Stripe account in test mode, with Stripe's test cards."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import stripe
from stripe import StripeClient

from oriel.billing.gateway import Checkout, CustomerGone, Invoice
from oriel.billing.plans import CREDIT, ENTERPRISE, PRO
from oriel.billing.stripe_gateway import StripeGateway
from oriel.errors import AppError, CallerError, CardDeclined, WrongState
from oriel.infra.clock import now

_VISA = "pm_card_visa"
# The largest price of a few seconds of a month.
_SOME_SECONDS_CENTS = 5
_DECLINED = "pm_card_chargeCustomerFail"


@dataclass(frozen=True)
class Step:
    """A tested step and its problem, if any."""

    name: str
    problem: str | None


def refuse_live_key(key: str) -> None:
    """Raise CallerError for a live-mode key, which would move real money."""
    if not key.startswith(("sk_test_", "rk_test_")):
        raise CallerError("The self-test makes payments. Use a test-mode key (sk_test_…).")


def run_selftest(client: StripeClient, gateway: StripeGateway, prices: dict[str, str]) -> Iterator[Step]:
    """Yield each step as it ends; the other steps run even if one fails, as far as they can."""
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
        """Return the steps in order."""
        return [
            ("the prices are those of the plans", self._check_prices),
            ("a customer is created, once", self._make_customer),
            ("a page for one render opens, twice the same, and closes", lambda: self._open("render")),
            ("a page for a subscription opens and closes", lambda: self._open("pro")),
            ("a page for a trial opens and closes", lambda: self._open("pro", trial_days=7)),
            ("a payment is refunded, and only once", self._refund),
            ("a subscription can be read", self._subscribe),
            ("a declined card changes nothing", self._decline),
            ("an upgrade is billed at once", self._upgrade),
            ("a downgrade waits for the period's end", self._downgrade),
            ("a cancellation is made and taken back", self._cancel),
            ("the portal opens", self._portal),
            ("invoices are listed", self._invoices),
            ("a subscription is ended and refunded", self._end),
            ("a deleted customer is noticed", self._delete_customer),
            ("events are listed", lambda: _check(self._gateway.events_since(now() - timedelta(hours=1)), "none")),
        ]

    def _check_prices(self) -> None:
        for name, plan in (("pro", PRO), ("enterprise", ENTERPRISE), ("render", CREDIT)):
            price = self._client.prices.retrieve(self._prices[name])
            _check(price.unit_amount == plan.price_cents, f"{name} costs {price.unit_amount} cents")
            _check(price.currency == "usd", f"{name} is paid in {price.currency}")
            _check(price.active, f"{name} is not sold any more")
            every = price.recurring and (price.recurring.interval, price.recurring.interval_count)
            _check(every == (None if name == "render" else ("month", 1)), f"{name} has another kind of price")

    def _make_customer(self) -> None:
        user_id = f"selftest-{self._run}"
        self._customer = self._gateway.customer(user_id, f"{user_id}@example.com", "Self-test")
        again = self._gateway.customer(user_id, f"{user_id}@example.com", "Self-test")
        _check(again == self._customer, "two customers were made")

    def _open(self, product: str, *, trial_days: int = 0) -> None:
        page = Checkout(
            payment_id=f"selftest-{self._run}-{product}-{trial_days}",
            customer_id=self._customer,
            product=product,
            success_url="https://example.com/done?session_id={CHECKOUT_SESSION_ID}",
            cancel_url="https://example.com/left",
            expires_at=now() + timedelta(hours=1),
            trial_days=trial_days,
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
        _check(refunds[0].amount == CREDIT.price_cents, f"{refunds[0].amount} cents went back")

    def _subscribe(self) -> None:
        self._use_card(_VISA)
        made = {"customer": self._customer, "items": [{"price": self._prices["pro"]}]}
        self._subscription = self._client.subscriptions.create(cast("Any", made)).id
        facts = self._gateway.subscription(self._subscription)
        _check((facts.state, facts.plan) == ("live", "pro"), f"it is {facts.plan}, {facts.state}")
        _check(facts.period_end > now(), "its period has no end")
        theirs = self._gateway.subscriptions_of(self._customer)
        _check([each.subscription_id for each in theirs] == [self._subscription], "it is not listed")

    def _decline(self) -> None:
        subscription = self._known()
        self._use_card(_DECLINED)
        try:
            self._gateway.upgrade(subscription, "enterprise", self._moment())
        except CardDeclined:
            _check(self._gateway.subscription(subscription).plan == "pro", "the plan has changed")
        else:
            raise AssertionError("the card was not declined")
        finally:
            self._use_card(_VISA)

    def _upgrade(self) -> None:
        at = self._moment()
        quote = self._gateway.quote_upgrade(self._known(), "enterprise", at)
        bills = self._billed_by(lambda: self._gateway.upgrade(self._known(), "enterprise", at))
        after = self._gateway.subscription(self._known())
        _check(after.plan == "enterprise", "the plan is another one")
        amounts = [bill.amount for bill in bills]
        _check(len(bills) == 1 and bills[0].is_change and bills[0].state == "paid", f"it was billed with {amounts}")
        _check(amounts == [quote.amount_now], f"it was billed with {amounts}, the preview says {quote.amount_now}")
        # Nearly all of the first month is unused.
        least = ENTERPRISE.price_cents - PRO.price_cents
        _check(least <= amounts[0] <= least + _SOME_SECONDS_CENTS, f"it was billed with {amounts}")
        lines = self._client.invoices.retrieve(bills[0].id).lines.data
        of_period = max(lines, key=lambda line: line.amount).parent
        item = of_period and of_period.subscription_item_details
        _check(item and not item.proration, "no new period has begun")
        # Of two concurrent requests only one may be billed: the second one refers to the old period.
        try:
            self._gateway.upgrade(self._known(), "enterprise", after.period_start - timedelta(seconds=60))
        except WrongState:
            return
        raise AssertionError("a period that is over was changed")

    def _downgrade(self) -> None:
        change = self._gateway.change_at_period_end
        bills = self._billed_by(lambda: change(self._known(), "pro", kept_plan="enterprise"))
        _check(not bills, "it was billed")
        facts = self._gateway.subscription(self._known())
        _check((facts.plan, facts.kept_plan) == ("pro", "enterprise"), f"{facts.plan}, kept: {facts.kept_plan}")
        _check(facts.kept_until == facts.period_end, "it is kept for another time")

    def _billed_by(self, do: Callable[[], None]) -> list[Invoice]:
        before = {bill.id for bill in self._gateway.invoices(self._customer)}
        do()
        return [bill for bill in self._gateway.invoices(self._customer) if bill.id not in before]

    def _cancel(self) -> None:
        for cancel in (True, False):
            self._gateway.cancel_at_period_end(self._known(), cancel=cancel)
            facts = self._gateway.subscription(self._known())
            _check(facts.ends_at == (facts.period_end if cancel else None), "it did not take")

    def _portal(self) -> None:
        url = self._gateway.portal(self._customer, "https://example.com/")
        _check(url.startswith("https://"), f"its address is {url}")

    def _invoices(self) -> None:
        invoices = self._gateway.invoices(self._customer)
        _check(invoices and all(invoice.page_url for invoice in invoices), "there are none, or without a page")

    def _end(self) -> None:
        bill = self._client.subscriptions.retrieve(self._known()).latest_invoice
        self._gateway.end_subscription(self._known())
        self._gateway.end_subscription(self._known())
        _check(self._gateway.subscription(self._known()).state == "over", "it goes on")
        paid = self._client.invoice_payments.list(cast("Any", {"invoice": bill})).data
        asked = [{"payment_intent": payment.payment.payment_intent} for payment in paid]
        back = [refund.amount for each in asked for refund in self._client.refunds.list(cast("Any", each)).data]
        _check(back and back == [payment.amount_paid for payment in paid], f"{back} cents went back")

    def _delete_customer(self) -> None:
        self._client.customers.delete(self._customer)
        try:
            self._gateway.portal(self._customer, "https://example.com/")
        except CustomerGone:
            return
        raise AssertionError("the portal opens all the same")

    def _moment(self) -> datetime:
        """Return now, or the period's beginning where our clock is behind Stripe's."""
        return max(now(), self._gateway.subscription(self._known()).period_start)

    def _known(self) -> str:
        _check(self._subscription, "there is no subscription")
        return self._subscription

    def _use_card(self, card: str) -> None:
        attached = self._client.payment_methods.attach(card, cast("Any", {"customer": self._customer}))
        chosen = {"invoice_settings": {"default_payment_method": attached.id}}
        self._client.customers.update(self._customer, cast("Any", chosen))


def _check(holds: object, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
