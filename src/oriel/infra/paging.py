"""Lists in pages: what every list endpoint takes (`page`, `per_page`) and answers (`items`, `total`, …).

A domain names its list, so that the OpenAPI document can, and gives the select whose order an index serves:

    class SessionList(Page[SessionOut]): ...

    fetch_page(SessionList, select(UserSession).where(…).order_by(…), asked)
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, func, select

from oriel.infra.database import db

MOST_PER_PAGE = 100

# A page further on would cost the database a walk over all the rows before it, and nobody turns that many pages.
_LAST_PAGE = 10_000

Item = TypeVar("Item", bound=BaseModel)
Row = TypeVar("Row")


class PageQuery(BaseModel):
    """Which page is asked for; lists that also filter add fields in a class of their own."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(default=1, ge=1, le=_LAST_PAGE, description="Page number, from 1")
    per_page: int = Field(default=20, ge=1, le=MOST_PER_PAGE, description="Items per page")


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    total: int = Field(description="Number of items on all pages")
    page: int
    per_page: int


PageOf = TypeVar("PageOf", bound="Page[Any]")


def fetch_page(
    shape: type[PageOf], query: Select[Row], asked: PageQuery, *, show: Callable[[Row], object] | None = None
) -> PageOf:
    """Return one page of what a query of one entity finds; `show` turns a row into what an item is validated from."""
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = db.session.scalars(query.limit(asked.per_page).offset((asked.page - 1) * asked.per_page)).all()
    items = [show(row) for row in rows] if show else list(rows)
    values = {"items": items, "total": total, "page": asked.page, "per_page": asked.per_page}
    return shape.model_validate(values, from_attributes=True)


def page_of(shape: type[PageOf], found: Sequence[object], asked: PageQuery) -> PageOf:
    """Return one page of what is at hand as a whole."""
    first = (asked.page - 1) * asked.per_page
    items = found[first : first + asked.per_page]
    values = {"items": items, "total": len(found), "page": asked.page, "per_page": asked.per_page}
    return shape.model_validate(values, from_attributes=True)
