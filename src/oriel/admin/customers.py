"""Whose a row is: the customers' addresses, read once for all rows of a page."""

from collections.abc import Iterable, Sequence

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from oriel.accounts.addresses import spelled_email
from oriel.accounts.models import User
from oriel.admin.lists import Condition, starts_with
from oriel.infra.database import db

_MOST_FOUND = 1000


def load_addresses(user_ids: Iterable[str | None]) -> None:
    """Read the addresses of customers for the current page."""
    ids = {user_id for user_id in user_ids if user_id}
    query = select(User.id, User.email).where(User.id.in_(ids))
    g.panel_addresses = {row.id: row.email for row in db.session.execute(query)} if ids else {}


def address_of(user_id: str | None) -> str | None:
    """Return a customer's address that was loaded; their id where the account is gone."""
    addresses: dict[str, str] = g.get("panel_addresses", {})
    return addresses.get(user_id, user_id) if user_id else None


def customer_link(user_id: str | None) -> str | None:
    """Return where a customer's page is."""
    return f"/admin/users/{user_id}" if user_id else None


def customers_found(text: str) -> Sequence[str]:
    """Return the ids of the customers that a search names: by their id, or by the beginning of their address.

    In any case of letters; the first 1,000 by address.
    """
    # Apart from the search's own query: with a subquery PostgreSQL reads all rows of the list.
    named = starts_with(User.email, spelled_email(text))
    return [text, *db.session.scalars(select(User.id).where(named).order_by(User.email).limit(_MOST_FOUND))]


def is_of_customer(column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], text: str) -> Condition:
    """Return the condition that a row is of a customer whom a search names."""
    return column.in_(customers_found(text))
