"""`expand[]`: whole objects in place of their identifiers, and lists that are left out otherwise."""

import copy
import typing
from collections.abc import Callable
from typing import Any

from tests.peers.stripe import checkout, customers, invoices, money
from tests.peers.stripe.account import Account
from tests.peers.stripe.pagination import everything
from tests.peers.stripe.wire import Obj, Refused

import stripe

_DEEPEST = 4
_TYPES: dict[str, type[stripe.StripeObject]] = {
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "payment_intent": stripe.PaymentIntent,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "subscription": stripe.Subscription,
    "billing_portal.session": stripe.billing_portal.Session,
}


def expanded(account: Account, answer: Obj, paths: typing.Sequence[str]) -> Obj:
    """Give a copy of the answer with everything that was asked for in it.

    Raises:
        Refused: Something that cannot be expanded.
    """
    whole = copy.deepcopy(answer)
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise Refused(f"You cannot expand more than {_DEEPEST} levels of a property. Property: {path}.")
        _expand(account, whole, steps, path)
    return whole


def _expand(account: Account, here: Obj, steps: list[str], path: str) -> None:
    if not steps:
        return
    step, rest = steps[0], steps[1:]
    if step == "data" and here.get("object") == "list":
        for one in here["data"]:
            _expand(account, one, rest, path)
        return
    if (here.get("object"), step) in _LEFT_OUT and step not in here:
        here[step] = _LEFT_OUT[here["object"], step](account, here)
    value = here.get(step)
    if isinstance(value, str) and _may(here, step):
        if value in account.objects:
            here[step] = value = copy.deepcopy(customers.shown(account.objects[value]))
    elif not isinstance(value, dict) and not _may(here, step):
        raise Refused(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(value, dict):
        _expand(account, value, rest, path)


def _may(here: Obj, field: str) -> bool:
    known = _TYPES.get(here.get("object", ""))
    if known is None:
        # Inside an object that has no type of its own, as `payment` of an invoice's payment.
        return field in ("payment_intent", "price", "product", "subscription")
    hint = known.__annotations__.get(field)
    members = typing.get_args(hint) or (hint,)
    by_name = str in members and any(isinstance(member, typing.ForwardRef) for member in members)
    return by_name or any(typing.get_origin(member) is stripe.ListObject for member in members)


def _line_items(account: Account, session: Obj) -> Obj:
    return copy.deepcopy(checkout.line_items_of(account, session))


def _payments(account: Account, invoice: Obj) -> Obj:
    return copy.deepcopy(everything(invoices.payments_of(account, invoice), "/v1/invoice_payments"))


def _refunds(account: Account, charge: Obj) -> Obj:
    return copy.deepcopy(everything(money.refunds_of(account, charge), f"/v1/charges/{charge['id']}/refunds"))


def _subscriptions(account: Account, customer: Obj) -> Obj:
    theirs = [one for one in account.all("subscription") if one["customer"] == customer["id"]]
    living = [one for one in theirs if one["status"] != "canceled"]
    return copy.deepcopy(everything(living, f"/v1/customers/{customer['id']}/subscriptions"))


_LEFT_OUT: dict[tuple[Any, str], Callable[[Account, Obj], Obj]] = {
    ("checkout.session", "line_items"): _line_items,
    ("invoice", "payments"): _payments,
    ("charge", "refunds"): _refunds,
    ("customer", "subscriptions"): _subscriptions,
}
