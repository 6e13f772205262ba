"""How Stripe is spoken to: form-encoded nested parameters in, JSON and its errors out."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

Obj = dict[str, Any]

_KEY = re.compile(r"[^\[\]]+|\[\]")


class Refused(Exception):  # noqa: N818
    """Stripe says no: becomes an HTTP answer with an error body."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        more: Obj | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        doc = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}" if code else None
        told = {"code": code, "doc_url": doc, "message": message, "param": param, "type": kind, **(more or {})}
        self.body: Obj = {"error": {name: value for name, value in told.items() if value is not None}}


class NotOpen(AssertionError):  # noqa: N818
    """What a test has a customer or a bank do cannot be done any more: it is over, or not that far."""


def missing(param: str) -> Refused:
    """Make the refusal for a parameter that has to be there."""
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def not_modelled(what: str) -> Refused:
    """Make the refusal for what Stripe does and this peer does not: loud, so that no test passes by it."""
    return Refused(f"This peer does not model {what}.", code="peer_does_not_model_this")


def only_modelled(params: Obj, names: Iterable[str], what: str) -> None:
    """Refuse what is right and would be ignored.

    Raises:
        Refused: A parameter that is none of `names`.
    """
    known = {*names, "expand"}
    for name in params:
        if name not in known:
            raise not_modelled(f"{what} with {name}")


def read_form(encoded: str) -> Obj:
    """Read `a[b][0][c]=1&d[]=2` into nested dicts; a list stays a dict with the keys "0", "1", ..."""
    form: Obj = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        _put(form, _KEY.findall(name), value)
    return form


def _put(form: Obj, keys: list[str], value: str) -> None:
    here = form
    for key in keys[:-1]:
        inner = here.setdefault(_real_key(here, key), {})
        if not isinstance(inner, dict):
            raise Refused(f"Invalid object: {key}", param=keys[0])
        here = inner
    here[_real_key(here, keys[-1])] = value


def _real_key(here: Obj, key: str) -> str:
    return str(len(here)) if key == "[]" else key
