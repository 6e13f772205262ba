"""Writes the audit trail: each line in the transaction of the act that it describes."""

import contextlib
import getpass
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, Table, delete, event, select
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.accounts.origin import Origin
from oriel.accounts.personal_data import Listing, PersonalData, Row, fields, in_batches
from oriel.admin.actions import ACTIONS, KINDS
from oriel.admin.models import AdminAction
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import db, writing

# The triggers refuse to delete lines that are younger; see the migration.
KEPT_FOR = retention.keep(
    "admin-actions",
    "What operators did to accounts, and failed sign-ins as an operator, with the operator’s name and network address",  # noqa: RUF001
    retention.DATABASE,
    timedelta(days=730),
    "after it was done",
)
COMMAND_LINE = "command line"
_STRANGER = "not signed in"

_AT_ONCE = 1000
_SHOWN = 20
# Under this name a session holds the line that its transaction writes.
_LINE = "oriel.admin.line"


@dataclass(frozen=True)
class Actor:
    """Who acts: an operator in the panel, or somebody on the command line."""

    id: str | None
    name: str
    role: str
    address: str = ""


@dataclass
class _Pending:
    """A line that waits for the transaction of its act."""

    values: Mapping[str, Any]
    is_written: bool = False


_pending: ContextVar[_Pending | None] = ContextVar("pending line of the audit trail", default=None)


def command_line() -> Actor:
    """Return whoever runs this process."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have a number and no name.
        name = "unknown"
    return Actor(None, f"{COMMAND_LINE}: {name}"[:320], COMMAND_LINE)


@contextlib.contextmanager
def in_trail(actor: Actor, action: str, kind: str, object_id: str, **detail: object) -> Iterator[dict[str, object]]:
    """Write a line about the act within the block, in the first transaction that the act commits.

    An act that fails before it commits leaves no line; one that writes nothing leaves its line in a transaction of its
    own. Yields the detail, to which the act may add before it commits.
    """
    assert kind in KINDS, kind
    line = _Pending(
        {
            "actor_id": actor.id,
            "actor": actor.name,
            "role": actor.role,
            "action": ACTIONS[action].name,
            "kind": kind,
            "object_id": object_id,
            "detail": detail,
            "address": actor.address,
        }
    )
    token = _pending.set(line)
    try:
        yield detail
        if not line.is_written:
            with writing():
                # The line enters at the commit.
                pass
    finally:
        _pending.reset(token)


@event.listens_for(Session, "before_commit")
def _write_pending(session: Session) -> None:
    """Add the pending line to a transaction that writes; see `oriel.infra.database.writing`."""
    line = _pending.get()
    if line is None or line.is_written or session.in_nested_transaction():
        return
    if session.connection().get_execution_options().get("oriel_writes"):
        session.add(AdminAction(**{**line.values, "detail": dict(line.values["detail"])}))
        session.info[_LINE] = line


@event.listens_for(Session, "after_commit")
def _note_written(session: Session) -> None:
    if line := session.info.pop(_LINE, None):
        line.is_written = True


@event.listens_for(Session, "after_rollback")
def _forget_unwritten(session: Session) -> None:
    """Leave the line to the next transaction of the act, if there is one."""
    session.info.pop(_LINE, None)


def note_failed_login(session: Session, user: User, origin: Origin, method: str = "password") -> None:
    """Write that somebody gave a wrong password or second factor for an operator's account, in this transaction.

    The delays of accounts bound these lines: after five failures the next attempts are refused unread, at last for 15
    minutes each, wherever they come from, and what is refused unread leaves none. Failures for customers and unknown
    addresses leave none either: there is no end of addresses, so anybody could fill the table. The log has those.
    """
    if user.is_staff:
        session.add(
            AdminAction(
                actor=f"{_STRANGER}: {user.email}",
                role=_STRANGER,
                action=ACTIONS["panel.login_failed"].name,
                kind="user",
                object_id=user.id,
                detail={"method": method},
                address=origin.address,
            )
        )


def lines_about(kind: str, object_id: str, action: str) -> Sequence[AdminAction]:
    """Return the latest lines about an action on an object, the latest first."""
    lines = select(AdminAction).where(AdminAction.kind == kind, AdminAction.object_id == object_id)
    return db.session.scalars(
        lines.where(AdminAction.action == action).order_by(AdminAction.id.desc()).limit(_SHOWN)
    ).all()


def tidy() -> int:
    """Delete the lines whose time is over, some at a time; return how many."""
    table = _table()
    with writing() as session:
        old = delete(table).where(table.c.id.in_(old_lines())).returning(table.c.id)
        return len(session.scalars(old).all())


def old_lines() -> Select[Any]:
    """Return the select of the ids of lines that `tidy` deletes."""
    table = _table()
    return select(table.c.id).where(table.c.at < now() - KEPT_FOR).order_by(table.c.at).limit(_AT_ONCE)


def _table() -> Table:
    table = AdminAction.__table__
    assert isinstance(table, Table)
    return table


def _acts_on(user_id: str) -> Iterator[Row]:
    query = select(AdminAction).where(AdminAction.kind == "user", AdminAction.object_id == user_id)
    return in_batches(query, AdminAction.id, lambda row: fields(row, "at", "action"))


def _listings(user_id: str) -> Iterator[Listing]:
    yield Listing("account/acts-of-operators.json", _acts_on(user_id))


def _nothing(_user_id: str) -> None:
    """Keep the lines: they name a customer by id alone, which leads nowhere once the account is erased."""


ADMIN_DATA = PersonalData(domain="admin", tables=(AdminAction,), listings=_listings, erase=_nothing)
