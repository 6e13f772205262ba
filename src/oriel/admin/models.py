"""The audit trail: what operators did, to whom, when, and from where. Lines are added and never changed.

The database refuses changes as well, by triggers that the migration makes.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, Index, String, event
from sqlalchemy.orm import Mapped, Mapper, ORMExecuteState, Session, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id


class TrailIsAppendOnly(Exception):  # noqa: N818  (named for its situation, as those of oriel.errors)
    """Something tried to change or delete a line of the audit trail."""


class AdminAction(Base):
    """One act of an operator. It refers to rows by id alone, so that it outlives them."""

    __tablename__ = "admin_actions"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    # Null for the command line, and for somebody who did not get in.
    actor_id: Mapped[str | None] = mapped_column(String(26))
    # The operator's mail address at that time, or "command line: " and the name of the machine's user, or
    # "not signed in: " and the address of the operator as whom somebody failed to sign in.
    actor: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(16))
    # A name from oriel.admin.actions.
    action: Mapped[str] = mapped_column(String(40))
    # The object: its kind, such as "user", and its id.
    kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(255))
    # JSON values without secrets and without addresses of customers.
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    address: Mapped[str] = mapped_column(String(45), default="")

    __table_args__ = (Index(None, "actor_id", "id"), Index(None, "kind", "object_id", "id"))


@event.listens_for(AdminAction, "before_update")
@event.listens_for(AdminAction, "before_delete")
def _refuse_change(_mapper: Mapper[AdminAction], _connection: Connection, _line: AdminAction) -> None:
    raise TrailIsAppendOnly("Lines of the audit trail are never changed.")


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk_change(state: ORMExecuteState) -> None:
    """Refuse UPDATE and DELETE by the model; the sweeper of old lines names the table, beside the ORM."""
    mapper = state.bind_mapper
    if (state.is_update or state.is_delete) and mapper is not None and mapper.class_ is AdminAction:
        raise TrailIsAppendOnly("Lines of the audit trail are never changed.")
