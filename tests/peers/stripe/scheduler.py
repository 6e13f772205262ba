"""Everything that Stripe does by itself as the peer's clock advances."""

from collections.abc import Callable, Iterator
from functools import partial

from tests.peers.stripe import checkout, invoices, subscriptions
from tests.peers.stripe.account import Account
from tests.peers.stripe.clock import end_after
from tests.peers.stripe.wire import Obj

Due = tuple[int, Callable[[], None]]


def advance(account: Account, until: int) -> None:
    """Let time pass, and do each thing at its moment, in order."""
    while True:
        due = min(_all_due(account), key=lambda one: one[0], default=None)
        if due is None or due[0] > until:
            break
        account.now = max(account.now, due[0])
        due[1]()
    account.now = max(account.now, until)


def _all_due(account: Account) -> Iterator[Due]:
    for session in account.all("checkout.session"):
        if session["status"] == "open":
            yield session["expires_at"], partial(checkout.expire, account, session)
    for subscription in account.all("subscription"):
        if subscription["status"] in ("active", "past_due", "trialing"):
            yield _next_turn(subscription), partial(_turn, account, subscription)
        if subscription["status"] == "trialing" and subscription["id"] not in account.announced:
            warn = partial(subscriptions.warn_of_trials_end, account, subscription)
            yield subscriptions.trial_warning(subscription), warn
        if subscription["status"] == "incomplete":
            yield subscriptions.patience_ends(subscription), partial(subscriptions.give_up, account, subscription)
    for invoice in account.all("invoice"):
        if invoice["status"] == "draft" and invoice["automatically_finalizes_at"]:
            yield invoice["automatically_finalizes_at"], partial(_finalise, account, invoice)
        elif invoice["status"] == "open" and invoice["auto_advance"] and invoice["next_payment_attempt"]:
            yield invoice["next_payment_attempt"], partial(_try_again, account, invoice)


def _next_turn(subscription: Obj) -> int:
    end = subscriptions.period_of(subscription)[1]
    return min(end, subscription["cancel_at"] or end)


def _turn(account: Account, subscription: Obj) -> None:
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= account.now:
        subscriptions.end(account, subscription, "cancellation_requested")
        return
    before = subscriptions.period_of(subscription)
    (item,) = subscriptions.items_of(subscription)
    recurring = item["price"]["recurring"]
    anchor = subscription["billing_cycle_anchor"]
    end = end_after(anchor, recurring["interval"], recurring["interval_count"], before[1])
    renewed = {**item, "current_period_start": before[1], "current_period_end": end}
    items = {**subscription["items"], "data": [renewed]}
    account.debited[subscription["id"]] = item["price"]["unit_amount"] * item["quantity"]
    previous = account.change(subscription, None, items=items, status=_after_trial(subscription))
    customer = account.get("customer", subscription["customer"])
    lines = account.pending_lines.pop(subscription["id"], []) + subscriptions.lines_for(account, subscription)
    # An invoice's own period is the one that has passed; what is paid for stands in its lines.
    invoice = invoices.draft(account, customer, "subscription_cycle", lines, before, subscription)
    previous["latest_invoice"] = subscription["latest_invoice"]
    subscription["latest_invoice"] = invoice["id"]
    account.emit("customer.subscription.updated", subscription, previous)


def _after_trial(subscription: Obj) -> str:
    """Give the status in the new period: a trial has ended, whether or not it is going to be paid."""
    status = str(subscription["status"])
    return "active" if status == "trialing" else status


def _finalise(account: Account, invoice: Obj) -> None:
    invoices.finalise(account, invoice)
    _try_again(account, invoice)


def _try_again(account: Account, invoice: Obj) -> None:
    subscription = account.get("subscription", str(invoices.subscription_of(invoice)))
    subscriptions.try_to_collect(account, subscription, invoice)
