"""The rows of projects."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id
from oriel.media.models import Upload

LONGEST_NAME = 120


class Project(Base):
    """A customer's song and settings, under a name."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    # As the studio has it: what is not chosen is missing.
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    look: Mapped[str] = mapped_column(String(40))
    # Each change of name, song or settings counts; who changes an older version is told.
    version: Mapped[int] = mapped_column(default=1)
    song_id: Mapped[str | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    thumbnail_id: Mapped[str | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    # The texts that a search looks into, without case.
    searched: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    # By its owner, who may bring it back for some time.
    deleted_at: Mapped[datetime | None]

    song: Mapped[Upload | None] = relationship(foreign_keys=[song_id], lazy="raise")

    __table_args__ = (
        Index(None, "user_id", "deleted_at", "changed_at", "id"),
        Index(None, "deleted_at"),
        Index(None, "song_id"),
        Index(None, "thumbnail_id"),
    )


class ProjectUpload(Base):
    """An upload that a project keeps: its song, its pictures, its thumbnail."""

    __tablename__ = "project_uploads"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index(None, "upload_id"),)
