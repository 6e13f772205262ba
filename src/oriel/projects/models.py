"""The rows of projects."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oriel.accounts.models import User
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
    # While anyone with the link may view it. A new link has another id, so the old address stays dead.
    link_id: Mapped[str | None] = mapped_column(String(26), unique=True)
    link_copies: Mapped[bool] = mapped_column(default=False)
    # Whether those who may only view it hear its song.
    plays_song: Mapped[bool] = mapped_column(default=False)

    song: Mapped[Upload | None] = relationship(foreign_keys=[song_id], lazy="raise")
    owner: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise", viewonly=True)
    people: Mapped[list["ProjectPerson"]] = relationship(lazy="raise", viewonly=True, order_by="ProjectPerson.id")

    @property
    def is_shared(self) -> bool:
        """Whether anybody but its owner can see it."""
        return self.link_id is not None or bool(self.people)

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


class ProjectPerson(Base):
    """Somebody whom the owner has invited, by mail address; bound to an account when they accept."""

    __tablename__ = "project_people"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(10))
    # None until the invitation is accepted, whether or not the address has an account.
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    invited_at: Mapped[datetime] = mapped_column(default=now)
    accepted_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship(lazy="raise", viewonly=True)

    __table_args__ = (
        UniqueConstraint("project_id", "email"),
        Index(None, "email"),
        Index(None, "user_id"),
    )


class ProjectVersion(Base):
    """A project as one person left it after some minutes of changes."""

    __tablename__ = "project_versions"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    # The project's version after the last of these changes.
    number: Mapped[int]
    # None once that account is deleted.
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    look: Mapped[str] = mapped_column(String(40))
    thumbnail_id: Mapped[str | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"), index=True)
    # The number of the version that this one has brought back.
    restored: Mapped[int | None]
    begun_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    user: Mapped[User | None] = relationship(lazy="raise", viewonly=True)

    __table_args__ = (UniqueConstraint("project_id", "number"),)
