"""Subscriptions: begun, changed, owed for, cancelled."""

from fractions import Fraction
from typing import Any

from tests.peers.stripe import invoices, methods, money
from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.catalogue import plan_of
from tests.peers.stripe.clock import DAY_S, HOUR_S, end_after
from tests.peers.stripe.listing import everything, page
from tests.peers.stripe.wire import NotOpen, Obj, Refused, not_modelled, only_modelled

_WARNED_BEFORE_S = 3 * DAY_S
# How long an invoice that begins a subscription may wait for its money.
_PATIENCE_S = 23 * HOUR_S
LIVING = ("active", "past_due", "trialing", "incomplete", "unpaid", "paused")
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


def begin(account: Account, customer: Obj, priced: list[tuple[Obj, int]], asked: Obj, method: str | None) -> Obj:
    """Make a subscription with a payment method of its own or the customer's, without saying so yet."""
    name = account.new_id("sub")
    first = priced[0][0]["recurring"]
    trial_end = account.now + asked["trial_period_days"] * DAY_S if "trial_period_days" in asked else None
    end = trial_end or end_after(account.now, first["interval"], first["interval_count"], account.now)
    subscription: Obj = {
        "id": name,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": trial_end or account.now,
        "billing_cycle_anchor_config": None,
        "billing_mode": _billing_mode(asked.get("billing_mode", {}).get("type", "flexible")),
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": account.now,
        "currency": priced[0][0]["currency"],
        "customer": customer["id"],
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": method,
        "default_source": None,
        "default_tax_rates": [],
        "description": asked.get("description"),
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": everything(
            [_item(account, name, price, quantity, (account.now, end)) for price, quantity in priced],
            f"/v1/subscription_items?subscription={name}",
        ),
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": merged({}, asked.get("metadata", {})),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": account.now,
        "status": "trialing" if trial_end else "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": account.now if trial_end else None,
    }
    customer["currency"] = subscription["currency"]
    account.debited[name] = sum(price["unit_amount"] * quantity for price, quantity in priced)
    return account.add(subscription)


def _billing_mode(kind: str) -> Obj:
    flexible = {"proration_discounts": "included"} if kind == "flexible" else None
    return {"flexible": flexible, "type": kind}


def _item(account: Account, subscription: str, price: Obj, quantity: int, period: tuple[int, int]) -> Obj:
    return {
        "id": account.new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": account.now,
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "plan": plan_of(price),
        "price": dict(price),
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    }


def items_of(subscription: Obj) -> list[Obj]:
    """Give the items of a subscription."""
    items: list[Obj] = subscription["items"]["data"]
    return items


def period_of(subscription: Obj) -> tuple[int, int]:
    """Give the running period, which this version keeps on the items."""
    item = items_of(subscription)[0]
    return item["current_period_start"], item["current_period_end"]


def say_begun(account: Account, subscription: Obj) -> None:
    """Tell of a subscription; of a trial that is short, at once that it will end."""
    account.emit("customer.subscription.created", subscription)
    if subscription["trial_end"] and trial_warning(subscription) <= account.now:
        warn_of_trials_end(account, subscription)


def trial_warning(subscription: Obj) -> int:
    """Say when the end of a trial is announced."""
    return int(subscription["trial_end"]) - _WARNED_BEFORE_S


def warn_of_trials_end(account: Account, subscription: Obj) -> None:
    """Announce that a trial ends."""
    account.announced.add(subscription["id"])
    account.emit("customer.subscription.trial_will_end", subscription)


def lines_for(account: Account, subscription: Obj) -> list[Obj]:
    """Make an invoice's lines for the running period."""
    made = []
    for item in items_of(subscription):
        price = item["price"]
        product = account.get("product", price["product"])
        says = f"{item['quantity']} × {product['name']} (at {price['unit_amount'] / 100:.2f} / {price['recurring']['interval']})"  # noqa: E501, RUF001
        line = invoices.line(account, price, item["quantity"], says, period_of(subscription))
        if subscription["status"] == "trialing":
            says = f"Trial period for {product['name']}"
            line = invoices.line(account, price, item["quantity"], says, period_of(subscription), 0)
        made.append(_for_item(line, subscription, item, proration=False))
    return made


def _for_item(line: Obj, subscription: Obj, item: Obj, *, proration: bool) -> Obj:
    line["subscription"] = subscription["id"]
    line["parent"] = {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": proration,
            "proration_details": {"credited_items": None},
            "subscription": subscription["id"],
            "subscription_item": item["id"],
        },
        "type": "subscription_item_details",
    }
    return line


def method_of(account: Account, subscription: Obj) -> Obj | None:
    """Give what a subscription is paid with: a payment method of its own, or the customer's."""
    customer = account.get("customer", subscription["customer"])
    own, common = subscription["default_payment_method"], customer["invoice_settings"]["default_payment_method"]
    return account.objects.get(own or common or "")


def retrieve_subscription(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/subscriptions/:id."""
    return account.get("subscription", name)


def list_subscriptions(account: Account, params: Obj) -> Obj:
    """GET /v1/subscriptions: those that have ended only where the status is asked for."""
    found = account.all("subscription")
    status = params.get("status")
    if status is None:
        found = [one for one in found if one["status"] != "canceled"]
    elif status == "ended":
        found = [one for one in found if one["status"] in ("canceled", "incomplete_expired")]
    elif status != "all":
        found = [one for one in found if one["status"] == status]
    if "customer" in params:
        found = [one for one in found if one["customer"] == params["customer"]]
    if "price" in params:
        found = [one for one in found if params["price"] in {item["price"]["id"] for item in items_of(one)}]
    return page(found, params, "/v1/subscriptions", "status", "customer", "price")


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


def _change_items(account: Account, subscription: Obj, params: Obj, new: Obj) -> None:
    (item,) = items_of(subscription)
    price, quantity = _asked_item(account, item, params)
    before = dict(item)
    changed = {"price": dict(price), "plan": plan_of(price), "quantity": quantity}
    trialing = subscription["status"] == "trialing"
    anew = params.get("billing_cycle_anchor", {}).get("type") == "now"
    if trialing and anew:
        raise not_modelled("a new anchor during a trial")
    # A trial goes on whatever is changed, and what comes after it is not charged before.
    restart = not trialing and (anew or _rhythm(price) != _rhythm(before["price"]))
    if restart:
        interval, count = _rhythm(price)
        changed["current_period_start"] = account.now
        changed["current_period_end"] = end_after(account.now, interval, count, account.now)
        new["billing_cycle_anchor"] = account.now
    after = {**item, **changed}
    if after == item and not new:
        return
    behaviour = params.get("proration_behavior", "create_prorations")
    at = params.get("proration_date", account.now)
    prorated = behaviour != "none" and not trialing
    debited = account.debited[subscription["id"]]
    lines = _prorations(account, subscription, before, after, at) if prorated else []
    if restart:
        # The new period is paid in full: only what was left of the old one comes back.
        lines = [line for line in lines if line["amount"] < 0]
    items = {**subscription["items"], "data": [after]}
    now = restart or (behaviour == "always_invoice" and bool(lines))
    if now and params.get("payment_behavior") == "error_if_incomplete":
        try:
            _check_money(account, {**subscription, "items": items}, lines, restart=restart)
        except Refused:
            account.debited[subscription["id"]] = debited
            raise
    account.pending_lines.setdefault(subscription["id"], []).extend(lines)
    if not now:
        account.change(subscription, "customer.subscription.updated", **new, items=items)
        return
    previous = account.change(subscription, None, **new, items=items)
    _invoice_change(account, subscription, previous, restart=restart)


def _check_money(account: Account, changed: Obj, lines: list[Obj], *, restart: bool) -> None:
    """Refuse a change whose invoice could not be paid."""
    customer = account.get("customer", changed["customer"])
    billed = [*account.pending_lines.get(changed["id"], []), *lines]
    if restart:
        billed += lines_for(account, changed)
    if invoices.due_of(customer, sum(line["amount"] for line in billed)):
        check_method(account, method_of(account, changed), customer)


def check_method(account: Account, method: Obj | None, customer: Obj) -> None:
    """Check that a payment method would pay.

    Raises:
        Refused: There is none, or it is declined.
    """
    if method is None:
        raise Refused(
            "This customer has no attached payment source or default payment method. Please consider adding a default "
            "payment method. For more information, visit "
            "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.",
            code="resource_missing",
        )
    if methods.declines(account, method, customer["id"]):
        raise methods.declined()


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


def price_for_item(account: Account, name: str) -> Obj:
    """Find a price that a subscription may have.

    Raises:
        Refused: It is for single payments, or not sold any more.
    """
    price = account.get("price", name, param="items[0][price]")
    if price["recurring"] is None:
        raise Refused(
            f"The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`: {price['id']}",  # noqa: E501
            param="items[0][price]",
        )
    if not price["active"]:
        raise Refused(
            "The price specified is inactive. This field only accepts active prices.", param="items[0][price]"
        )
    return price


def _rhythm(price: Obj) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def _prorations(account: Account, subscription: Obj, before: Obj, after: Obj, at: int) -> list[Obj]:
    start, end = before["current_period_start"], before["current_period_end"]
    left = Fraction(end - at, end - start)
    owed = after["price"]["unit_amount"] * after["quantity"]
    paid = before["price"]["unit_amount"] * before["quantity"]
    if subscription["billing_mode"]["type"] == "flexible":
        # What was charged comes back, whatever the price has become since without a proration.
        paid = account.debited[subscription["id"]]
    account.debited[subscription["id"]] = owed
    both = []
    for item, full, says in ((before, -paid, "Unused time on"), (after, owed, "Remaining time on")):
        price = item["price"]
        amount = _rounded(left * full)
        if not amount:
            continue
        name = account.get("product", price["product"])["name"]
        line = invoices.line(account, price, item["quantity"], f"{says} {name}", (at, end), amount)
        both.append(_for_item(line, subscription, after, proration=True))
    return both


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


# Stripe's own choice of moments varies: these are eight within two weeks.
RETRY_AFTER_DAYS = (1, 3, 5, 7, 9, 11, 13, 14)
_OWING = ("active", "past_due")


def try_to_collect(account: Account, subscription: Obj, invoice: Obj) -> None:
    """Charge for an invoice; when the card is declined, plan the next try, or end it after the last."""
    outcome = invoices.collect(account, invoice, method_of(account, subscription))
    if outcome == "paid":
        recover(account, subscription, invoice)
    elif outcome == "failed":
        failed(account, subscription, invoice)


def settle(account: Account, invoice: Obj, *, succeeds: bool) -> None:
    """Say how the debit of a bank account for an invoice has ended."""
    intent = invoices.intent_of(account, invoice)
    if intent is None or intent["status"] != "processing":
        raise NotOpen(intent["status"] if intent else invoice["status"])
    subscription = account.get("subscription", str(invoices.subscription_of(invoice)))
    method = account.get("payment_method", intent["payment_method"])
    if succeeds:
        money.succeed(account, intent, method)
        invoices.mark_paid(account, invoice)
        recover(account, subscription, invoice)
    else:
        money.fail(account, intent, method)
        failed(account, subscription, invoice)


def pay_by_hand(account: Account, invoice: Obj) -> None:
    """Have the customer pay an open invoice with a card that works."""
    subscription = account.get("subscription", str(invoices.subscription_of(invoice)))
    intent = invoices.intent_of(account, invoice)
    if intent is not None:
        details = methods.billing_details(invoice["customer_email"], invoice["customer_name"])
        invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
        money.succeed(account, intent, methods.new_card(account, invoice["customer"], details))
    invoices.mark_paid(account, invoice)
    recover(account, subscription, invoice)


def failed(account: Account, subscription: Obj, invoice: Obj) -> None:
    """Say that an invoice was not paid, and what comes of it."""
    if subscription["status"] not in _OWING:
        # Nobody tries again for one that has ended, or has never begun.
        invoice["next_payment_attempt"] = None
        account.emit("invoice.payment_failed", invoice)
        return
    since = account.first_failure.setdefault(invoice["id"], account.now)
    later = [since + days * DAY_S for days in RETRY_AFTER_DAYS if since + days * DAY_S > account.now]
    invoice["next_payment_attempt"] = later[0] if later else None
    invoice["auto_advance"] = bool(later)
    account.emit("invoice.payment_failed", invoice)
    if not later:
        end(account, subscription, "payment_failed")
    elif subscription["status"] == "active":
        account.change(subscription, "customer.subscription.updated", status="past_due")


def recover(account: Account, subscription: Obj, invoice: Obj) -> None:
    """Go on after an invoice is paid, when no other is owed."""
    account.first_failure.pop(invoice["id"], None)
    owing = [
        one
        for one in account.all("invoice")
        if one["status"] == "open" and invoices.subscription_of(one) == subscription["id"]
    ]
    if subscription["status"] in ("past_due", "incomplete") and not owing:
        account.change(subscription, "customer.subscription.updated", status="active")


def patience_ends(subscription: Obj) -> int:
    """Say until when a subscription may be incomplete."""
    return int(subscription["created"]) + _PATIENCE_S


def give_up(account: Account, subscription: Obj) -> None:
    """End a subscription that has never begun."""
    invoices.void(account, account.get("invoice", subscription["latest_invoice"]))
    account.change(subscription, "customer.subscription.updated", status="incomplete_expired", ended_at=account.now)


def end(account: Account, subscription: Obj, reason: str) -> None:
    """End a subscription at once."""
    asked_before = subscription["canceled_at"]
    subscription.update(
        status="canceled",
        ended_at=account.now,
        canceled_at=asked_before or account.now,
        cancellation_details={**subscription["cancellation_details"], "reason": reason},
    )
    for invoice in account.all("invoice"):
        if invoices.subscription_of(invoice) == subscription["id"] and invoice["status"] in ("draft", "open"):
            invoice.update(auto_advance=False, next_payment_attempt=None, automatically_finalizes_at=None)
    account.emit("customer.subscription.deleted", subscription)


def cancel_subscription(account: Account, params: Obj, name: str) -> Obj:
    """DELETE /v1/subscriptions/:id: at once."""
    subscription = account.get("subscription", name)
    if subscription["status"] not in LIVING:
        raise Refused(f"No such subscription: '{name}'", status=404, code="resource_missing", param="id")
    if params.get("prorate") or params.get("invoice_now"):
        raise not_modelled("a last invoice when a subscription is cancelled")
    details = {field: value or None for field, value in params.get("cancellation_details", {}).items()}
    subscription["cancellation_details"] = {**subscription["cancellation_details"], **details}
    end(account, subscription, "cancellation_requested")
    return subscription
