"""What media hold of a customer: the export and the erasure of songs and pictures."""

from collections.abc import Iterator

from sqlalchemy import delete, select

from oriel.accounts.personal_data import Attachment, Listing, PersonalData, Row, fields, in_batches
from oriel.infra.database import writing
from oriel.media import sweep
from oriel.media.models import ResumableUpload, Upload
from oriel.names import for_files

_FIELDS = (
    "id",
    "kind",
    "filename",
    "format",
    "size_bytes",
    "sha256",
    "duration_s",
    "title",
    "artist",
    "loudness_lufs",
    "created_at",
    "expires_at",
    "deleted_at",
)


def listings(user_id: str) -> Iterator[Listing]:
    """Yield the uploads, and those that have arrived in part."""
    query = select(Upload).where(Upload.user_id == user_id)
    yield Listing("uploads/uploads.json", in_batches(query, Upload.id, _upload))
    yield Listing("uploads/unfinished.json", _unfinished(user_id))


def attachments(user_id: str) -> Iterator[Attachment]:
    """Yield the songs and pictures that are still there."""
    there = (Upload.stored_at.is_not(None), Upload.deleted_at.is_(None), Upload.purged_at.is_(None))
    query = select(Upload).where(Upload.user_id == user_id, *there)
    return in_batches(query, Upload.id, lambda row: Attachment(path_of(row), row.object_name, row.size_bytes))


def path_of(upload: Upload) -> str:
    """Return an upload's path in an export."""
    stem = upload.filename.rpartition(".")[0] or upload.filename
    return f"uploads/{upload.kind}s/{for_files(stem)} ({upload.id}).{upload.format}"


def erase(user_id: str) -> None:
    """Delete every upload, whole or in pieces."""
    with writing() as session:
        session.execute(delete(ResumableUpload).where(ResumableUpload.user_id == user_id))
        session.execute(delete(Upload).where(Upload.user_id == user_id))
    # After the rows: a request that still stores one finds its row gone and ends.
    sweep.erase(user_id)


MEDIA_DATA = PersonalData(
    domain="media", tables=(Upload, ResumableUpload), listings=listings, attachments=attachments, erase=erase
)


def _upload(row: Upload) -> Row:
    is_there = row.stored_at and not row.deleted_at and not row.purged_at
    return {**fields(row, *_FIELDS), "file": path_of(row) if is_there else None}


def _unfinished(user_id: str) -> Iterator[Row]:
    names = ("id", "filename", "size_bytes", "received_bytes", "created_at", "expires_at")
    query = select(ResumableUpload).where(ResumableUpload.user_id == user_id)
    return in_batches(query, ResumableUpload.id, lambda row: fields(row, *names))
