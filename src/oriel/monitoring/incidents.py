"""Incidents: what is wrong now and what was, and the calls to the operators' webhook about them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

OPENED = "opened"
CLOSED = "closed"


class Incident(Base):
    """A condition for as long as it holds. Before `opened_at` nobody has been told: it may be over at once."""

    __tablename__ = "incidents"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    condition: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(String(300))
    first_seen_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        # Whatever two clocks do, there is one open incident of a condition.
        Index(
            None,
            "condition",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(None, "closed_at"),
    )


class AlertCall(Base):
    """A call to the operators' webhook, written in the commit that opens or closes an incident."""

    __tablename__ = "alert_calls"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(10))
    body: Mapped[str] = mapped_column(Text)
    # When it is sent next; null once it is delivered or given up.
    due_at: Mapped[datetime | None] = mapped_column(default=now, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(200))
    sent_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("incident_id", "event"),)
