"""Orders of single renders; the rendering domain registers the functions that check and submit them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from oriel.errors import Unavailable

OrderBody = dict[str, Any]


@dataclass(frozen=True)
class Orders:
    """How an order is checked before it is paid, and made a render afterwards."""

    # Takes (user's id, order); returns it with every setting spelt out, or raises why it cannot be rendered.
    check: Callable[[str, OrderBody], OrderBody]
    # Takes (session, user's id, order, payment's id); returns the id of the render, within the same transaction.
    accept: Callable[[Session, str, OrderBody, str], str]
    # Takes (user's id, render's id), after the commit.
    begin: Callable[[str, str], None]
    # Takes (session, render's id, whether one under way is stopped, and the video of a finished one taken away, as
    # well): its payment has gone back.
    withdraw: Callable[[Session, str, bool], None]
    # Takes (user's id, render's id), after the commit.
    announce: Callable[[str, str], None]


_registered: list[Orders] = []


def register(orders: Orders) -> None:
    """Take orders from here on."""
    _registered[:] = [orders]


def orders() -> Orders:
    """Return who knows about orders."""
    if not _registered:
        raise Unavailable("This server does not sell single renders.")
    return _registered[0]
