"""Changes of subscriptions (price, anchor, end) and previews of their cost."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.peers.stripe import invoices, methods
from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.catalogue import plan_of
from tests.peers.stripe.clock import end_after
from tests.peers.stripe.subscriptions import (
    LIVING,
    check_method,
    for_item,
    items_of,
    lines_for,
    method_of,
    period_of,
    price_for_item,
    try_to_collect,
)
from tests.peers.stripe.wire import Obj, Refused, not_modelled, only_modelled

_OF_CHANGES = (
    "billing_cycle_anchor",
    "cancel_at",
    "cancel_at_period_end",
    "cancellation_details",
    "default_payment_method",
    "description",
    "items",
    "metadata",
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
)


def update_subscription(account: Account, params: Obj, name: str) -> Obj:
    """POST /v1/subscriptions/:id."""
    subscription = account.get("subscription", name)
    _check_update(account, subscription, params)
    new: Obj = _cancellation(account, subscription, params)
    if "metadata" in params:
        new["metadata"] = merged(subscription["metadata"], params["metadata"])
    for field in ("description", "default_payment_method"):
        if field in params:
            new[field] = params[field] or None
    if "cancellation_details" in params:
        details = {name: value or None for name, value in params["cancellation_details"].items()}
        base: Obj = new.get("cancellation_details") or subscription["cancellation_details"]
        new["cancellation_details"] = {**base, **details}
    if "items" not in params and params.get("billing_cycle_anchor", {}).get("type") != "now":
        account.change(subscription, "customer.subscription.updated", **new)
        return subscription
    _change_items(account, subscription, params, new)
    return subscription


def _check_update(account: Account, subscription: Obj, params: Obj) -> None:
    only_modelled(params, _OF_CHANGES, "a changed subscription")
    if params.get("default_payment_method"):
        name, customer = params["default_payment_method"], subscription["customer"]
        methods.of_customer(account, name, customer, param="default_payment_method")
    if subscription["status"] == "incomplete" and set(params) - {"metadata", "expand"}:
        raise not_modelled("changes of a subscription that is incomplete")
    if params.get("payment_behavior") in ("default_incomplete", "pending_if_incomplete"):
        raise not_modelled(f"payment_behavior {params['payment_behavior']}")
    if subscription["status"] in LIVING:
        return
    if set(params) - {"metadata", "cancellation_details", "expand"}:
        raise Refused("A canceled subscription can only update its cancellation_details and metadata.")


def _cancellation(account: Account, subscription: Obj, params: Obj) -> Obj:
    if "cancel_at" in params and "cancel_at_period_end" in params:
        raise Refused("You may only specify one of these parameters: cancel_at, cancel_at_period_end.")
    if "cancel_at" in params:
        return _cancel_at(account, subscription, params["cancel_at"])
    if "cancel_at_period_end" not in params:
        return {}
    if params["cancel_at_period_end"]:
        return {**_wish(account, subscription), "cancel_at_period_end": True, "cancel_at": period_of(subscription)[1]}
    # A date that was set by itself, as the portal does, stays until `cancel_at` is emptied.
    return {**_no_wish(subscription), "cancel_at": None} if subscription["cancel_at_period_end"] else {}


def _cancel_at(account: Account, subscription: Obj, asked: Any) -> Obj:  # noqa: ANN401
    if asked == "":
        return {**_no_wish(subscription), "cancel_at": None}
    ends = [item["current_period_end"] for item in items_of(subscription)]
    named = {"min_period_end": min(ends), "max_period_end": max(ends)}
    at = named.get(asked, asked) if isinstance(asked, str) else asked
    if not isinstance(at, int):
        raise not_modelled(f"cancel_at {asked}")
    if at <= account.now:
        raise Refused("The `cancel_at` date must be in the future.", param="cancel_at")
    return {**_wish(account, subscription), "cancel_at_period_end": False, "cancel_at": at}


def _wish(account: Account, subscription: Obj) -> Obj:
    details = {**subscription["cancellation_details"], "reason": "cancellation_requested"}
    return {"canceled_at": account.now, "cancellation_details": details}


def _no_wish(subscription: Obj) -> Obj:
    details = {**subscription["cancellation_details"], "reason": None}
    return {"cancel_at_period_end": False, "canceled_at": None, "cancellation_details": details}


def cancel_from_portal(account: Account, subscription: Obj) -> None:
    """Have the customer end it in the portal: in flexible mode that sets the date alone."""
    if subscription["billing_mode"]["type"] == "classic":
        new = _cancellation(account, subscription, {"cancel_at_period_end": True})
    else:
        new = _cancel_at(account, subscription, "max_period_end")
    account.change(subscription, "customer.subscription.updated", **new)


def resume_from_portal(account: Account, subscription: Obj) -> None:
    """Have the customer take a cancellation back in the portal."""
    new = {**_no_wish(subscription), "cancel_at": None}
    account.change(subscription, "customer.subscription.updated", **new)


@dataclass(frozen=True)
class Change:
    """What a change of the price or the anchor brings, before anything is changed."""

    item: Obj
    # Fields of the subscription itself.
    fields: Obj
    # Prorations; with a new period only what was left of the old one.
    lines: list[Obj]
    # Whether a period begins now, and whether an invoice is made now.
    restart: bool
    billed_now: bool

    def applied_to(self, subscription: Obj) -> Obj:
        """Give the subscription as it will be."""
        return {**subscription, **self.fields, "items": {**subscription["items"], "data": [self.item]}}


def planned(account: Account, subscription: Obj, params: Obj) -> Change:
    """Say what a change would bring.

    Raises:
        Refused: It cannot be made.
    """
    (item,) = items_of(subscription)
    price, quantity = _asked_item(account, item, params)
    after = {**item, "price": dict(price), "plan": plan_of(price), "quantity": quantity}
    trialing = subscription["status"] == "trialing"
    anew = params.get("billing_cycle_anchor", {}).get("type") == "now"
    if trialing and anew:
        raise not_modelled("a new anchor during a trial")
    # A trial goes on whatever is changed, and what comes after it is not charged before.
    restart = not trialing and (anew or _rhythm(price) != _rhythm(item["price"]))
    fields: Obj = {}
    if restart:
        after["current_period_start"] = fields["billing_cycle_anchor"] = account.now
        after["current_period_end"] = end_after(account.now, *_rhythm(price), account.now)
    behaviour = params.get("proration_behavior", "create_prorations")
    at = params.get("proration_date", account.now)
    if not item["current_period_start"] <= at <= item["current_period_end"]:
        raise Refused("The `proration_date` must be within the current billing period.", param="proration_date")
    prorated = behaviour != "none" and not trialing and (restart or after != item)
    lines = _prorations(account, subscription, item, after, at) if prorated else []
    if restart:
        # The new period is paid in full: only what was left of the old one comes back.
        lines = [line for line in lines if line["amount"] < 0]
    billed_now = restart or (behaviour == "always_invoice" and bool(lines))
    return Change(after, fields, lines, restart, billed_now)


def _change_items(account: Account, subscription: Obj, params: Obj, new: Obj) -> None:
    change = planned(account, subscription, params)
    new = {**new, **change.fields}
    if change.item == items_of(subscription)[0] and not new:
        return
    if change.billed_now and params.get("payment_behavior") == "error_if_incomplete":
        _check_money(account, subscription, change)
    if change.restart or (params.get("proration_behavior") != "none" and subscription["status"] != "trialing"):
        account.debited[subscription["id"]] = _full_price(change.item)
    account.pending_lines.setdefault(subscription["id"], []).extend(change.lines)
    items = change.applied_to(subscription)["items"]
    if not change.billed_now:
        account.change(subscription, "customer.subscription.updated", **new, items=items)
        return
    previous = account.change(subscription, None, **new, items=items)
    _invoice_change(account, subscription, previous, restart=change.restart)


def lines_of(account: Account, subscription: Obj, change: Change) -> list[Obj]:
    """Give the lines of the invoice that a change makes now."""
    billed = [*account.pending_lines.get(subscription["id"], []), *change.lines]
    return [*billed, *lines_for(account, change.applied_to(subscription))] if change.restart else billed


def _check_money(account: Account, subscription: Obj, change: Change) -> None:
    """Refuse a change whose invoice could not be paid."""
    customer = account.get("customer", subscription["customer"])
    if invoices.due_of(customer, sum(line["amount"] for line in lines_of(account, subscription, change))):
        check_method(account, method_of(account, subscription), customer)


def _asked_item(account: Account, item: Obj, params: Obj) -> tuple[Obj, int]:
    asked_items = params.get("items", [{"id": item["id"]}])
    if len(asked_items) != 1:
        raise not_modelled("subscriptions with several items")
    asked = asked_items[0]
    if "id" not in asked:
        # As with Stripe, an entry without an id would be a second item.
        raise not_modelled("a second item: give the item's id to change its price")
    if asked["id"] != item["id"]:
        raise Refused(f"No such subscription item: '{asked['id']}'", code="resource_missing", param="items[0][id]")
    only_modelled(asked, ("id", "price", "quantity"), "a subscription's item")
    price = price_for_item(account, asked["price"]) if "price" in asked else item["price"]
    return price, asked.get("quantity", item["quantity"])


def _rhythm(price: Obj) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def _prorations(account: Account, subscription: Obj, before: Obj, after: Obj, at: int) -> list[Obj]:
    start, end = before["current_period_start"], before["current_period_end"]
    left = Fraction(end - at, end - start)
    owed, paid = _full_price(after), _full_price(before)
    if subscription["billing_mode"]["type"] == "flexible":
        # What was charged comes back, whatever the price has become since without a proration.
        paid = account.debited[subscription["id"]]
    both = []
    for item, full, says in ((before, -paid, "Unused time on"), (after, owed, "Remaining time on")):
        price = item["price"]
        amount = _rounded(left * full)
        if not amount:
            continue
        name = account.get("product", price["product"])["name"]
        line = invoices.line(account, price, item["quantity"], f"{says} {name}", (at, end), amount)
        both.append(for_item(line, subscription, after, proration=True))
    return both


def _full_price(item: Obj) -> int:
    return int(item["price"]["unit_amount"] * item["quantity"])


def _rounded(amount: Fraction) -> int:
    return int(abs(amount) + Fraction(1, 2)) * (1 if amount > 0 else -1)


def _invoice_change(account: Account, subscription: Obj, previous: Obj, *, restart: bool) -> None:
    customer = account.get("customer", subscription["customer"])
    lines = account.pending_lines.pop(subscription["id"], [])
    if restart:
        lines += lines_for(account, subscription)
    period = (account.now, account.now)
    invoice = invoices.draft(account, customer, "subscription_update", lines, period, subscription)
    previous["latest_invoice"] = subscription["latest_invoice"]
    subscription["latest_invoice"] = invoice["id"]
    invoices.finalise(account, invoice)
    account.emit("customer.subscription.updated", subscription, previous)
    try_to_collect(account, subscription, invoice)


def create_preview(account: Account, params: Obj) -> Obj:
    """POST /v1/invoices/create_preview: the invoice that a change would make, now or with the next period."""
    only_modelled(params, ("subscription", "subscription_details"), "a preview")
    if "subscription" not in params:
        raise not_modelled("previews of what is no subscription yet")
    details = params.get("subscription_details", {})
    asked = ("billing_cycle_anchor", "items", "proration_behavior", "proration_date")
    only_modelled(details, asked, "the subscription of a preview")
    subscription = account.get("subscription", params["subscription"], param="subscription")
    if subscription["status"] not in ("active", "past_due", "trialing"):
        raise Refused("This subscription has no upcoming invoice.", code="invoice_upcoming_none", param="subscription")
    change = planned(account, subscription, details)
    customer, period = account.get("customer", subscription["customer"]), period_of(subscription)
    if change.billed_now:
        lines = lines_of(account, subscription, change)
    elif subscription["cancel_at"] is not None and subscription["cancel_at"] <= period[1]:
        raise Refused("This subscription has no upcoming invoice.", code="invoice_upcoming_none", param="subscription")
    else:
        lines = [*account.pending_lines.get(subscription["id"], []), *change.lines]
        lines += lines_for(account, _after_its_period(change.applied_to(subscription)))
    return invoices.previewed(account, customer, lines, period, subscription)


def _after_its_period(subscription: Obj) -> Obj:
    """Give a subscription as it will be when its period has ended."""
    (item,) = items_of(subscription)
    end = end_after(subscription["billing_cycle_anchor"], *_rhythm(item["price"]), item["current_period_end"])
    later = {**item, "current_period_start": item["current_period_end"], "current_period_end": end}
    return {**subscription, "status": "active", "items": {**subscription["items"], "data": [later]}}
