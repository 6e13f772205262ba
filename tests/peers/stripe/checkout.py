"""Checkout sessions: opened by the product, paid, declined or left by the customer."""

from typing import Any

from tests.peers.stripe import invoices, methods, money, subscriptions
from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.catalogue import create_price
from tests.peers.stripe.clock import DAY_S
from tests.peers.stripe.customers import create_customer
from tests.peers.stripe.pagination import everything, page
from tests.peers.stripe.subscription_create import check_trial
from tests.peers.stripe.wire import NotOpen, Obj, Refused, missing, not_modelled, only_modelled

_SHORTEST_S, _LONGEST_S = 30 * 60, DAY_S
# The peer's time stands still between `advance`s, the product's does not.
_SLACK_S = 300
_LEAST_CENTS = 50
_BANK_DEBIT = "us_bank_account"
_OF_SESSIONS = (
    "adaptive_pricing",
    "allow_promotion_codes",
    "allowed_payment_method_types",
    "automatic_tax",
    "billing_address_collection",
    "branding_settings",
    "cancel_url",
    "client_reference_id",
    "consent_collection",
    "custom_text",
    "customer",
    "customer_creation",
    "customer_email",
    "customer_update",
    "excluded_payment_method_types",
    "expires_at",
    "integration_identifier",
    "invoice_creation",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "payment_method_collection",
    "phone_number_collection",
    "return_url",
    "submit_type",
    "subscription_data",
    "success_url",
    "tax_id_collection",
    "ui_mode",
)


def create_session(account: Account, params: Obj) -> Obj:
    """POST /v1/checkout/sessions."""
    mode = params.get("mode")
    if mode is None:
        raise missing("mode")
    _check_session(account, params, mode)
    expires_at = _expiry(account, params)
    lines = _lines(account, params, mode)
    total = sum(line["amount_total"] for line in lines)
    name = account.new_id("cs_test_a1", 58).replace("a1_", "a1")
    hosted = params.get("ui_mode", "hosted_page") == "hosted_page"
    with_customer = "customer" in params
    session: Obj = {
        "id": name,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": mode == "payment"},
        "after_expiration": None,
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {
            "enabled": params.get("automatic_tax", {}).get("enabled", False),
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None if hosted else account.new_id(f"{name}_secret"),
        "collected_information": None,
        "consent": None,
        "consent_collection": params.get("consent_collection"),
        "created": account.now,
        "currency": lines[0]["currency"],
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": params.get("customer"),
        "customer_account": None,
        "customer_creation": None if with_customer else _creation(params, mode),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": expires_at,
        "integration_identifier": params.get("integration_identifier"),
        "invoice": None,
        "invoice_creation": _invoice_creation(params) if mode == "payment" else None,
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": None,
        "metadata": merged({}, params.get("metadata", {})),
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": params.get(
            "payment_method_collection", "always" if mode == "subscription" else "if_required"
        ),
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": params.get("allowed_payment_method_types", ["card"]),
        "payment_status": "unpaid" if total else "no_payment_required",
        "permissions": None,
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": params.get("ui_mode", "hosted_page"),
        "url": f"https://checkout.stripe.com/c/pay/{name}#fidnandhYHdWcXxpYCc" if hosted else None,
        "wallet_options": None,
    }
    if with_customer:
        session["customer_details"] = _details(account.get("customer", params["customer"]))
    elif "customer_email" in params:
        session["customer_details"] = _details({"email": params["customer_email"]})
    account.asked[name] = params
    account.line_items[name] = lines
    return account.add(session)


def _check_session(account: Account, params: Obj, mode: str) -> None:
    if mode == "setup":
        raise not_modelled("Checkout in setup mode")
    only_modelled(params, _OF_SESSIONS, "Checkout")
    of_subscriptions = ("billing_mode", "description", "metadata", "trial_period_days")
    only_modelled(params.get("subscription_data", {}), of_subscriptions, "a subscription of Checkout")
    check_trial(params.get("subscription_data", {}), "subscription_data[trial_period_days]")
    of_intents = ("description", "metadata", "receipt_email", "setup_future_usage")
    only_modelled(params.get("payment_intent_data", {}), of_intents, "a payment of Checkout")
    other = {"payment": ("subscription_data",), "subscription": ("payment_intent_data", "invoice_creation")}
    for name in other[mode]:
        if name in params:
            raise Refused(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if mode == "subscription" and "customer_creation" in params:
        raise Refused("`customer_creation` can only be used in `payment` mode.", param="customer_creation")
    if "customer" in params and "customer_email" in params:
        raise Refused("You may only specify one of these parameters: customer, customer_email.", param="customer")
    if "customer" in params:
        account.living_customer(params["customer"], param="customer")
        if "customer_creation" in params:
            raise Refused("You may only specify one of these parameters: customer, customer_creation.")
    _check_addresses(params)


def _check_addresses(params: Obj) -> None:
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        if "success_url" in params:
            raise Refused("`success_url` is only for sessions with `ui_mode: hosted_page`.", param="success_url")
        return
    if "success_url" not in params:
        raise missing("success_url")
    for name in ("success_url", "cancel_url"):
        if name in params and not params[name].startswith(("http://", "https://")):
            raise Refused("Not a valid URL", code="url_invalid", param=name)


def _expiry(account: Account, params: Obj) -> int:
    at: int = params.get("expires_at", account.now + _LONGEST_S)
    if not _SHORTEST_S - _SLACK_S <= at - account.now <= _LONGEST_S + _SLACK_S:
        raise Refused(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation, and less than 24 "
            "hours from Checkout Session creation.",
            param="expires_at",
        )
    return at


def _lines(account: Account, params: Obj, mode: str) -> list[Obj]:
    asked = params.get("line_items", [])
    if not asked:
        raise missing("line_items")
    lines = [_line(account, one, f"line_items[{number}]") for number, one in enumerate(asked)]
    recurring = [line for line in lines if line["price"]["recurring"]]
    if mode == "payment" and recurring:
        raise Refused(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices.",
            param="line_items",
        )
    if mode == "subscription" and not recurring:
        raise Refused(
            "You must provide at least one recurring price in `subscription` mode when using prices.", param="mode"
        )
    if mode == "subscription" and len(recurring) != len(lines):
        raise not_modelled("one-off prices beside a subscription")
    if mode == "subscription" and len(lines) > 1:
        raise not_modelled("subscriptions with several items")
    if len({line["currency"] for line in lines}) > 1:
        raise Refused("All line items must have the same currency.", param="line_items")
    if 0 < sum(line["amount_total"] for line in lines) < _LEAST_CENTS:
        raise Refused(
            "The Checkout Session's total amount due must add up to at least $0.50 usd", code="amount_too_small"
        )
    if "trial_period_days" in params.get("subscription_data", {}):
        for line in lines:
            line.update(amount_subtotal=0, amount_total=0)
    return lines


def _line(account: Account, asked: Obj, path: str) -> Obj:
    if ("price" in asked) == ("price_data" in asked):
        raise Refused(f"You must specify either `price` or `price_data` for each of `line_items`: {path}", param=path)
    if "quantity" not in asked:
        raise Refused(f"Quantity is required. Add `quantity` to `{path}`", param=path)
    only_modelled(asked, ("metadata", "price", "price_data", "quantity"), "a line of Checkout")
    if "price" in asked:
        price = account.get("price", asked["price"], param=f"{path}[price]")
    else:
        price = create_price(account, asked["price_data"])
    if not price["active"]:
        raise Refused("The price specified is inactive. This field only accepts active prices.", param=f"{path}[price]")
    product = account.get("product", price["product"])
    if not product["active"]:
        raise Refused(f"The product {product['id']} is not active.", param=f"{path}[price]")
    total = price["unit_amount"] * asked["quantity"]
    return {
        "id": account.new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": merged({}, asked.get("metadata", {})),
        "price": dict(price),
        "quantity": asked["quantity"],
    }


def _creation(params: Obj, mode: str) -> str:
    return "always" if mode == "subscription" else str(params.get("customer_creation", "if_required"))


def _invoice_creation(params: Obj) -> Obj:
    asked = params.get("invoice_creation", {})
    names = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
    data = {name: asked.get("invoice_data", {}).get(name) for name in names}
    data["metadata"] = asked.get("invoice_data", {}).get("metadata", {})
    return {"enabled": asked.get("enabled", False), "invoice_data": data}


def _details(person: Obj) -> Obj:
    return {
        "address": person.get("address"),
        "business_name": None,
        "email": person.get("email"),
        "individual_name": None,
        "name": person.get("name"),
        "phone": person.get("phone"),
        "tax_exempt": "none",
        "tax_ids": None,
    }


def retrieve_session(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/checkout/sessions/:id."""
    return account.get("checkout.session", name)


def list_line_items(account: Account, params: Obj, name: str) -> Obj:
    """GET /v1/checkout/sessions/:id/line_items."""
    session = account.get("checkout.session", name)
    return page(account.line_items[session["id"]], params, f"/v1/checkout/sessions/{name}/line_items")


def line_items_of(account: Account, session: Obj) -> Obj:
    """Give what `expand` puts into a session."""
    return everything(account.line_items[session["id"]], f"/v1/checkout/sessions/{session['id']}/line_items")


def list_sessions(account: Account, params: Obj) -> Obj:
    """GET /v1/checkout/sessions."""
    found = account.all("checkout.session")
    fields = ("customer", "payment_intent", "subscription", "status")
    for field in fields:
        if field in params:
            found = [one for one in found if one[field] == params[field]]
    if "customer_details" in params:
        email = params["customer_details"]["email"]
        found = [one for one in found if (one["customer_details"] or {}).get("email") == email]
    return page(found, params, "/v1/checkout/sessions", *fields, "customer_details")


def expire_session(account: Account, _: Obj, name: str) -> Obj:
    """POST /v1/checkout/sessions/:id/expire."""
    session = account.get("checkout.session", name)
    if session["status"] != "open":
        raise Refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{session['status']}`."
        )
    expire(account, session)
    return session


def expire(account: Account, session: Obj) -> None:
    """Close an open session for good."""
    session.update(status="expired", url=None)
    intent = account.objects.get(session["payment_intent"] or "")
    if intent:
        money.cancel(account, intent, "automatic")
    account.emit("checkout.session.expired", session)


def pay(account: Account, session: Obj, *, email: str, incomplete_first: bool) -> None:
    """Have the customer pay with a card."""
    customer, details = _arrive(account, session, email)
    free = session["mode"] == "subscription" and not session["amount_total"]
    if free and session["payment_method_collection"] == "if_required":
        _finish(account, session, None, incomplete_first=incomplete_first)
        return
    card = methods.new_card(account, customer, details)
    _finish(account, session, card, incomplete_first=incomplete_first)


def pay_later(account: Account, session: Obj, *, email: str) -> None:
    """Have the customer pay from a bank account, which takes days."""
    asked = account.asked[session["id"]]
    offered = asked.get("allowed_payment_method_types", [_BANK_DEBIT])
    if _BANK_DEBIT not in offered or _BANK_DEBIT in asked.get("excluded_payment_method_types", []):
        raise NotOpen(f"{_BANK_DEBIT} is not offered")
    customer, details = _arrive(account, session, email)
    bank = methods.new_bank_account(account, customer, details)
    _finish(account, session, bank, incomplete_first=False)


def settle(account: Account, session: Obj, *, succeeds: bool) -> None:
    """Say how a payment that took days has ended."""
    if session["mode"] == "subscription":
        _settle_bill(account, session, succeeds=succeeds)
    else:
        _settle_payment(account, session, succeeds=succeeds)
    if succeeds:
        session["payment_status"] = "paid"
    account.emit(f"checkout.session.async_payment_{'succeeded' if succeeds else 'failed'}", session)


def _settle_bill(account: Account, session: Obj, *, succeeds: bool) -> None:
    invoice = account.get("invoice", str(session["invoice"]))
    if invoice["id"] in account.first_failure:
        # What the bank is asked later has nothing to do with the page any more.
        raise NotOpen("failed")
    subscriptions.settle(account, invoice, succeeds=succeeds)


def _settle_payment(account: Account, session: Obj, *, succeeds: bool) -> None:
    intent = account.get("payment_intent", str(session["payment_intent"]))
    if intent["status"] != "processing":
        raise NotOpen(intent["status"])
    bank = account.get("payment_method", intent["payment_method"])
    if succeeds:
        money.succeed(account, intent, bank)
        _invoice_once(account, session)
    else:
        money.fail(account, intent, bank)


def decline(account: Account, session: Obj, *, email: str) -> None:
    """Have the card declined: the session stays open, and a subscription does not begin."""
    if session["status"] != "open":
        raise NotOpen(session["status"])
    card = methods.new_card(account, None, methods.billing_details(email, None))
    money.fail(account, _intent(account, session), card)


def _arrive(account: Account, session: Obj, email: str) -> tuple[str | None, Obj]:
    """Have the customer type what the page asks for; the customer's identifier, and what was typed."""
    if session["status"] != "open":
        raise NotOpen(session["status"])
    customer = _customer(account, session, email)
    known = customer or {"email": session["customer_email"] or email}
    session["customer_details"] = _details({**known, "email": known["email"] or email})
    details = methods.billing_details(session["customer_details"]["email"], "Ada Lovelace")
    return customer["id"] if customer else None, details


def _customer(account: Account, session: Obj, email: str) -> Obj | None:
    if session["customer"]:
        customer = account.get("customer", session["customer"])
        if customer.get("deleted"):
            raise NotOpen("its customer is deleted")
        if customer["email"] is None:
            account.change(customer, "customer.updated", email=email)
        return customer
    if session["customer_creation"] != "always":
        return None
    customer = create_customer(account, {"email": session["customer_email"] or email, "name": "Ada Lovelace"})
    session["customer"] = customer["id"]
    return customer


def _intent(account: Account, session: Obj) -> Obj:
    if session["payment_intent"]:
        return account.get("payment_intent", session["payment_intent"])
    asked: Obj = account.asked[session["id"]].get("payment_intent_data", {})
    more: Obj = {name: asked[name] for name in ("description", "receipt_email", "setup_future_usage") if name in asked}
    more["metadata"] = merged({}, asked.get("metadata", {}))
    intent = money.new_intent(account, session["amount_total"], session["currency"], session["customer"], **more)
    if session["mode"] == "payment":
        session["payment_intent"] = intent["id"]
    return intent


def _finish(account: Account, session: Obj, method: Obj | None, *, incomplete_first: bool) -> None:
    if session["mode"] == "subscription":
        _subscribe(account, session, method, incomplete_first=incomplete_first)
    else:
        _take_payment(account, session, method)
    waits = bool(session["amount_total"]) and method is not None and methods.takes_days(method)
    _complete(account, session, "unpaid" if waits else "paid" if session["amount_total"] else "no_payment_required")


def _take_payment(account: Account, session: Obj, method: Obj | None) -> None:
    if session["amount_total"] and method:
        intent = _intent(account, session)
        if methods.takes_days(method):
            money.process(account, intent, method)
            return
        money.succeed(account, intent, method)
    _invoice_once(account, session)


def _complete(account: Account, session: Obj, payment_status: str) -> None:
    session.update(status="complete", payment_status=payment_status, url=None)
    account.emit("checkout.session.completed", session)


def _invoice_once(account: Account, session: Obj) -> None:
    creation: Any = session["invoice_creation"]
    if not creation["enabled"]:
        return
    if session["customer"] is None:
        raise not_modelled("invoices of guests: give the session a customer, or customer_creation=always")
    customer = account.get("customer", session["customer"])
    lines = [
        invoices.line(account, item["price"], item["quantity"], item["description"], (account.now, account.now))
        for item in account.line_items[session["id"]]
    ]
    invoice = invoices.draft(account, customer, "manual", lines, (account.now, account.now), None)
    invoice["metadata"] = dict(creation["invoice_data"]["metadata"])
    invoices.finalise(account, invoice, already_paid_by=session["payment_intent"])
    invoices.mark_paid(account, invoice)
    session["invoice"] = invoice["id"]


def _subscribe(account: Account, session: Obj, method: Obj | None, *, incomplete_first: bool) -> None:
    customer = account.get("customer", session["customer"])
    asked: Obj = account.asked[session["id"]].get("subscription_data", {})
    priced = [(item["price"], item["quantity"]) for item in account.line_items[session["id"]]]
    subscription = subscriptions.begin(account, customer, priced, asked, method["id"] if method else None)
    lines = subscriptions.lines_for(account, subscription)
    now = (account.now, account.now)
    if incomplete_first:
        subscription["status"] = "incomplete"
        account.emit("customer.subscription.created", subscription)
    invoice = invoices.draft(account, customer, "subscription_create", lines, now, subscription)
    subscription["latest_invoice"] = invoice["id"]
    session.update(subscription=subscription["id"], invoice=invoice["id"])
    if not incomplete_first:
        subscriptions.say_begun(account, subscription)
    invoices.finalise(account, invoice)
    if method and methods.takes_days(method):
        invoices.collect(account, invoice, method)
        return
    intent = invoices.intent_of(account, invoice)
    if intent and method:
        money.succeed(account, intent, method)
    invoices.mark_paid(account, invoice)
    if incomplete_first:
        account.change(subscription, "customer.subscription.updated", status="active")
