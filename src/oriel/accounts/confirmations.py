"""Confirmed addresses, for the domains above: what waits for an address becomes its account's."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from oriel.accounts.models import User

Listener = Callable[[Session, User], None]

_listeners: list[Listener] = []


def register(listener: Listener) -> Listener:
    """Register a listener, called in the transaction that confirms a user's address; twice changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def announce(session: Session, user: User) -> None:
    """Tell every listener that a user has confirmed the address of the account."""
    for listener in _listeners:
        listener(session, user)
