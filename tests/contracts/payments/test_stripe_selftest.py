"""`oriel billing selftest` against the Stripe peer: all is well, and each thing that is not is noticed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import stripe
from tests.peers.stripe import (
    Obj,
    Refused,
    StripePeer,
    endpoints,
    invoices,
    methods,
    money,
    routes,
    subscription_changes,
    subscription_create,
    subscriptions,
)
from tests.peers.stripe import checkout as pages
from tests.peers.stripe.account import Account
from tests.peers.stripe.server import Server

from oriel import cli, cli_billing
from oriel.billing import selftest
from oriel.billing.selftest import Step, refuse_live_key, run_selftest
from oriel.billing.stripe_account import prepare_account
from oriel.billing.stripe_gateway import StripeGateway
from oriel.errors import CallerError
from oriel.settings import Settings

PRICES, CUSTOMER = "the prices are those of the plans", "a customer is created, once"
RENDER_PAGE = "a page for one render opens, twice the same, and closes"
PLAN_PAGE, TRIAL_PAGE = "a page for a subscription opens and closes", "a page for a trial opens and closes"
REFUND, SUBSCRIPTION = "a payment is refunded, and only once", "a subscription can be read"
DECLINED, UPGRADE = "a declined card changes nothing", "an upgrade is billed at once"
DOWNGRADE, CANCELLED = "a downgrade waits for the period's end", "a cancellation is made and taken back"
PORTAL, BILLS, ENDED = "the portal opens", "invoices are listed", "a subscription is ended and refunded"
DELETED, EVENTS = "a deleted customer is noticed", "events are listed"
PAGES = (RENDER_PAGE, PLAN_PAGE, TRIAL_PAGE)
OF_SUBSCRIPTIONS = (DECLINED, UPGRADE, DOWNGRADE, CANCELLED, ENDED)
ALL = {PRICES, CUSTOMER, *PAGES, REFUND, SUBSCRIPTION, *OF_SUBSCRIPTIONS, PORTAL, BILLS, DELETED, EVENTS}

Patch = pytest.MonkeyPatch
Answer = Callable[..., Obj]


@pytest.fixture
def prices(client: stripe.StripeClient) -> dict[str, str]:
    """The prices of an account that is set up."""
    made = prepare_account(client, None).settings
    return {name.removeprefix("STRIPE_PRICE_").lower(): price for name, price in made.items()}


def problems(peer: StripePeer, client: stripe.StripeClient, prices: dict[str, str]) -> dict[str, str]:
    """Run it and give what went wrong, by steps."""
    gateway = StripeGateway(peer.key, "unused", prices, base_url=peer.url)
    steps = list(run_selftest(client, gateway, prices))
    assert {step.name for step in steps} == ALL
    assert len(steps) == len(ALL)
    return {step.name: step.problem for step in steps if step.problem}


def test_goes_well_from_the_start_to_the_end(
    peer: StripePeer, client: stripe.StripeClient, prices: dict[str, str]
) -> None:
    assert problems(peer, client, prices) == {}
    # Twice in one account, too: each run has a customer of its own.
    assert problems(peer, client, prices) == {}


def test_leaves_nothing_that_goes_on_costing(
    peer: StripePeer, client: stripe.StripeClient, prices: dict[str, str]
) -> None:
    problems(peer, client, prices)
    assert {one["status"] for one in peer.everything("subscription")} == {"canceled"}
    assert {one["status"] for one in peer.everything("checkout.session")} == {"expired"}
    assert all(one["deleted"] for one in peer.everything("customer"))


class TestAWrongPrice:
    @pytest.mark.parametrize(
        ("name", "wrong", "says"),
        [
            ("pro", {"unit_amount": 1000, "recurring": {"interval": "month"}}, "pro costs 1000 cents"),
            ("pro", {"unit_amount": 999, "recurring": {"interval": "year"}}, "pro has another kind of price"),
            ("enterprise", {"unit_amount": 2999}, "enterprise has another kind of price"),
            ("render", {"unit_amount": 499, "recurring": {"interval": "month"}}, "render has another kind of price"),
            ("render", {"unit_amount": 499, "currency": "eur"}, "render is paid in eur"),
            ("render", {"unit_amount": 499, "active": False}, "render is not sold any more"),
        ],
    )
    def test_is_noticed(
        self,
        peer: StripePeer,
        client: stripe.StripeClient,
        prices: dict[str, str],
        name: str,
        wrong: Obj,
        says: str,
    ) -> None:
        product = client.v1.prices.retrieve(prices[name]).product
        asked: Any = {"product": product, "currency": "usd", **wrong}
        prices[name] = client.v1.prices.create(asked).id
        assert problems(peer, client, prices)[PRICES] == says

    def test_that_is_not_there_keeps_nothing_else_from_running(
        self, peer: StripePeer, client: stripe.StripeClient, prices: dict[str, str]
    ) -> None:
        del prices["render"]
        found = problems(peer, client, prices)
        assert set(found) == {PRICES, RENDER_PAGE}
        assert "render" in found[PRICES]


def instead(patch: Patch, known: Answer, other: Answer) -> None:
    """Have the peer answer a kind of call in another way."""
    changed = [replace(route, answer=other) if route.answer is known else route for route in routes.ROUTES]
    assert changed != routes.ROUTES
    patch.setattr(routes, "ROUTES", changed)


def updates_with(patch: Patch, **more: object) -> None:
    """Have each change of a price made in another way than it was asked for."""

    def update(account: Account, params: Obj, name: str) -> Obj:
        asked = {**params, **more} if "items" in params else params
        return subscription_changes.update_subscription(account, asked, name)

    instead(patch, subscription_changes.update_subscription, update)


def gives_back_twice(patch: Patch) -> None:
    patch.setattr(money, "_check_refund", lambda *_: None)


def gives_a_cent_back(patch: Patch) -> None:
    instead(patch, money.create_refund, lambda account, params: money.create_refund(account, {**params, "amount": 1}))


def keeps_a_fee(patch: Patch) -> None:
    def refund(account: Account, params: Obj) -> Obj:
        made = money.create_refund(account, params)
        made["amount"] -= 50
        return made

    instead(patch, money.create_refund, refund)


def knows_no_keys(patch: Patch) -> None:
    patch.setattr(Server, "_keep", lambda _self, _key, fresh: fresh)


def closes_no_page(patch: Patch) -> None:
    instead(patch, pages.expire_session, pages.retrieve_session)


def declines_nothing(patch: Patch) -> None:
    patch.setattr(methods, "declines", lambda *_: False)


def changes_the_plan_all_the_same(patch: Patch) -> None:
    def update(account: Account, params: Obj, name: str) -> Obj:
        try:
            return subscription_changes.update_subscription(account, params, name)
        except Refused:
            for_nothing = {"proration_behavior": "none", "billing_cycle_anchor": {"type": "unchanged"}}
            subscription_changes.update_subscription(account, {**params, **for_nothing}, name)
            raise

    instead(patch, subscription_changes.update_subscription, update)


def bills_no_upgrade(patch: Patch) -> None:
    updates_with(patch, proration_behavior="none")


def keeps_the_period(patch: Patch) -> None:
    updates_with(patch, billing_cycle_anchor={"type": "unchanged"})


def bills_in_full(patch: Patch) -> None:
    patch.setattr(subscription_changes, "_prorations", _whole_months)


def _whole_months(account: Account, subscription: Obj, before: Obj, after: Obj, at: int) -> list[Obj]:
    changed = {**subscription, "items": {**subscription["items"], "data": [after]}}
    assert at
    assert before
    return subscriptions.lines_for(account, changed)


def bills_every_change(patch: Patch) -> None:
    updates_with(patch, proration_behavior="always_invoice")


def changes_no_plan(patch: Patch) -> None:
    def update(account: Account, params: Obj, name: str) -> Obj:
        asked = {key: value for key, value in params.items() if key != "items"}
        return subscription_changes.update_subscription(account, asked, name)

    instead(patch, subscription_changes.update_subscription, update)


def keeps_no_labels(patch: Patch) -> None:
    updates_with(patch, metadata={})


def keeps_other_labels(patch: Patch) -> None:
    updates_with(patch, metadata={"kept_plan": "enterprise", "kept_until": "1800000000"})


def has_no_months(patch: Patch) -> None:
    patch.setattr(subscriptions, "end_after", lambda *_: 1)


def lists_no_subscription(patch: Patch) -> None:
    def listed(account: Account, params: Obj) -> Obj:
        return {**subscriptions.list_subscriptions(account, params), "data": [], "has_more": False}

    instead(patch, subscriptions.list_subscriptions, listed)


def hears_no_end(patch: Patch) -> None:
    def update(account: Account, params: Obj, name: str) -> Obj:
        asked = {key: value for key, value in params.items() if key != "cancel_at_period_end"}
        return subscription_changes.update_subscription(account, asked, name)

    instead(patch, subscription_changes.update_subscription, update)


def ends_nothing(patch: Patch) -> None:
    instead(
        patch,
        subscriptions.cancel_subscription,
        lambda account, _, name: subscriptions.retrieve_subscription(account, {}, name),
    )


def shows_no_bills(patch: Patch) -> None:
    def listed(account: Account, params: Obj) -> Obj:
        return {**invoices.list_invoices(account, params), "data": [], "has_more": False}

    instead(patch, invoices.list_invoices, listed)


def has_no_page_for_bills(patch: Patch) -> None:
    def finalise(account: Account, invoice: Obj, **more: Any) -> None:  # noqa: ANN401
        real(account, invoice, **more)
        invoice["hosted_invoice_url"] = None

    real = invoices.finalise
    patch.setattr(invoices, "finalise", finalise)


def forgets_who_is_deleted(patch: Patch) -> None:
    patch.setattr(Account, "living_customer", lambda self, name, param="id": self.get("customer", name, param=param))


def tells_nothing(patch: Patch) -> None:
    def listed(account: Account, params: Obj) -> Obj:
        return {**endpoints.list_events(account, params), "data": [], "has_more": False}

    instead(patch, endpoints.list_events, listed)


def subscribes_nobody(patch: Patch) -> None:
    def refuse(*_: object) -> Obj:
        raise Refused("We are closed.")

    instead(patch, subscription_create.create_subscription, refuse)


def begins_incomplete(patch: Patch) -> None:
    def create(account: Account, params: Obj) -> Obj:
        return subscription_create.create_subscription(account, {**params, "payment_behavior": "default_incomplete"})

    instead(patch, subscription_create.create_subscription, create)


NOBODY = "there is no subscription"
# What is wrong with Stripe, and by which steps that is noticed, with what words.
BROKEN: dict[Callable[[Patch], None], dict[str, str]] = {
    gives_back_twice: {REFUND: "2 refunds were made", ENDED: "cents went back"},
    gives_a_cent_back: {REFUND: "2 refunds were made", ENDED: "cents went back"},
    keeps_a_fee: {REFUND: "449 cents went back", ENDED: "[1950] cents went back"},
    knows_no_keys: {CUSTOMER: "two customers were made", **dict.fromkeys(PAGES, "two pages were opened")},
    closes_no_page: dict.fromkeys(PAGES, "the page did not close"),
    declines_nothing: {
        DECLINED: "the card was not declined",
        UPGRADE: "it was billed with [0]",
        ENDED: "[] cents went back",
    },
    changes_the_plan_all_the_same: {DECLINED: "the plan has changed"},
    bills_no_upgrade: {UPGRADE: "it was billed with [2999], the preview says 2000"},
    keeps_the_period: {UPGRADE: "no new period has begun"},
    bills_in_full: {UPGRADE: "it was billed with [2999]"},
    bills_every_change: {DOWNGRADE: "it was billed", ENDED: "[] cents went back"},
    changes_no_plan: {
        DECLINED: "the card was not declined",
        UPGRADE: "the plan is another one",
        ENDED: "[] cents went back",
    },
    keeps_no_labels: {DOWNGRADE: "kept: None"},
    keeps_other_labels: {DOWNGRADE: "it is kept for another time"},
    has_no_months: {
        SUBSCRIPTION: "its period has no end",
        **dict.fromkeys((DECLINED, UPGRADE, DOWNGRADE), "within the current billing period"),
    },
    lists_no_subscription: {SUBSCRIPTION: "it is not listed"},
    hears_no_end: {CANCELLED: "it did not take"},
    ends_nothing: {ENDED: "it goes on"},
    shows_no_bills: {UPGRADE: "it was billed with []", BILLS: "there are none"},
    has_no_page_for_bills: {BILLS: "without a page"},
    forgets_who_is_deleted: {DELETED: "the portal opens all the same"},
    tells_nothing: {EVENTS: "none"},
    subscribes_nobody: {
        SUBSCRIPTION: "We are closed",
        BILLS: "there are none",
        **dict.fromkeys(OF_SUBSCRIPTIONS, NOBODY),
    },
    begins_incomplete: {SUBSCRIPTION: "it is pro, not_yet"},
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_stripe_that_is_wrong_is_noticed(
    peer: StripePeer,
    client: stripe.StripeClient,
    prices: dict[str, str],
    monkeypatch: Patch,
    broken: Callable[[Patch], None],
) -> None:
    broken(monkeypatch)
    found = problems(peer, client, prices)
    for step, says in BROKEN[broken].items():
        assert says in found[step]
    if broken is not begins_incomplete:
        assert set(found) == set(BROKEN[broken])


def test_a_stripe_that_is_away_is_a_problem_of_every_step(
    peer: StripePeer, client: stripe.StripeClient, prices: dict[str, str]
) -> None:
    peer.go_down()
    assert set(problems(peer, client, prices)) == ALL


class TestTheCommand:
    @pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1", "pk_test_1", "", "test", "sk_tes", "live_sk_test_1"])
    def test_takes_no_key_with_which_money_could_move(self, key: str) -> None:
        with pytest.raises(CallerError, match="test-mode key"):
            refuse_live_key(key)

    @pytest.mark.parametrize("key", ["sk_test_1", "rk_test_1"])
    def test_takes_keys_of_the_test_mode(self, key: str) -> None:
        refuse_live_key(key)

    def test_makes_no_call_with_a_live_key(self, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]) -> None:
        def run(*_: object) -> Iterator[Step]:
            raise AssertionError("it has begun")

        self._prepare(monkeypatch, run, "sk_live_1")
        assert cli.run(["billing", "selftest"]) == 2
        assert "test-mode key" in capsys.readouterr().err

    @pytest.mark.parametrize(("problem", "status"), [(None, 0), ("two pages were opened", 1)])
    def test_says_how_each_step_went(
        self, monkeypatch: Patch, capsys: pytest.CaptureFixture[str], problem: str | None, status: int
    ) -> None:
        self._prepare(monkeypatch, lambda *_: iter([Step(PRICES, None), Step(PLAN_PAGE, problem)]), "sk_test_1")
        assert cli.run(["billing", "selftest"]) == status
        first, second = capsys.readouterr().out.splitlines()
        assert first == f"ok      {PRICES}"
        assert second == (f"failed  {PLAN_PAGE}: {problem}" if problem else f"ok      {PLAN_PAGE}")

    def _prepare(self, monkeypatch: Patch, run: Callable[..., Iterator[Step]], key: str) -> None:
        settings = Settings(_env_file=None, stripe_secret_key=key)
        monkeypatch.setattr(cli_billing, "load_settings", lambda: settings)
        monkeypatch.setattr(selftest, "run_selftest", run)
