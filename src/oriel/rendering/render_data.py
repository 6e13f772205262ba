"""What rendering holds of a customer: the export and the erasure of renders and videos."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from sqlalchemy import delete, func, or_, select

from oriel.accounts.personal_data import Attachment, Listing, PersonalData, Row, fields, in_batches
from oriel.errors import WrongState
from oriel.infra.database import db, writing
from oriel.infra.mail import OutboxMail
from oriel.infra.storage import storage
from oriel.names import for_files
from oriel.rendering.cancellation import end_render, locked_job
from oriel.rendering.models import COMPLETED, PROCESSING, UNDER_WAY, RenderJob

_FIELDS = (
    "id",
    "status",
    "created_at",
    "completed_at",
    "title",
    "artist",
    "audio_filename",
    "settings",
    "watermark",
    "plan",
    "project_id",
    "error_code",
    "error_message",
    "video_bytes",
    "video_sha256",
    "video_s",
    "expires_at",
    "deleted_at",
    "removed_at",
)
_ID_LENGTH = 26
_NAMED = (RenderJob.id, RenderJob.held_notice)
# The session holds none of these mails.
_UNSYNCED = {"synchronize_session": False}


def listings(user_id: str) -> Iterator[Listing]:
    """Yield the renders with the settings that they were made with."""
    query = select(RenderJob).where(RenderJob.user_id == user_id)
    yield Listing("renders/renders.json", in_batches(query, RenderJob.id, _render))


def attachments(user_id: str) -> Iterator[Attachment]:
    """Yield the videos that are still there."""
    there = (RenderJob.status == COMPLETED, RenderJob.deleted_at.is_(None), RenderJob.purged_at.is_(None))
    query = select(RenderJob).where(RenderJob.user_id == user_id, *there, RenderJob.video_object.is_not(None))
    return in_batches(query, RenderJob.id, _video)


def erase(user_id: str) -> None:
    """End the renders under way, then delete all with their videos; raise WrongState while a worker still holds one."""
    _end_all(user_id)
    ids = list(db.session.scalars(select(RenderJob.id).where(RenderJob.user_id == user_id)))
    db.session.commit()
    storage().delete_all(f"videos/{user_id}/")
    _delete_chunks(ids)
    with writing() as session:
        # Mails to the operator name the render that failed or was held up.
        own, notices = (select(column).where(RenderJob.user_id == user_id) for column in _NAMED)
        named = or_(func.substr(OutboxMail.subject_key, 1, _ID_LENGTH).in_(own), OutboxMail.subject_key.in_(notices))
        session.execute(delete(OutboxMail).where(OutboxMail.user_id.is_(None), named), execution_options=_UNSYNCED)
        session.execute(delete(RenderJob).where(RenderJob.user_id == user_id))


RENDER_DATA = PersonalData(
    domain="rendering", tables=(RenderJob,), listings=listings, attachments=attachments, erase=erase
)


def _end_all(user_id: str) -> None:
    query = select(RenderJob.id).where(RenderJob.user_id == user_id, RenderJob.status.in_(UNDER_WAY))
    for job_id in db.session.scalars(query).all():
        with writing() as session:
            end_render(session, locked_job(session, job_id))
    is_held = select(RenderJob.id).where(RenderJob.user_id == user_id, RenderJob.status == PROCESSING).limit(1)
    held = db.session.scalar(is_held)
    db.session.commit()
    if held:
        # It stops within seconds; one whose machine has died loses its lease.
        raise WrongState("A render is still being stopped.")


def _delete_chunks(job_ids: Sequence[str]) -> None:
    stored = {each.name.split("/")[1] for each in storage().list("chunks/")}
    for job_id in stored.intersection(job_ids):
        storage().delete_all(f"chunks/{job_id}/")


def _render(row: RenderJob) -> Row:
    is_there = row.status == COMPLETED and not row.is_over and row.video_object
    return {**fields(row, *_FIELDS), "file": _path(row) if is_there else None}


def _video(row: RenderJob) -> Attachment:
    assert row.video_object
    return Attachment(_path(row), row.video_object, row.video_bytes or 0)


def _path(row: RenderJob) -> str:
    assert row.video_object
    return f"renders/{for_files(row.title) or 'video'} ({row.id}){PurePath(row.video_object).suffix}"
