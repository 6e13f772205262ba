"""What every payment service must do, whichever one it is."""

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
import stripe
from tests.peers.stripe import Deliveries, StripePeer, stripe_peer

from oriel.billing.gateway import Checkout, CustomerGone, GivenBack, PaymentGateway, Quote, SubscriptionFacts
from oriel.billing.offline import OfflineGateway
from oriel.billing.stripe_account import prepare_account
from oriel.billing.stripe_gateway import StripeGateway
from oriel.errors import CardDeclined, InvalidSignature, NotFound, PaymentsUnavailable, WrongState
from oriel.infra.clock import clock, now

# Longer than any month, and than the hour after which a renewal is collected.
MONTH = timedelta(days=31, hours=3)
BASE = "https://oriel.example.com"

_numbers = count(1)
Letter = tuple[bytes, str]


class Rig(Protocol):
    """A payment service with its customers; `secret` is what its events are signed with."""

    secret: str

    @property
    def gateway(self) -> PaymentGateway:
        """The service, as ours speaks with it."""

    def pay(self, session_id: str) -> None:
        """Pay a page."""

    def decline(self, session_id: str) -> None:
        """Try a card on a page that the bank declines."""

    def abandon(self, session_id: str) -> None:
        """Let a page expire."""

    def card_fails(self, customer_id: str, *, fails: bool = True) -> None:
        """Have the customer's payments declined, or not any more."""

    def dispute(self, paid_as: str) -> None:
        """Have the bank ask for a payment back."""

    def decide(self, paid_as: str, *, won: bool) -> None:
        """Have the bank decide about it."""

    def paid_as(self, invoice_id: str) -> str:
        """Return what a bill was paid with."""

    def forget(self, customer_id: str) -> None:
        """Have a customer deleted."""

    def pass_time(self, time: timedelta) -> None:
        """Let time pass for both sides."""

    def letters(self) -> Sequence[Letter]:
        """Return the events that were sent: bodies with their signatures."""


class WithStripe:
    """The production gateway and a Stripe of the tests."""

    def __init__(self, peer: StripePeer) -> None:
        self._peer = peer
        client = stripe.StripeClient(peer.key, base_addresses={"api": peer.url})
        made = prepare_account(client, None).settings
        prices = {name.removeprefix("STRIPE_PRICE_").lower(): price for name, price in made.items()}
        self._deliveries = Deliveries(peer, lambda _body, _signature: 200)
        self.secret = self._deliveries.secret
        self.gateway = StripeGateway(peer.key, self.secret, prices, base_url=peer.url)

    def pay(self, session_id: str) -> None:
        self._peer.pay(session_id)

    def decline(self, session_id: str) -> None:
        self._peer.decline(session_id)

    def abandon(self, session_id: str) -> None:
        self._peer.abandon(session_id)

    def card_fails(self, customer_id: str, *, fails: bool = True) -> None:
        self._peer.card_fails(customer_id, fails)

    def dispute(self, paid_as: str) -> None:
        self._peer.dispute(paid_as)

    def decide(self, paid_as: str, *, won: bool) -> None:
        [dispute] = [one for one in self._peer.everything("dispute") if one["payment_intent"] == paid_as]
        self._peer.close_dispute(dispute["id"], won=won)

    def paid_as(self, invoice_id: str) -> str:
        return self._peer.payment_of(invoice_id)

    def forget(self, customer_id: str) -> None:
        self._peer.delete_customer(customer_id)

    def pass_time(self, time: timedelta) -> None:
        clock.shift(time)
        self._peer.advance(time)

    def letters(self) -> Sequence[Letter]:
        return [self._deliveries.signed(delivery) for delivery in self._deliveries.pending]


class Offline:
    """The development gateway."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._letters: list[Letter] = []
        self.secret = "whsec_offline"  # noqa: S105
        self.gateway = OfflineGateway(folder, BASE, self.secret, deliver=self._take)

    def _take(self, body: bytes, signature: str) -> None:
        self._letters.append((body, signature))

    def pay(self, session_id: str) -> None:
        self.gateway.pay(session_id)

    def decline(self, session_id: str) -> None:
        self.gateway.decline(session_id)

    def abandon(self, session_id: str) -> None:
        self.gateway.abandon(session_id)

    def card_fails(self, customer_id: str, *, fails: bool = True) -> None:
        self.gateway.let_card_fail(customer_id, fails=fails)

    def dispute(self, paid_as: str) -> None:
        self.gateway.dispute(paid_as, "open")

    def decide(self, paid_as: str, *, won: bool) -> None:
        self.gateway.dispute(paid_as, "won" if won else "lost")

    def paid_as(self, invoice_id: str) -> str:
        return f"pi_{invoice_id}"

    def forget(self, customer_id: str) -> None:
        # Somebody has deleted the books.
        (self._folder / "offline-payments.sqlite3").unlink()

    def pass_time(self, time: timedelta) -> None:
        clock.shift(time)

    def letters(self) -> Sequence[Letter]:
        return self._letters


@pytest.fixture(params=["stripe", "offline"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    if request.param == "offline":
        yield Offline(tmp_path)
    else:
        with stripe_peer() as peer:
            yield WithStripe(peer)
    clock.reset()


@pytest.fixture
def ada(rig: Rig) -> str:
    return rig.gateway.customer("user-ada", "ada@example.com", "Ada")


def wanted(customer_id: str, product: str = "render", trial_days: int = 0) -> Checkout:
    payment_id = f"payment{next(_numbers)}"
    return Checkout(
        payment_id=payment_id,
        customer_id=customer_id,
        product=product,
        success_url=f"{BASE}/payment/done?session_id={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{BASE}/payment/left?payment={payment_id}",
        expires_at=now() + timedelta(hours=1),
        trial_days=trial_days,
    )


def bought(rig: Rig, customer_id: str) -> tuple[str, str]:
    """Buy one render; return the page and the payment."""
    session_id = rig.gateway.open_checkout(wanted(customer_id)).session_id
    rig.pay(session_id)
    paid_as = rig.gateway.checkout(session_id).paid_as
    assert paid_as
    return session_id, paid_as


def subscribed(rig: Rig, customer_id: str, plan: str = "pro") -> str:
    """Subscribe and return the subscription's id."""
    session_id = rig.gateway.open_checkout(wanted(customer_id, plan)).session_id
    rig.pay(session_id)
    subscription_id = rig.gateway.checkout(session_id).subscription_id
    assert subscription_id
    return subscription_id


def about(rig: Rig, since: datetime, kind: str) -> dict[str, str]:
    """Return what is kept of the object of the only event of a kind."""
    [event] = [event for event in rig.gateway.events_since(since) if event.kind == kind]
    body: Any = event.body
    return dict(body["data"]["object"])


def charged(rig: Rig, since: datetime, kind: str) -> str:
    """Return the payment that the only event of a kind is about."""
    return about(rig, since, kind)["payment_intent"]


def moment(rig: Rig, subscription_id: str) -> datetime:
    """Return now in whole seconds, not before the period began."""
    began = rig.gateway.subscription(subscription_id).period_start
    return datetime.fromtimestamp(max(int(now().timestamp()), math.ceil(began.timestamp())), UTC)


def standing(facts: SubscriptionFacts) -> tuple[str | None, str, bool]:
    return facts.plan, facts.state, facts.ends_at is not None and facts.ends_at <= facts.period_end


def test_a_service_that_works_passes_the_check(rig: Rig) -> None:
    rig.gateway.check()


class TestPages:
    def test_a_customer_is_made_once(self, rig: Rig, ada: str) -> None:
        assert rig.gateway.customer("user-ada", "ada@example.com", "Ada") == ada
        assert rig.gateway.customer("user-bob", "bob@example.com", "") != ada

    def test_a_customer_who_is_gone_is_made_anew(self, rig: Rig, ada: str) -> None:
        rig.forget(ada)
        with pytest.raises(CustomerGone):
            rig.gateway.open_checkout(checkout := wanted(ada))
        with pytest.raises(CustomerGone):
            rig.gateway.portal(ada, BASE)
        again = rig.gateway.customer("user-ada", "ada@example.com", "Ada", instead_of=ada)
        assert rig.gateway.open_checkout(replace(checkout, customer_id=again)).url
        assert rig.gateway.portal(again, BASE)

    def test_a_customer_who_is_forgotten_has_no_subscription_and_keeps_the_invoices(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        for _ in range(2):
            rig.gateway.forget_customer(ada)
        assert rig.gateway.subscription(subscription_id).state == "over"
        assert [bill.state for bill in rig.gateway.invoices(ada)] == ["paid"]
        with pytest.raises(CustomerGone):
            rig.gateway.open_checkout(wanted(ada))

    def test_the_same_payment_opens_the_same_page(self, rig: Rig, ada: str) -> None:
        checkout = wanted(ada)
        opened = rig.gateway.open_checkout(checkout)
        assert opened.url.startswith("https://")
        assert rig.gateway.open_checkout(checkout) == opened
        assert rig.gateway.open_checkout(wanted(ada)) != opened

    @pytest.mark.parametrize(("product", "amount"), [("render", 499), ("pro", 999), ("enterprise", 2999)])
    def test_an_open_page_says_what_it_costs_and_for_what(self, rig: Rig, ada: str, product: str, amount: int) -> None:
        checkout = wanted(ada, product)
        facts = rig.gateway.checkout(rig.gateway.open_checkout(checkout).session_id)
        assert (facts.state, facts.paid, facts.failed) == ("open", False, False)
        assert (facts.amount, facts.currency) == (amount, "usd")
        assert (facts.paid_as, facts.subscription_id, facts.back.refunded, facts.back.disputed) == (
            None,
            None,
            0,
            False,
        )

    def test_a_page_that_is_paid(self, rig: Rig, ada: str) -> None:
        session_id, paid_as = bought(rig, ada)
        facts = rig.gateway.checkout(session_id)
        assert (facts.state, facts.paid, facts.failed, facts.amount) == ("complete", True, False, 499)
        assert facts.receipt_url
        assert rig.gateway.checkout_that_paid(paid_as) == session_id

    @pytest.mark.parametrize("product", ["render", "pro"])
    def test_an_open_page_says_what_the_bank_has_said(self, rig: Rig, ada: str, product: str) -> None:
        other = rig.gateway.open_checkout(wanted(ada, "pro" if product == "render" else "render")).session_id
        session_id = rig.gateway.open_checkout(wanted(ada, product)).session_id
        assert rig.gateway.checkout(session_id).declined is None
        rig.decline(session_id)
        facts = rig.gateway.checkout(session_id)
        assert (facts.state, facts.failed, facts.declined) == ("open", False, "Your card was declined.")
        assert rig.gateway.checkout(other).declined is None or product == "pro"
        rig.pay(session_id)
        assert rig.gateway.checkout(session_id).declined is None

    def test_the_event_of_a_declined_card_leads_to_its_page(self, rig: Rig, ada: str) -> None:
        before = now() - timedelta(minutes=1)
        rig.gateway.open_checkout(wanted(ada))
        session_id = rig.gateway.open_checkout(wanted(ada)).session_id
        rig.decline(session_id)
        assert rig.gateway.checkout_that_paid(about(rig, before, "payment_intent.payment_failed")["id"]) == session_id

    def test_a_page_that_is_abandoned(self, rig: Rig, ada: str) -> None:
        session_id = rig.gateway.open_checkout(wanted(ada)).session_id
        rig.abandon(session_id)
        facts = rig.gateway.checkout(session_id)
        assert (facts.state, facts.paid, facts.failed, facts.paid_as) == ("expired", False, False, None)

    def test_a_page_expires_by_itself(self, rig: Rig, ada: str) -> None:
        session_id = rig.gateway.open_checkout(wanted(ada)).session_id
        rig.pass_time(timedelta(hours=2))
        assert rig.gateway.checkout(session_id).state == "expired"

    def test_a_page_is_closed_once_and_for_all(self, rig: Rig, ada: str) -> None:
        session_id = rig.gateway.open_checkout(wanted(ada)).session_id
        for _ in range(2):
            rig.gateway.expire_checkout(session_id)
            assert rig.gateway.checkout(session_id).state == "expired"

    def test_a_page_that_is_paid_stays_paid(self, rig: Rig, ada: str) -> None:
        session_id, _ = bought(rig, ada)
        rig.gateway.expire_checkout(session_id)
        assert rig.gateway.checkout(session_id).paid

    def test_money_goes_back_once(self, rig: Rig, ada: str) -> None:
        session_id, paid_as = bought(rig, ada)
        for _ in range(2):
            rig.gateway.refund(paid_as)
            facts = rig.gateway.checkout(session_id)
            assert (facts.paid, facts.back.refunded) == (True, 499)

    @pytest.mark.parametrize("won", [True, False])
    def test_a_dispute_is_open_until_it_is_decided(self, rig: Rig, ada: str, won: bool) -> None:
        session_id, paid_as = bought(rig, ada)
        rig.dispute(paid_as)
        facts = rig.gateway.checkout(session_id)
        assert (facts.back.disputed, facts.back.dispute_lost) == (True, False)
        rig.decide(paid_as, won=won)
        facts = rig.gateway.checkout(session_id)
        assert (facts.back.disputed, facts.back.dispute_lost) == (False, not won)

    def test_what_a_bank_has_taken_back_is_not_given_back_as_well(self, rig: Rig, ada: str) -> None:
        session_id, paid_as = bought(rig, ada)
        rig.dispute(paid_as)
        with pytest.raises(PaymentsUnavailable):
            rig.gateway.refund(paid_as)
        assert rig.gateway.checkout(session_id).back.refunded == 0
        rig.decide(paid_as, won=True)
        rig.gateway.refund(paid_as)
        assert rig.gateway.checkout(session_id).back.refunded == 499


class TestSubscriptions:
    def test_one_that_is_bought_holds_for_a_month(self, rig: Rig, ada: str) -> None:
        session_id = rig.gateway.open_checkout(wanted(ada, "pro")).session_id
        rig.pay(session_id)
        page = rig.gateway.checkout(session_id)
        assert page.paid
        assert page.subscription_id
        facts = rig.gateway.subscription(page.subscription_id)
        assert standing(facts) == ("pro", "live", False)
        assert (facts.customer_id, facts.kept_plan, facts.kept_until) == (ada, None, None)
        assert timedelta(days=28) <= facts.period_end - facts.period_start <= timedelta(days=31)
        assert [one.subscription_id for one in rig.gateway.subscriptions_of(ada)] == [page.subscription_id]
        [bill] = rig.gateway.invoices(ada)
        assert (bill.id, bill.subscription_id, bill.customer_id) == (page.invoice_id, page.subscription_id, ada)
        assert (bill.amount, bill.currency, bill.state, bill.is_first) == (999, "usd", "paid", True)

    def test_all_are_listed_but_those_that_are_over(self, rig: Rig, ada: str) -> None:
        bob = rig.gateway.customer("bob", "bob@example.com", "Bob")
        bought = [rig.gateway.open_checkout(wanted(who, "pro")).session_id for who in (ada, bob)]
        for session_id in bought:
            rig.pay(session_id)
        [first, second] = [str(rig.gateway.checkout(session_id).subscription_id) for session_id in bought]
        assert {one.subscription_id for one in rig.gateway.all_subscriptions()} == {first, second}
        rig.gateway.end_subscription(first)
        assert [(one.subscription_id, one.customer_id) for one in rig.gateway.all_subscriptions()] == [(second, bob)]

    def test_a_higher_plan_begins_a_period_that_is_billed_at_once(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        before = rig.gateway.subscription(subscription_id)
        rig.pass_time(timedelta(days=10))
        at = moment(rig, subscription_id)
        quote = rig.gateway.quote_upgrade(subscription_id, "enterprise", at)
        assert rig.gateway.subscription(subscription_id) == before
        left = (before.period_end - at) / (before.period_end - before.period_start)
        assert abs(quote.credit - 999 * left) <= 1
        assert (quote.next_amount, quote.currency) == (2999, "usd")
        assert quote.amount_now == 2999 - quote.credit
        rig.gateway.upgrade(subscription_id, "enterprise", at)
        after = rig.gateway.subscription(subscription_id)
        assert standing(after) == ("enterprise", "live", False)
        assert before.period_start + timedelta(days=10) <= after.period_start < before.period_end
        assert timedelta(days=28) <= after.period_end - after.period_start <= timedelta(days=31)
        assert after.period_end - quote.next_at < timedelta(minutes=1)
        latest, first = rig.gateway.invoices(ada)
        assert (latest.state, latest.is_first, latest.is_change, first.is_first) == ("paid", False, True, True)
        assert (latest.amount, latest.plan) == (quote.amount_now, "enterprise")

    def test_the_last_minutes_of_a_period_open_no_higher_plan_for_nothing(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        end = rig.gateway.subscription(subscription_id).period_end
        rig.pass_time(end - now() - timedelta(minutes=2))
        at = moment(rig, subscription_id)
        rig.gateway.upgrade(subscription_id, "enterprise", at)
        assert rig.gateway.invoices(ada)[0].amount in (2998, 2999)
        # The old period's end brings nothing any more; the next month is billed a month after the upgrade.
        rig.pass_time(timedelta(hours=3))
        assert len(rig.gateway.invoices(ada)) == 2
        rig.pass_time(MONTH)
        assert rig.gateway.invoices(ada)[0].amount == 2999

    def test_a_period_that_is_over_is_not_upgraded(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        rig.pass_time(timedelta(days=1))
        at = moment(rig, subscription_id)
        rig.pass_time(timedelta(days=1))
        rig.gateway.upgrade(subscription_id, "enterprise", at)
        # The same request once more, which came at the same moment.
        with pytest.raises(WrongState):
            rig.gateway.upgrade(subscription_id, "enterprise", at)
        assert len(rig.gateway.invoices(ada)) == 2

    def test_a_higher_plan_costs_nothing_before_the_end_of_a_trial(self, rig: Rig, ada: str) -> None:
        session_id = rig.gateway.open_checkout(wanted(ada, "pro", trial_days=14)).session_id
        rig.pay(session_id)
        subscription_id = rig.gateway.checkout(session_id).subscription_id
        assert subscription_id
        before, at = rig.gateway.subscription(subscription_id), moment(rig, subscription_id)
        quote = rig.gateway.quote_upgrade(subscription_id, "enterprise", at)
        assert (quote.amount_now, quote.credit, quote.next_amount) == (0, 0, 2999)
        assert quote.next_at == before.period_end
        rig.gateway.upgrade(subscription_id, "enterprise", at)
        after = rig.gateway.subscription(subscription_id)
        assert (after.plan, after.trial_until, after.period_end) == (
            "enterprise",
            before.trial_until,
            before.period_end,
        )
        assert [bill.amount for bill in rig.gateway.invoices(ada)] == [0]

    def test_a_declined_card_changes_nothing(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        rig.card_fails(ada)
        before = rig.gateway.subscription(subscription_id)
        with pytest.raises(CardDeclined):
            rig.gateway.upgrade(subscription_id, "enterprise", moment(rig, subscription_id))
        assert rig.gateway.subscription(subscription_id) == before

    def test_what_a_lower_plan_will_cost_is_known_before(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada, "enterprise")
        quote = rig.gateway.quote_change_at_period_end(subscription_id, "pro")
        end = rig.gateway.subscription(subscription_id).period_end
        assert quote == Quote(amount_now=0, credit=0, next_amount=999, next_at=end, currency="usd")

    def test_a_lower_plan_comes_with_the_next_period(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada, "enterprise")
        rig.gateway.change_at_period_end(subscription_id, "pro", kept_plan="enterprise")
        facts = rig.gateway.subscription(subscription_id)
        assert standing(facts) == ("pro", "live", False)
        assert (facts.kept_plan, facts.kept_until) == ("enterprise", facts.period_end)
        assert len(rig.gateway.invoices(ada)) == 1
        rig.pass_time(MONTH)
        later = rig.gateway.subscription(subscription_id)
        assert later.plan == "pro"
        assert facts.kept_until
        assert later.period_start >= facts.kept_until
        assert rig.gateway.invoices(ada)[0].amount == 999

    def test_a_lower_plan_is_taken_back(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada, "enterprise")
        rig.gateway.change_at_period_end(subscription_id, "pro", kept_plan="enterprise")
        rig.gateway.change_at_period_end(subscription_id, "enterprise", kept_plan=None)
        facts = rig.gateway.subscription(subscription_id)
        assert (facts.plan, facts.kept_until) == ("enterprise", None)
        assert not facts.kept_plan

    def test_one_that_is_cancelled_goes_on_after_all(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        rig.gateway.cancel_at_period_end(subscription_id, cancel=True)
        assert standing(rig.gateway.subscription(subscription_id)) == ("pro", "live", True)
        rig.gateway.cancel_at_period_end(subscription_id, cancel=False)
        rig.pass_time(MONTH)
        assert standing(rig.gateway.subscription(subscription_id)) == ("pro", "live", False)
        assert len(rig.gateway.invoices(ada)) == 2

    def test_one_that_is_cancelled_ends_with_its_period(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        rig.gateway.cancel_at_period_end(subscription_id, cancel=True)
        rig.pass_time(MONTH)
        assert rig.gateway.subscription(subscription_id).state == "over"
        assert list(rig.gateway.subscriptions_of(ada)) == []
        assert len(rig.gateway.invoices(ada)) == 1

    def test_one_is_ended_at_once_and_stays_so(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        for _ in range(2):
            rig.gateway.end_subscription(subscription_id)
            assert rig.gateway.subscription(subscription_id).state == "over"
        assert list(rig.gateway.subscriptions_of(ada)) == []

    def test_a_renewal_that_is_not_paid_waits_for_its_money(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        rig.card_fails(ada)
        rig.pass_time(MONTH)
        assert standing(rig.gateway.subscription(subscription_id)) == ("pro", "past_due", False)
        bill = rig.gateway.invoices(ada)[0]
        assert (bill.state, bill.is_first, bill.amount) == ("open", False, 999)
        assert bill.tries >= 1
        assert bill.next_try_at
        assert bill.next_try_at > bill.created_at
        rig.card_fails(ada, fails=False)
        rig.pass_time(timedelta(days=13))
        assert standing(rig.gateway.subscription(subscription_id)) == ("pro", "live", False)
        paid = rig.gateway.invoice(bill.id)
        assert (paid.state, paid.next_try_at) == ("paid", None)

    def test_a_renewal_that_is_never_paid_ends_it(self, rig: Rig, ada: str) -> None:
        subscription_id = subscribed(rig, ada)
        rig.card_fails(ada)
        rig.pass_time(MONTH)
        for _ in range(4):
            rig.pass_time(timedelta(days=5))
        assert rig.gateway.subscription(subscription_id).state == "over"

    def test_a_trial_costs_nothing_until_it_is_over(self, rig: Rig, ada: str) -> None:
        session_id = rig.gateway.open_checkout(wanted(ada, "pro", trial_days=14)).session_id
        assert rig.gateway.checkout(session_id).amount == 0
        rig.pay(session_id)
        page = rig.gateway.checkout(session_id)
        assert (page.paid, page.amount) == (True, 0)
        assert page.subscription_id
        facts = rig.gateway.subscription(page.subscription_id)
        assert standing(facts) == ("pro", "live", False)
        assert facts.period_end - facts.period_start == timedelta(days=14)
        assert [bill.amount for bill in rig.gateway.invoices(ada)] == [0]
        rig.pass_time(timedelta(days=14, hours=2))
        later = rig.gateway.subscription(page.subscription_id)
        assert timedelta(days=28) <= later.period_end - later.period_start <= timedelta(days=31)
        assert [(bill.amount, bill.is_first) for bill in rig.gateway.invoices(ada)] == [(999, False), (0, True)]

    def test_a_trial_that_is_cancelled_ends_unpaid(self, rig: Rig, ada: str) -> None:
        session_id = rig.gateway.open_checkout(wanted(ada, "pro", trial_days=14)).session_id
        rig.pay(session_id)
        subscription_id = rig.gateway.checkout(session_id).subscription_id
        assert subscription_id
        rig.gateway.cancel_at_period_end(subscription_id, cancel=True)
        rig.pass_time(timedelta(days=15))
        assert rig.gateway.subscription(subscription_id).state == "over"
        assert [bill.amount for bill in rig.gateway.invoices(ada)] == [0]
        assert rig.gateway.given_back(rig.gateway.invoices(ada)[0].id) == GivenBack()

    def test_the_bill_of_one_that_is_ended_at_once_is_given_back(self, rig: Rig, ada: str) -> None:
        before = now() - timedelta(seconds=2)
        subscription_id = subscribed(rig, ada)
        [bill] = rig.gateway.invoices(ada)
        assert rig.gateway.given_back(bill.id) == GivenBack()
        rig.gateway.end_subscription(subscription_id)
        assert rig.gateway.given_back(bill.id) == GivenBack(refunded=999)
        paid_as = charged(rig, before, "charge.refunded")
        assert rig.gateway.bill_paid_as(paid_as) == bill.id
        assert rig.gateway.checkout_that_paid(paid_as) is None

    def test_the_money_of_a_bill_is_disputed(self, rig: Rig, ada: str) -> None:
        before = now() - timedelta(seconds=2)
        subscribed(rig, ada)
        [bill] = rig.gateway.invoices(ada)
        paid_as = rig.paid_as(bill.id)
        rig.dispute(paid_as)
        assert charged(rig, before, "charge.dispute.created") == paid_as
        assert rig.gateway.given_back(bill.id) == GivenBack(disputed=True)
        rig.decide(paid_as, won=False)
        assert rig.gateway.given_back(bill.id) == GivenBack(dispute_lost=True)

    def test_what_paid_a_page_has_paid_no_bill(self, rig: Rig, ada: str) -> None:
        assert rig.gateway.bill_paid_as(bought(rig, ada)[1]) is None

    def test_bills_can_be_looked_at(self, rig: Rig, ada: str) -> None:
        subscribed(rig, ada)
        [bill] = rig.gateway.invoices(ada)
        assert rig.gateway.invoice(bill.id) == bill
        assert bill.number
        for address in (bill.page_url, bill.pdf_url):
            assert address
            assert address.startswith("https://")

    def test_the_portal_has_an_address(self, rig: Rig, ada: str) -> None:
        assert rig.gateway.portal(ada, f"{BASE}/").startswith("https://")


class TestEvents:
    def test_what_has_happened_can_be_asked_for(self, rig: Rig, ada: str) -> None:
        before = now() - timedelta(seconds=2)
        session_id = rig.gateway.open_checkout(wanted(ada)).session_id
        rig.pay(session_id)
        events = rig.gateway.events_since(before)
        [completed] = [event for event in events if event.kind == "checkout.session.completed"]
        about: Any = completed.body
        assert about["data"]["object"]["id"] == session_id
        moments = [event.created_at for event in events]
        assert moments == sorted(moments)
        rig.pass_time(timedelta(hours=1))
        assert completed.id not in [event.id for event in rig.gateway.events_since(now())]

    def test_an_event_that_comes_is_the_one_that_is_listed(self, rig: Rig, ada: str) -> None:
        before = now() - timedelta(seconds=2)
        bought(rig, ada)
        read = {event.id: event for event in (rig.gateway.read_event(*letter) for letter in rig.letters())}
        listed = {event.id: event for event in rig.gateway.events_since(before)}
        [completed] = [event for event in read.values() if event.kind == "checkout.session.completed"]
        assert listed[completed.id].kind == completed.kind
        assert listed[completed.id].body == completed.body

    def test_every_end_is_told(self, rig: Rig, ada: str) -> None:
        before = now() - timedelta(seconds=2)
        rig.abandon(rig.gateway.open_checkout(wanted(ada)).session_id)
        rig.gateway.refund(bought(rig, ada)[1])
        _, disputed = bought(rig, ada)
        rig.dispute(disputed)
        rig.decide(disputed, won=True)
        subscription_id = subscribed(rig, ada)
        rig.gateway.upgrade(subscription_id, "enterprise", moment(rig, subscription_id))
        rig.gateway.end_subscription(subscription_id)
        assert {event.kind for event in rig.gateway.events_since(before)} >= {
            "checkout.session.completed",
            "checkout.session.expired",
            "customer.subscription.created",
            "customer.subscription.updated",
            "customer.subscription.deleted",
            "invoice.paid",
            "charge.refunded",
            "charge.dispute.created",
            "charge.dispute.closed",
        }

    def test_a_charge_names_the_payment_that_it_is_about(self, rig: Rig, ada: str) -> None:
        before = now() - timedelta(seconds=2)
        session_id, paid_as = bought(rig, ada)
        rig.gateway.refund(paid_as)
        assert rig.gateway.checkout_that_paid(charged(rig, before, "charge.refunded")) == session_id

    @pytest.mark.parametrize("age_s", [0, 290])
    def test_what_is_signed_well_is_taken(self, rig: Rig, ada: str, age_s: int) -> None:
        bought(rig, ada)
        body, _ = rig.letters()[0]
        assert rig.gateway.read_event(body, signature(body, rig.secret, age_s)).id == json.loads(body)["id"]

    @pytest.mark.parametrize("how", ["tampered", "cut", "not signed", "signed by another", "old", "no ASCII"])
    def test_what_is_not_is_refused(self, rig: Rig, ada: str, how: str) -> None:
        bought(rig, ada)
        body, _ = rig.letters()[0]
        by = {
            "not signed": "",
            "signed by another": signature(body, "whsec_of_another"),
            "old": signature(body, rig.secret, 301),
            "no ASCII": f"t={int(time.time())},v1=é",
        }.get(how, signature(body, rig.secret))
        body = {"tampered": body.replace(b'"id"', b'"iD"', 1), "cut": body[:-1]}.get(how, body)
        with pytest.raises(InvalidSignature):
            rig.gateway.read_event(body, by)


def signature(body: bytes, secret: str, age_s: int = 0) -> str:
    """Sign as Stripe signs."""
    sent_at = int(time.time()) - age_s
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, sent_at))


UNKNOWN: dict[str, Callable[[PaymentGateway, str], object]] = {
    "checkout": lambda gateway, _: gateway.checkout("cs_unknown"),
    "expire_checkout": lambda gateway, _: gateway.expire_checkout("cs_unknown"),
    "refund": lambda gateway, _: gateway.refund("pi_unknown"),
    "subscription": lambda gateway, _: gateway.subscription("sub_unknown"),
    "quote_upgrade": lambda gateway, _: gateway.quote_upgrade("sub_unknown", "enterprise", now()),
    "quote_change_at_period_end": lambda gateway, _: gateway.quote_change_at_period_end("sub_unknown", "pro"),
    "upgrade": lambda gateway, _: gateway.upgrade("sub_unknown", "enterprise", now()),
    "change_at_period_end": lambda gateway, _: gateway.change_at_period_end("sub_unknown", "pro", kept_plan=None),
    "cancel_at_period_end": lambda gateway, _: gateway.cancel_at_period_end("sub_unknown", cancel=True),
    "resume": lambda gateway, _: gateway.cancel_at_period_end("sub_unknown", cancel=False),
    "end_subscription": lambda gateway, _: gateway.end_subscription("sub_unknown"),
    "invoice": lambda gateway, _: gateway.invoice("in_unknown"),
    "a customer is no page": lambda gateway, customer_id: gateway.checkout(customer_id),
    "a customer is no subscription": lambda gateway, customer_id: gateway.subscription(customer_id),
    "a customer is no bill": lambda gateway, customer_id: gateway.invoice(customer_id),
}


@pytest.mark.parametrize("ask", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_unknown_is_not_found(rig: Rig, ada: str, ask: Callable[[PaymentGateway, str], object]) -> None:
    with pytest.raises(NotFound):
        ask(rig.gateway, ada)
