"""The rows of media."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

SONG = "song"
PICTURE = "picture"
# A customer's own picture, made from what was sent.
AVATAR = "avatar"


class Upload(Base):
    """A song or a picture that a customer sent; its bytes lie in the storage under `object_name`."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    # As the customer called it, cleaned for display; it names nothing on our side.
    filename: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(10))
    object_name: Mapped[str] = mapped_column(String(100), unique=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    # 0 for a picture, and for a song whose file does not say.
    duration_s: Mapped[float] = mapped_column(default=0.0)
    title: Mapped[str] = mapped_column(String(200), default="")
    artist: Mapped[str] = mapped_column(String(200), default="")
    has_cover: Mapped[bool] = mapped_column(default=False)
    # Known some seconds after the upload; None for silence too.
    loudness_lufs: Mapped[float | None]
    measured_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Before this the row only says what is about to be stored, so that a crash leaves no bytes that nobody knows of.
    stored_at: Mapped[datetime | None]
    # None while something keeps it for good.
    expires_at: Mapped[datetime | None]
    # By its owner. Expired ones have none.
    deleted_at: Mapped[datetime | None]
    # Since when the storage has its bytes no more.
    purged_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "user_id", "created_at", "id"),
        Index(None, "purged_at", "expires_at"),
        # The clock asks every few seconds for songs that were not measured yet.
        Index(None, "measured_at", "created_at"),
    )


class ResumableUpload(Base):
    """A song that arrives in pieces. Each piece is an object in the storage, so any web process can take the next."""

    __tablename__ = "resumable_uploads"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(200))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    # How many bytes are stored: the offset of the next piece.
    received_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    # Names in the storage, in order.
    pieces: Mapped[list[Any]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    # The upload that it has become.
    upload_id: Mapped[str | None] = mapped_column(String(26))
    # Since when the storage has none of its pieces.
    purged_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id", "created_at"), Index(None, "purged_at", "expires_at"))


def folder_of(user_id: str, resumable_id: str) -> str:
    """Return the prefix of a resumable upload's pieces in the storage."""
    return f"uploads/{user_id}/pieces/{resumable_id}/"
