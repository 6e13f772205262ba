"""Confirmed addresses, for the domains above: what waits for an address becomes its account's."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from oriel.accounts.models import User

# Returns the path where the user goes on, or "" where nothing waited.
Listener = Callable[[Session, User], str]

_listeners: list[Listener] = []


def register(listener: Listener) -> Listener:
    """Register a listener, called in the transaction that confirms a user's address; twice changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def announce(session: Session, user: User) -> str:
    """Tell every listener that a user has confirmed the address; return the path where the user goes on, or ""."""
    paths = [listener(session, user) for listener in _listeners]
    return next(filter(None, paths), "")
