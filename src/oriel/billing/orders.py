"""Orders of single renders; the rendering domain registers the functions that check and submit them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from oriel.errors import Unavailable

OrderBody = dict[str, Any]


@dataclass(frozen=True)
class Orders:
    """The handlers of an order: checked before it is paid, submitted as a render afterwards."""

    # Takes (user's id, order); returns the order with all settings filled in, or raises why it cannot be rendered.
    check: Callable[[str, OrderBody], OrderBody]
    # Takes (session, user's id, order, payment's id); submits the render in this transaction and returns its id.
    accept: Callable[[Session, str, OrderBody, str], str]
    # Takes (user's id, render's id), after the commit; wakes a worker.
    begin: Callable[[str, str], None]
    # Takes (session, render's id, whether to stop a running render too, and to delete a finished one's video): its
    # payment was refunded.
    withdraw: Callable[[Session, str, bool], None]
    # Takes (user's id, render's id), after the commit; tells open pages that the render has changed.
    announce: Callable[[str, str], None]


_registered: list[Orders] = []


def register(orders: Orders) -> None:
    """Register the handlers of orders, in place of earlier ones."""
    _registered[:] = [orders]


def orders() -> Orders:
    """Return the registered order handlers; raise Unavailable without any."""
    if not _registered:
        raise Unavailable("This server does not sell single renders.")
    return _registered[0]
