"""Request and response bodies of the privacy routes."""

from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from oriel.infra.clock import Instant
from oriel.infra.retention import Retention
from oriel.privacy.export_links import export_path
from oriel.privacy.exports import is_over
from oriel.privacy.models import EXPIRED, READY, DataExport

ExportState = Literal["queued", "writing", "ready", "failed", "expired"]


class DeletionIn(BaseModel):
    """The password, because a deletion cannot be undone after its week."""

    model_config = ConfigDict(extra="forbid")

    current_password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class DeletionOut(BaseModel):
    """A deletion that has been asked for."""

    deletion_due_at: Instant = Field(description="When everything will be deleted; logging in before then keeps it")


class ExportOut(BaseModel):
    """A copy of your data."""

    id: str
    state: ExportState
    asked_at: Instant
    progress: float = Field(ge=0, le=1, description="The share of songs and videos that is in the ZIP")
    size_bytes: int | None = Field(description="The size of the ZIP, once it is ready")
    expires_at: Instant | None = Field(description="When the ZIP will be deleted")
    download_url: str | None = Field(description="Where to download the ZIP within an hour; null unless it is ready")

    @classmethod
    def of(cls, export: DataExport) -> "ExportOut":
        """Return the answer for an export."""
        state = EXPIRED if is_over(export) else export.state
        share = export.bytes_done / export.bytes_total if export.bytes_total else 0.0
        return cls(
            id=export.id,
            state=cast("ExportState", state),
            asked_at=export.asked_at,
            progress=1.0 if state == READY else min(share, 1.0),
            size_bytes=export.size_bytes,
            expires_at=export.expires_at,
            download_url=export_path(export.id) if state == READY else None,
        )


class LatestExportOut(BaseModel):
    """Your latest export; null if you never asked for one."""

    export: ExportOut | None


class PrivacyIn(BaseModel):
    """Your choice."""

    model_config = ConfigDict(extra="forbid")

    product_analytics: StrictBool


class PrivacyOut(BaseModel):
    """Your privacy settings."""

    product_analytics: bool = Field(description="Whether we count, by day, which looks and features you use")
    since: Instant | None = Field(description="When you agreed; null while it is off")

    @classmethod
    def of(cls, since: datetime | None) -> "PrivacyOut":
        """Return the answer for the time at which a user has agreed."""
        return cls(product_analytics=since is not None, since=since)


class RetentionOut(BaseModel):
    """One kind of data that we keep."""

    name: str
    what: str
    where: str
    days: float | None = Field(description="null: for as long as `until` says")
    until: str = Field(description="From when the days count, or when the data goes")

    @classmethod
    def of(cls, kind: Retention) -> "RetentionOut":
        """Return the answer for a kind of data."""
        days = kind.period.total_seconds() / 86_400 if kind.period else None
        return cls(name=kind.name, what=kind.what, where=kind.where, days=days, until=kind.until)


class RetentionList(BaseModel):
    """Everything that we keep, and for how long."""

    items: list[RetentionOut]
