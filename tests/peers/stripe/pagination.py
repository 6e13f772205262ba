"""Cursor pagination of lists."""

from collections.abc import Sequence
from typing import Any

from tests.peers.stripe.wire import Obj, Refused, only_modelled

_DEFAULT_LIMIT, _HIGHEST_LIMIT = 10, 100
_CURSORS = ("limit", "starting_after", "ending_before", "expand", "created")


def page(found: Sequence[Obj], params: Obj, url: str, *selected: str) -> Obj:
    """Give one page of what was found, the newest first; `selected` names what it was selected by already."""
    only_modelled(params, (*_CURSORS, *selected), f"a list of {url}")
    limit = params.get("limit", _DEFAULT_LIMIT)
    if not 1 <= limit <= _HIGHEST_LIMIT:
        raise Refused(f"This value must be between 1 and {_HIGHEST_LIMIT} (inclusive).", param="limit")
    found = [one for one in found if in_time(one, params.get("created"))]
    before = params.get("ending_before")
    if before is not None:
        ahead = found[: _place(found, before, "ending_before")]
        return _listed(ahead[-limit:], len(ahead) > limit, url)
    after = params.get("starting_after")
    rest = found if after is None else found[_place(found, after, "starting_after") + 1 :]
    return _listed(rest[:limit], len(rest) > limit, url)


def filters(params: Obj) -> Obj:
    """Give what is left to select by when the cursors are taken away."""
    return {name: value for name, value in params.items() if name not in _CURSORS}


def everything(data: list[Obj], url: str) -> Obj:
    """Give a short list that is inside an object."""
    return _listed(data, more=False, url=url)


def _place(found: Sequence[Obj], cursor: str, param: str) -> int:
    for place, one in enumerate(found):
        if one["id"] == cursor:
            return place
    raise Refused(f"No such object: '{cursor}'", code="resource_missing", param=param)


def _listed(data: Sequence[Obj], more: bool, url: str) -> Obj:
    return {"object": "list", "data": list(data), "has_more": more, "url": url}


def in_time(one: Obj, asked: Any) -> bool:  # noqa: ANN401
    """Say whether an object was created when it had to be."""
    if asked is None:
        return True
    if isinstance(asked, int):
        return bool(one["created"] == asked)
    tests = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return all(tests[name](one["created"], bound) for name, bound in asked.items())
