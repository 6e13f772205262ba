"""Checks a call's parameters against the types that stripe-python publishes for it."""

import functools
import sys
import types
import typing
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from tests.peers.stripe.wire import Obj, Refused, missing
from typing_extensions import is_typeddict

from stripe import RequestOptions

# What the client keeps for itself is typed beside the parameters, but never sent.
_KEPT_BY_THE_CLIENT = frozenset(RequestOptions.__annotations__)
_MOST_METADATA, _LONGEST_NAME, _LONGEST_VALUE = 50, 40, 500


def checked(form: Obj, spec: type) -> Obj:
    """Give the parameters with their types, as `spec`, a TypedDict of stripe.params, has them.

    Raises:
        Refused: An unknown name, a missing one, or a value that cannot be what it has to be.
    """
    return _typed_dict(form, spec, "")


@functools.cache
def fields_of(spec: type) -> dict[str, Any]:
    """Give every parameter that `spec` knows, with its type."""
    # The client's own options name types that it imports for its type checker alone.
    names = {**vars(typing), **vars(sys.modules[spec.__module__]), "StripeContext": object}
    hints = get_type_hints(spec, names)
    return {name: hint for name, hint in hints.items() if name not in _KEPT_BY_THE_CLIENT}


def _typed_dict(form: Obj, spec: type, path: str) -> Obj:
    fields = fields_of(spec)
    unknown = [_inside(path, name) for name in form if name not in fields]
    if unknown:
        several = "s" if len(unknown) > 1 else ""
        raise Refused(
            f"Received unknown parameter{several}: {', '.join(unknown)}", code="parameter_unknown", param=unknown[0]
        )
    required: frozenset[str] = getattr(spec, "__required_keys__", frozenset())
    for name in fields:
        if name in required and name not in form:
            raise missing(_inside(path, name))
    cooked = {name: _cooked(value, fields[name], _inside(path, name)) for name, value in form.items()}
    if isinstance(cooked.get("metadata"), dict):
        _check_metadata(cooked["metadata"], _inside(path, "metadata"))
    return cooked


def _inside(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _cooked(value: Any, hint: Any, path: str) -> Any:  # noqa: ANN401
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _one_of(value, get_args(hint), path)
    if origin is Literal:
        return _enumerated(value, get_args(hint), path)
    if origin is list:
        return _list(value, get_args(hint)[0], path)
    if is_typeddict(hint):
        return _typed_dict(_object(value, path), hint, path)
    if origin is dict or (hasattr(hint, "__mro__") and "StripeObject" in {base.__name__ for base in hint.__mro__}):
        return _object(value, path)
    if origin is not None and isinstance(origin, type):
        return _object(value, path)
    return _scalar(value, hint, path)


def _one_of(value: Any, hints: tuple[Any, ...], path: str) -> Any:  # noqa: ANN401
    words = [word for hint in hints if get_origin(hint) is Literal for word in get_args(hint)]
    if value == "" and "" in words:
        return ""
    # "|str" beside names is the client's room for later names; Stripe itself takes the names alone.
    real = [hint for hint in hints if not (hint is str and any(words))]
    real = [hint for hint in real if get_origin(hint) is not Literal or any(get_args(hint))]
    if any(words) and value in words:
        return value
    trouble: Refused | None = None
    for hint in sorted(real, key=lambda hint: _is_for_objects(hint) != isinstance(value, dict)):
        try:
            return _cooked(value, hint, path)
        except Refused as refused:
            trouble = trouble or refused
    assert trouble
    raise trouble


def _is_for_objects(hint: Any) -> bool:  # noqa: ANN401
    return is_typeddict(hint) or get_origin(hint) in (dict, list)


def _enumerated(value: Any, words: tuple[str, ...], path: str) -> Any:  # noqa: ANN401
    if value in words:
        return value
    if value == "":
        raise _empty(path)
    known = [word for word in words if word]
    listed = known[0] if len(known) == 1 else f"{', '.join(known[:-1])}, or {known[-1]}"
    raise Refused(f"Invalid {path}: must be one of {listed}", param=path)


def _list(value: Any, hint: Any, path: str) -> list[Any]:  # noqa: ANN401
    if not isinstance(value, dict) or not all(key.isdigit() for key in value):
        raise Refused("Invalid array", param=path)
    numbered = sorted(value.items(), key=lambda item: int(item[0]))
    return [_cooked(one, hint, f"{path}[{number}]") for number, one in numbered]


def _object(value: Any, path: str) -> Obj:  # noqa: ANN401
    if isinstance(value, dict):
        return value
    raise Refused("Invalid object", param=path)


def _scalar(value: Any, hint: Any, path: str) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        raise Refused(f"Invalid {'string' if hint is str else 'value'}: {value}", param=path)
    if value == "":
        raise _empty(path)
    if hint is bool:
        if value not in ("true", "false"):
            raise Refused(f"Invalid boolean: {value}", param=path)
        return value == "true"
    if hint in (int, float, Decimal):
        return _number(value, hint, path)
    return value


def _number(value: str, hint: type, path: str) -> Any:  # noqa: ANN401
    try:
        return hint(value)
    except (ValueError, InvalidOperation) as error:
        kind = "integer" if hint is int else "decimal"
        code = f"parameter_invalid_{kind}" if hint is int else None
        raise Refused(f"Invalid {kind}: {value}", code=code, param=path) from error


def _empty(path: str) -> Refused:
    return Refused(
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=path,
    )


def _check_metadata(metadata: Obj, path: str) -> None:
    if len(metadata) > _MOST_METADATA:
        raise Refused(f"Metadata can have at most {_MOST_METADATA} keys", param=path)
    for name, value in metadata.items():
        if not isinstance(value, str):
            raise Refused(f"Metadata values must be strings: {name}", param=f"{path}[{name}]")
        if len(name) > _LONGEST_NAME:
            raise Refused(
                f"Metadata keys must be under {_LONGEST_NAME} characters: {name}", param=path, code="parameter_invalid"
            )
        if len(value) > _LONGEST_VALUE:
            raise Refused(
                f"Metadata values can have up to {_LONGEST_VALUE} characters, but you passed in a value that is "
                f"{len(value)} characters. Invalid value: {value[:20]}",
                param=f"{path}[{name}]",
            )
