"""Whose a row is: the customers' addresses, read once for all rows of a page."""

from collections.abc import Iterable

from flask import g
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from oriel.accounts.models import User
from oriel.infra.database import db

_MOST_FOUND = 200


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


def has_address(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Return the condition that a row is of a customer whose address begins so, for the first 200 of them."""
    # The ids first, from the index of addresses: as a subquery PostgreSQL reads all rows instead.
    begins = (User.email >= text.lower()) & (User.email < text.lower() + "\U0010ffff")
    return column.in_(db.session.scalars(select(User.id).where(begins).order_by(User.email).limit(_MOST_FOUND)).all())
