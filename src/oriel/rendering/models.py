"""The rows of rendering: the render job, which is the truth about a render, and whose turn it is."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id
from oriel.names import folded
from oriel.rendering.links import link_to, poster_path, watch_link_to

QUEUED = "queued"
PROCESSING = "processing"
COMPLETED = "completed"
FAILED = "failed"
CANCELLED = "cancelled"
UNDER_WAY = (QUEUED, PROCESSING)
# Why a video went early: by its customer's wish, or because its payment went back.
DELETED = "deleted"
WITHDRAWN = "withdrawn"
LONGEST_SEARCHED = 1000
_IS_MOVED = text("moved_ahead_at IS NOT NULL")


def _look(context: DefaultExecutionContext) -> str:
    return str(_row(context)["render_config"]["look"])


def _searched(context: DefaultExecutionContext) -> str:
    row = _row(context)
    texts = (row.get("title"), row.get("artist"), row["audio_filename"], row["render_config"]["look"])
    return folded(" ".join(text for text in texts if text))[:LONGEST_SEARCHED]


def _row(context: DefaultExecutionContext) -> Mapping[str, Any]:
    """Return the row that is written, within the default of one of its columns."""
    assert context.current_parameters is not None
    return context.current_parameters


class RenderJob(Base):
    """One video to be made. `fence` counts its attempts; every write of an attempt checks it."""

    __tablename__ = "render_jobs"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(12), default=QUEUED)
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Set when it ends, however it ends.
    completed_at: Mapped[datetime | None]

    # --- what was asked for
    title: Mapped[str] = mapped_column(String(300), default="")
    artist: Mapped[str] = mapped_column(String(300), default="")
    audio_filename: Mapped[str] = mapped_column(String(255))
    audio_object: Mapped[str] = mapped_column(String(300))
    render_config: Mapped[dict[str, Any]] = mapped_column(JSON)
    # For lists: its look, and the texts that a search looks into, without case.
    look: Mapped[str] = mapped_column(String(40), default=_look)
    searched: Mapped[str] = mapped_column(String(LONGEST_SEARCHED), default=_searched)
    watermark: Mapped[bool]
    song_s: Mapped[float]
    max_song_s: Mapped[float]
    payment_id: Mapped[str | None] = mapped_column(String(26))
    # The project that it was made from, which may be gone.
    project_id: Mapped[str | None] = mapped_column(String(26), index=True)
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64), default="")
    # The span of the request that submitted it (W3C), where traces are on.
    traceparent: Mapped[str | None] = mapped_column(String(55))

    # --- whose turn it is
    plan: Mapped[str] = mapped_column(String(16))
    weight: Mapped[int]
    at_once: Mapped[int]
    run_after: Mapped[datetime] = mapped_column(default=now)
    # By an operator: since when it goes before all others, and when it was last queued again after it had failed.
    moved_ahead_at: Mapped[datetime | None]
    retried_at: Mapped[datetime | None]

    # --- the attempt under way
    fence: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    # When the latest attempt began.
    claimed_at: Mapped[datetime | None]
    stage: Mapped[str | None] = mapped_column(String(12))
    progress: Mapped[float] = mapped_column(default=0.0)
    eta_s: Mapped[float | None]
    frames_done: Mapped[int] = mapped_column(default=0)
    first_frame_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    # Attempts in a row that ended without one new chunk, and chunks that are kept.
    fruitless: Mapped[int] = mapped_column(default=0)
    chunks_kept: Mapped[int] = mapped_column(default=0)
    chunks_at_claim: Mapped[int] = mapped_column(default=0)

    # --- what holds it up, beside the latest error: since when, how often it was tried, the notice that was sent
    held_since: Mapped[datetime | None]
    held_tries: Mapped[int] = mapped_column(default=0)
    held_notice: Mapped[str | None] = mapped_column(String(26))

    # --- how it ended
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_message: Mapped[str | None] = mapped_column(String(1000))
    error_details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    video_object: Mapped[str | None] = mapped_column(String(300))
    video_bytes: Mapped[int | None] = mapped_column(BigInteger)
    video_sha256: Mapped[str | None] = mapped_column(String(64))
    # A range of the song may be all that was asked for.
    video_s: Mapped[float | None]
    poster_object: Mapped[str | None] = mapped_column(String(300))
    # Raised to make every link to the video useless.
    link_generation: Mapped[int] = mapped_column(default=1)
    kept_for_s: Mapped[int]
    expires_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    # DELETED or WITHDRAWN where it went before its time was over.
    deleted_because: Mapped[str | None] = mapped_column(String(12))
    # Since when the storage has nothing of it any more.
    purged_at: Mapped[datetime | None]
    # When its customer took it off the lists.
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        Index(None, "user_id", "created_at", "id"),
        Index(None, "status", "plan", "created_at"),
        Index(None, "status", "lease_until"),
        Index(None, "user_id", "status"),
        Index(None, "purged_at", "expires_at"),
        Index(None, "purged_at", "deleted_at"),
        Index(None, "status", "completed_at"),
        # Few are ever moved, and each claim asks.
        Index(None, "moved_ahead_at", sqlite_where=_IS_MOVED, postgresql_where=_IS_MOVED),
    )

    @property
    def is_used(self) -> bool:
        """Whether a frame was drawn before anybody asked for the end: then a cancelled render counts."""
        if self.first_frame_at is None:
            return False
        return self.cancel_asked_at is None or self.first_frame_at <= self.cancel_asked_at

    @property
    def delivery_link(self) -> str:
        """Where the video is, or will be, or has been."""
        return link_to(self.id, self.link_generation)

    @property
    def watch_link(self) -> str:
        """The page on which anybody with the link watches the video, or will, or has."""
        return watch_link_to(self.id, self.link_generation)

    @property
    def watch_url(self) -> str | None:
        """Where anybody with the link watches the video, while it is there."""
        return self.watch_link if self.video_url else None

    @property
    def video_url(self) -> str | None:
        """Where the customer gets the video, while it is there."""
        return self.delivery_link if self.status == COMPLETED and not self.is_over else None

    @property
    def is_over(self) -> bool:
        """Whether its video has been deleted or has expired."""
        return self.deleted_at is not None or (self.expires_at is not None and self.expires_at <= now())

    @property
    def has_poster(self) -> bool:
        """Whether there is a picture to show: from soon after the drawing begins until the video goes."""
        return bool(self.poster_object) and self.status in (*UNDER_WAY, COMPLETED) and not self.is_over

    @property
    def poster_url(self) -> str | None:
        """Where anybody gets the poster for some hours, while there is one."""
        return poster_path(self.id, self.link_generation) if self.has_poster else None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings document as its customer may send it again: pictures have the ids of their uploads."""
        document = deepcopy(self.render_config)
        for part, key in (("cover", "file"), ("background", "image")):
            if picture := document[part].get(key):
                document[part][key] = _upload_id(picture)
        return document

    @property
    def upload_id(self) -> str:
        """The upload of its song, which may have expired."""
        return _upload_id(self.audio_object)


def pictures_of(job: RenderJob) -> tuple[str | None, str | None]:
    """Return the names in the storage of a render's cover and background, where it has such."""
    return job.render_config["cover"].get("file"), job.render_config["background"].get("image")


def _upload_id(object_name: str) -> str:
    # Uploads are stored under their ids. "cover" as a background stays what it is.
    return PurePath(object_name).stem


class QueueTurn(Base):
    """How much of the workers' time each plan has had, in shares of its weight (stride scheduling)."""

    __tablename__ = "queue_turns"

    plan: Mapped[str] = mapped_column(String(16), primary_key=True)
    passed: Mapped[float] = mapped_column(default=0.0, server_default="0")


class Leader(Base):
    """Which process may do a task that only one must do at a time, and until when."""

    __tablename__ = "leaders"

    task: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]


class Worker(Base):
    """A worker that waits for work, and when it last said so. One that renders is known by its lease."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class MachineSpeed(Base):
    """How many pixels a machine draws in a second, for renders of one kind (look, format, size)."""

    __tablename__ = "machine_speeds"

    machine: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    pixels_per_s: Mapped[float]
    measured_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index(None, "kind"),)
