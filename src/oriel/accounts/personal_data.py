"""The register of personal data: what each domain exports of a customer, and how it erases it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from oriel.infra.database import Base, db

Row = Mapping[str, Any]
Entity = TypeVar("Entity", bound=Base)
Shown = TypeVar("Shown")

_BATCH = 200


@dataclass(frozen=True)
class Listing:
    """A JSON file of an export: a list of rows, which are read while the file is written."""

    path: str
    rows: Iterable[Row]


@dataclass(frozen=True)
class Attachment:
    """An object in the storage that an export contains under a path."""

    path: str
    object_name: str
    size_bytes: int


def _nothing(_user_id: str) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class PersonalData:
    """One domain's part. Each function takes a user's id; `erase` may be called again, also once the user is gone."""

    domain: str
    tables: Sequence[type[Base]]
    listings: Callable[[str], Iterable[Listing]]
    # Deletes rows and stored objects; raises AppError when something must be tried again later.
    erase: Callable[[str], None]
    attachments: Callable[[str], Iterable[Attachment]] = field(default=lambda _user_id: ())
    # Called before a deletion is accepted: ends what costs the customer money. Raises AppError to refuse the deletion.
    wind_down: Callable[[str], None] = _nothing


_register: dict[str, PersonalData] = {}


def register(data: PersonalData) -> None:
    """Register a domain's part, the lower domains first; the same domain again replaces it."""
    _register[data.domain] = data


def registered() -> Sequence[PersonalData]:
    """Return all parts, the lowest domain first."""
    return tuple(_register.values())


def in_batches(
    query: Select[Entity], key: InstrumentedAttribute[str], show: Callable[[Entity], Shown]
) -> Iterator[Shown]:
    """Yield the rows of a query in the order of their ids, however many; no transaction is open in between."""
    last = ""
    while True:
        rows = db.session.scalars(query.where(key > last).order_by(key).limit(_BATCH)).all()
        # Before anything else happens to the session, such as a commit.
        shown, ids = [show(row) for row in rows], [str(getattr(row, key.key)) for row in rows]
        db.session.commit()
        if not ids:
            return
        yield from shown
        last = ids[-1]


def fields(row: Base, *names: str) -> Row:
    """Return these columns of a row by name. Named one by one, so that no new secret column is exported by itself."""
    return {name: getattr(row, name) for name in names}
