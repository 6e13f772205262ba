"""Customers and their cards."""

import secrets

from tests.peers.stripe import methods, subscriptions
from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.pagination import page
from tests.peers.stripe.wire import Obj, Refused, only_modelled

_PLAIN = ("email", "name", "phone", "description", "address", "shipping", "tax_exempt", "preferred_locales", "balance")


def create_customer(account: Account, params: Obj) -> Obj:
    """POST /v1/customers."""
    only_modelled(params, (*_PLAIN, "metadata"), "a customer")
    customer: Obj = {
        "id": account.new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": account.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": secrets.token_hex(4).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged({}, params.get("metadata", {})),
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    customer.update({name: params[name] for name in _PLAIN if params.get(name, "") != ""})
    _check_email(customer["email"])
    account.add(customer)
    account.emit("customer.created", customer)
    return customer


def _check_email(email: str | None) -> None:
    if email is not None and "@" not in email:
        raise Refused(f"Invalid email address: {email}", code="email_invalid", param="email")


def retrieve_customer(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/customers/:id: a deleted one is three fields."""
    return shown(account.get("customer", name))


def shown(known: Obj) -> Obj:
    """Give what there is to see of an object: of a deleted customer, three fields."""
    return _gone(known["id"]) if known["object"] == "customer" and known.get("deleted") else known


def update_customer(account: Account, params: Obj, name: str) -> Obj:
    """POST /v1/customers/:id."""
    only_modelled(params, (*_PLAIN, "metadata", "invoice_settings"), "a changed customer")
    customer = account.living_customer(name)
    new = {field: params[field] if params[field] != "" else None for field in _PLAIN if field in params}
    _check_email(new.get("email"))
    if "metadata" in params:
        new["metadata"] = merged(customer["metadata"], params["metadata"])
    if "invoice_settings" in params:
        asked: Obj = params["invoice_settings"]
        if "default_payment_method" in asked:
            param = "invoice_settings[default_payment_method]"
            methods.of_customer(account, asked["default_payment_method"], name, param=param)
        new["invoice_settings"] = {**customer["invoice_settings"], **asked}
    account.change(customer, "customer.updated", **new)
    return customer


def delete_customer(account: Account, _: Obj, name: str) -> Obj:
    """DELETE /v1/customers/:id: ends the customer's subscriptions at once."""
    customer = account.living_customer(name)
    for subscription in account.all("subscription"):
        if subscription["customer"] == name and subscription["status"] in subscriptions.LIVING:
            subscriptions.end(account, subscription, "cancellation_requested")
    account.emit("customer.deleted", customer)
    customer["deleted"] = True
    return _gone(name)


def _gone(name: str) -> Obj:
    return {"id": name, "object": "customer", "deleted": True}


def list_customers(account: Account, params: Obj) -> Obj:
    """GET /v1/customers."""
    found = [one for one in account.all("customer") if not one.get("deleted")]
    if "email" in params:
        found = [one for one in found if one["email"] == params["email"]]
    return page(found, params, "/v1/customers", "email")
