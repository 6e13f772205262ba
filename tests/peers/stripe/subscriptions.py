"""Subscriptions: begun, owed for, cancelled."""

from tests.peers.stripe import invoices, methods, money
from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.catalogue import plan_of
from tests.peers.stripe.clock import DAY_S, HOUR_S, end_after
from tests.peers.stripe.pagination import everything, page
from tests.peers.stripe.wire import NotOpen, Obj, Refused, not_modelled

_WARNED_BEFORE_S = 3 * DAY_S
# How long an invoice that begins a subscription may wait for its money.
_PATIENCE_S = 23 * HOUR_S
LIVING = ("active", "past_due", "trialing", "incomplete", "unpaid", "paused")


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
        made.append(for_item(line, subscription, item, proration=False))
    return made


def for_item(line: Obj, subscription: Obj, item: Obj, *, proration: bool) -> Obj:
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
