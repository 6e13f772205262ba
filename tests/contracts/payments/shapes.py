"""Compares the peer's objects with stripe-python's own types, and with samples that Stripe publishes."""

import functools
import sys
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import stripe

Obj = dict[str, Any]

CLASSES: dict[str, type[stripe.StripeObject]] = {
    "billing_portal.configuration": stripe.billing_portal.Configuration,
    "billing_portal.session": stripe.billing_portal.Session,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "item": stripe.LineItem,
    "line_item": stripe.InvoiceLineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "plan": stripe.Plan,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
_JSON_TYPES: dict[type, tuple[type, ...]] = {str: (str,), int: (int,), bool: (bool,), float: (int, float)}


def complaints(made: Obj) -> list[str]:
    """Say where an object is not what stripe-python's class for it declares."""
    return list(_about(made, CLASSES[made["object"]], made["object"]))


def _about(value: Any, hint: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    origin, members = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        yield from _about_one_of(value, members, path)
    elif origin is Literal:
        if value not in members:
            yield f"{path}: {value!r} is none of {members}"
    elif isinstance(hint, ForwardRef):
        yield from _about_named(value, hint.__forward_arg__, path)
    elif origin is list:
        yield from _about_list(value, members[0], path)
    elif origin is stripe.ListObject:
        yield from _about_list(value.get("data") if isinstance(value, dict) else value, members[0], path)
    elif isinstance(hint, type) and issubclass(hint, stripe.StripeObject):
        yield from _about_object(value, hint, path)
    elif hint is Decimal:
        if not isinstance(value, str):
            yield f"{path}: a decimal is a string in JSON, not {value!r}"
    elif hint in _JSON_TYPES and (type(value) not in _JSON_TYPES[hint]):
        yield f"{path}: {value!r} is no {hint.__name__}"


def _about_one_of(value: Any, members: tuple[Any, ...], path: str) -> Iterator[str]:  # noqa: ANN401
    # "|str" beside names is room for names to come.
    named = any(get_origin(member) is Literal for member in members)
    real = [member for member in members if not (named and member is str)]
    if value is None and type(None) in members:
        return
    tried = [list(_about(value, member, path)) for member in real if member is not type(None)]
    if tried and all(tried):
        yield from min(tried, key=len)


def _about_named(value: Any, name: str, path: str) -> Iterator[str]:  # noqa: ANN401
    known = getattr(stripe, name, None)
    if isinstance(known, type) and issubclass(known, stripe.StripeObject):
        yield from _about_object(value, known, path)


def _about_list(value: Any, hint: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for number, one in enumerate(value):
        yield from _about(one, hint, f"{path}[{number}]")


def _about_object(value: Any, cls: type, path: str) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    fields = _fields(cls)
    if not fields:
        return
    for name, one in value.items():
        if name in fields:
            yield from _about(one, fields[name], f"{path}.{name}")
        else:
            yield f"{path}.{name}: unknown"
    for name, hint in fields.items():
        if name not in value and type(None) not in get_args(hint):
            yield f"{path}.{name}: missing"


@functools.cache
def _fields(cls: type) -> dict[str, Any]:
    names = {**vars(typing), **vars(sys.modules[cls.__module__])}
    hidden = {"OBJECT_NAME", "_inner_class_types", "_inner_class_dicts", "_field_encodings", "_requestor"}
    return {
        name: _evaluated(hint, names)
        for name, hint in vars(cls).get("__annotations__", {}).items()
        if name not in hidden and not name.startswith("_")
    }


def _evaluated(hint: Any, names: dict[str, Any]) -> Any:  # noqa: ANN401
    return names.get(hint, hint) if isinstance(hint, str) else hint


def strangers(made: Obj, sample: Obj, path: str) -> list[str]:
    """Say where an object has another JSON type than Stripe's sample of it, for what both have."""
    found = []
    for name in made.keys() & sample.keys():
        value, shown = made[name], sample[name]
        if isinstance(value, dict) and isinstance(shown, dict):
            found += strangers(value, shown, f"{path}.{name}")
        elif not _alike(value, shown):
            found.append(f"{path}.{name}: {value!r} beside {shown!r}")
    return found


def unknown_names(made: Obj, sample: Obj) -> set[str]:
    """Give the fields that Stripe's sample of an object has not."""
    return set(made) - set(sample)


def _alike(value: Any, sample: Any) -> bool:  # noqa: ANN401
    return value is None or sample is None or type(value) is type(sample)
