"""Lists and details of rows: a part of the panel declares columns, filters and a search, and gets pages.

A list is read by its own query in the order of an index, 50 rows at a time. Each page begins behind the last row of the
one before (keyset), so the thousandth page is as quick as the first. Rows are counted up to a limit only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import request, url_for
from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, class_mapper

from oriel.admin.actions import may
from oriel.admin.staff import staff
from oriel.admin.views import PanelView, page
from oriel.errors import NotFound
from oriel.infra.database import Base, db
from oriel.infra.ids import new_id

Row = TypeVar("Row", bound=Base)
Condition = ColumnElement[bool]

PER_PAGE = 50
COUNTED_TO = 1000
LONGEST_SEARCH = 200
_LONGEST_KEY = 255


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its title, the value of a row (text, time, number, None), and where a click leads."""

    title: str
    value: Callable[[Row], object]
    link: Callable[[Row], str | None] | None = None


@dataclass(frozen=True)
class Filter:
    """A choice beside the search: the name in the address, its title, and the condition behind each option.

    A condition that depends on the time is a function, called for each page. `words` are what the page shows instead
    of the options.
    """

    name: str
    title: str
    options: Mapping[str, Condition | Callable[[], Condition]]
    words: Mapping[str, str] = field(default_factory=dict)

    def condition(self, option: str) -> Condition | None:
        """Return the condition behind an option; None for no option and for one that is unknown."""
        found = self.options.get(option)
        return found() if callable(found) else found


@dataclass(frozen=True)
class Cell:
    """A value to show, with the address that it links to."""

    value: object
    link: str | None = None


@dataclass(frozen=True)
class Section:
    """A part of a details page: facts by title, or a table."""

    title: str
    facts: Mapping[str, object] = field(default_factory=dict)
    header: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    # Below the title: what the part is about, where that needs to be said.
    note: str = ""
    # Where the rest of a long table is.
    more: str | None = None


@dataclass(frozen=True)
class Button:
    """A form on a details page that posts to an action; `fields` are what its operator enters.

    Each form has an id of its own, `once`, by which an action can tell that it was pressed twice.
    """

    action: str
    url: str
    fields: Sequence["Entry"] = ()
    is_dangerous: bool = False
    # Asked before it is done.
    confirm: str = ""
    once: str = field(default_factory=new_id)


@dataclass(frozen=True)
class Entry:
    """A field of a Button's form."""

    name: str
    title: str
    options: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text"
    is_required: bool = True
    longest: int = 300
    # Of a number, which is at least 1.
    most: int = 1


REASON = Entry("reason", "Reason, for the audit trail")


@dataclass(frozen=True)
class Tab:
    """A link above a list, to those of its rows that a filter lets through."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """One page of a list, and the keys of the pages beside it."""

    rows: Sequence[Row]
    older: str | None
    newer: str | None


class BaseModelView(PanelView, Generic[Row]):
    """A list of one model's rows, newest first, and a page for each of them."""

    model: type[Row]
    columns: Sequence[Column[Row]] = ()
    filters: Sequence[Filter] = ()
    # What can be typed, to go on after "Search by"; "" for a list without a search.
    search_hint = ""
    # The name of the filter that is shown as tabs; "" for a list without tabs.
    tabs = ""
    # Below the title, and in the place of the rows where there are none.
    description = ""
    empty_sentence = ""
    list_template = "panel/list.html"
    details_template = "panel/details.html"

    @page("/")
    def index(self) -> str:
        """Show one page of the list."""
        query = self._asked_for()
        shown = self._slice(query)
        self.prepare(shown.rows)
        return self.render(
            self.list_template,
            header=[column.title for column in self.columns],
            rows=[[_cell(column, row) for column in self.columns] for row in shown.rows],
            keys=[str(getattr(row, self.key().key)) for row in shown.rows],
            tabs=self._tabs(),
            list_buttons=allowed(self.list_buttons()),
            bulk_buttons=allowed(self.bulk_buttons()),
            total=self._count(query),
            counted_to=COUNTED_TO,
            older=self._page_url(before=shown.older) if shown.older else None,
            newer=self._page_url(after=shown.newer) if shown.newer else None,
            search=_search(),
            chosen={each.name: request.args.get(each.name, "") for each in self.filters},
        )

    @page("/<string(maxlength=255):key>")
    def details(self, key: str) -> str:
        """Show everything about one row."""
        row = self.row(key)
        return self.render(
            self.details_template,
            row=row,
            title=self.title_of(row),
            sections=self.sections(row),
            badges=self.badges(row),
            buttons=allowed(self.buttons(row)),
            **self.extras(row),
        )

    # --- what a list says about itself

    def query(self) -> Select[Row]:
        """Return the query for all rows, without an order."""
        return select(self.model)

    def order(self) -> tuple[InstrumentedAttribute[Any], ...]:
        """Return the columns of the index that the list is read by; the last one is unique. Ids sort by time."""
        return (self.key(),)

    def key(self) -> InstrumentedAttribute[Any]:
        """Return the primary key."""
        found: InstrumentedAttribute[Any] = class_mapper(self.model).get_property("id").class_attribute
        return found

    def searched(self, text: str) -> Condition:
        """Return the condition for a search, which an index must answer."""
        raise NotImplementedError

    def prepare(self, rows: Sequence[Row]) -> None:
        """Load what the columns show beside the rows, for all rows at once."""

    def title_of(self, row: Row) -> str:
        """Return the title of a row's page."""
        return str(getattr(row, self.key().key))

    def sections(self, row: Row) -> Sequence[Section]:
        """Return what a row's page shows."""
        names = [column.key for column in row.__table__.columns]
        return [Section("Everything", {name: getattr(row, name) for name in names})]

    def buttons(self, row: Row) -> Sequence[Button]:
        """Return the actions on a row's page; those that a role may not take are left out."""
        return ()

    def bulk_buttons(self) -> Sequence[Button]:
        """Return the actions on rows chosen in the list; their keys come as `key`, see `oriel.admin.many`."""
        return ()

    def list_buttons(self) -> Sequence[Button]:
        """Return the actions on the list as a whole."""
        return ()

    def badges(self, row: Row) -> Sequence[object]:
        """Return what stands beside the title of a row's page, such as its state."""
        return ()

    def extras(self, row: Row) -> Mapping[str, object]:
        """Return what a details template of its own needs beside the sections."""
        return {}

    # ---

    def row(self, key: str) -> Row:
        """Return a row; raise NotFound."""
        found = db.session.scalar(self.query().where(self.key() == key)) if len(key) <= _LONGEST_KEY else None
        if found is None:
            raise NotFound("There is nothing under this address.")
        return found

    def url_of(self, key: str) -> str:
        """Return the address of a row's page."""
        return url_for(f"{self.endpoint}.details", key=key)

    def page_behind(self, key: str | None) -> str:
        """Return the address of the row's page, or of the list for an action on many rows."""
        return self.url_of(key) if key else url_for(f"{self.endpoint}.index")

    def _asked_for(self) -> Select[Row]:
        query = self.query()
        if self.search_hint and (text := _search()):
            query = query.where(self.searched(text))
        for each in self.filters:
            condition = each.condition(request.args.get(each.name, ""))
            if condition is not None:
                query = query.where(condition)
        return query

    def _tabs(self) -> list[Tab]:
        """Return a tab for all rows and one for each option; the search and the other filters stay as they are."""
        kept: dict[str, Any] = {
            name: value for name, value in request.args.items() if name not in ("before", "after", self.tabs)
        }
        current, endpoint = request.args.get(self.tabs, ""), f"{self.endpoint}.index"
        for each in self.filters:
            if each.name == self.tabs:
                options = [("", "All"), *((option, each.words.get(option, option)) for option in each.options)]
                return [
                    Tab(word, url_for(endpoint, **{**kept, self.tabs: option or None}), option == current)
                    for option, word in options
                ]
        return []

    def _slice(self, query: Select[Row]) -> Slice[Row]:
        before, after = request.args.get("before", ""), request.args.get("after", "")
        order = self.order()
        if after and (start := self._place(after)) is not None:
            ahead = query.where(tuple_(*order) > tuple_(*start)).order_by(*order).limit(PER_PAGE + 1)
            rows = list(db.session.scalars(ahead))
            return self._sliced(rows[:PER_PAGE][::-1], has_newer=len(rows) > PER_PAGE, has_older=True)
        place = self._place(before) if before else None
        if place is not None:
            query = query.where(tuple_(*order) < tuple_(*place))
        rows = list(db.session.scalars(query.order_by(*(column.desc() for column in order)).limit(PER_PAGE + 1)))
        return self._sliced(rows[:PER_PAGE], has_newer=place is not None, has_older=len(rows) > PER_PAGE)

    def _place(self, key: str) -> tuple[Any, ...] | None:
        """Return the values of a row in the columns of the order; None for a row that is gone."""
        row = db.session.execute(select(*self.order()).where(self.key() == key[:_LONGEST_KEY])).one_or_none()
        return tuple(row) if row else None

    def _sliced(self, rows: Sequence[Row], *, has_newer: bool, has_older: bool) -> Slice[Row]:
        name = self.key().key
        older = str(getattr(rows[-1], name)) if rows and has_older else None
        newer = str(getattr(rows[0], name)) if rows and has_newer else None
        return Slice(rows, older, newer)

    def _count(self, query: Select[Row]) -> int:
        """Count up to a limit: all of a large table would take seconds, and nobody turns that many pages."""
        some = query.with_only_columns(self.key()).order_by(None).limit(COUNTED_TO + 1).subquery()
        return db.session.scalar(select(func.count()).select_from(some)) or 0

    def _page_url(self, **place: str) -> str:
        kept: dict[str, Any] = {name: value for name, value in request.args.items() if name not in ("before", "after")}
        return url_for(f"{self.endpoint}.index", **(kept | place))


def starts_with(column: ColumnElement[str] | InstrumentedAttribute[str], text: str) -> Condition:
    """Return the condition for a prefix, which the column's index answers on both databases.

    On PostgreSQL the index needs `text_pattern_ops`; SQLite's LIKE would use none.
    """
    if db.engine.dialect.name == "postgresql":
        return column.startswith(text, autoescape=True)
    return (column >= text) & (column < text + "\U0010ffff")


def allowed(buttons: Sequence[Button]) -> list[Button]:
    """Return the buttons that the operator's role may press."""
    return [button for button in buttons if may(staff().user.role, button.action)]


def _cell(column: Column[Row], row: Row) -> Cell:
    return Cell(column.value(row), column.link(row) if column.link else None)


def _search() -> str:
    return request.args.get("search", "").strip()[:LONGEST_SEARCH]
