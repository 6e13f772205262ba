"""Uploads: taken in, looked at, kept for as long as something needs them, and deleted."""

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path, PurePath

from flask import Response
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from oriel.errors import Conflict, Expired, NotFound, StorageFailed
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.storage import storage
from oriel.infra.storage.file_response import redirect_to, send_file
from oriel.media import lost_files, references
from oriel.media.clamav import refuse_infected
from oriel.media.dependencies import SongFacts, dependencies
from oriel.media.formats import CONTENT_TYPES
from oriel.media.models import AVATAR, PICTURE, SONG, Upload
from oriel.media.upload_stream import ReceivedFile, received_file

_SIGNED_FOR = timedelta(minutes=10)
# For an upload that nothing uses.
KEPT_FOR = retention.keep(
    "uploads",
    "Songs and pictures that nothing uses",
    retention.STORAGE,
    timedelta(hours=24),
    "after they are uploaded",
)
# For one whose way into the storage was cut off.
_ON_ITS_WAY = timedelta(hours=2)


def receive_song(user_id: str, *, fields: Sequence[str] = ()) -> tuple[Upload, dict[str, str]]:
    """Take the song of the current multipart request, and the texts in these fields, "" where one is missing."""
    return receive(user_id, (SONG,), fields)


def receive(
    user_id: str, kinds: Sequence[str] = (SONG, PICTURE), fields: Sequence[str] = ()
) -> tuple[Upload, dict[str, str]]:
    """Take one file of these kinds out of the current request: when this returns, it is in the storage."""
    with received_file(user_id, kinds, fields) as (file, arrival):
        texts = {name: text.read() for name, text in arrival.texts.items()}
        return keep_file(user_id, arrival.id, file), texts


def keep_file(user_id: str, upload_id: str, file: ReceivedFile) -> Upload:
    """Check a file that has arrived, and store it as an upload of this id; raise for one that cannot be used."""
    upload = _describe(user_id, upload_id, file, _look_into(file))
    return store(upload, file.path, file.format.content_type)


def store(upload: Upload, path: Path, content_type: str) -> Upload:
    """Write down what is about to be stored, store it, write down that it is; raise PaymentRequired."""
    with writing() as session:
        dependencies().rules.refuse(session, upload.user_id, upload.size_bytes, upload.duration_s)
        upload.expires_at = now() + _ON_ITS_WAY
        session.add(upload)
    storage().put(upload.object_name, path, content_type=content_type)
    with writing() as session:
        stored = session.get_one(Upload, upload.id)
        stored.stored_at, stored.expires_at = now(), now() + KEPT_FOR
    return db.session.get_one(Upload, upload.id)


def copy_for(user_id: str, upload: Upload) -> Upload:
    """Copy an upload into a customer's own; raise PaymentRequired where the plan does not allow it."""
    copy_id, suffix = new_id(), PurePath(upload.object_name).suffix
    same = ("kind", "filename", "format", "size_bytes", "sha256", "duration_s", "title", "artist", "has_cover")
    copy = Upload(
        id=copy_id,
        user_id=user_id,
        object_name=f"uploads/{user_id}/{copy_id}{suffix}",
        loudness_lufs=upload.loudness_lufs,
        measured_at=upload.measured_at,
        **{name: getattr(upload, name) for name in same},
    )
    folder = dependencies().incoming / copy_id
    folder.mkdir(parents=True)
    try:
        storage().get(upload.object_name, folder / f"copy{suffix}")
        return store(copy, folder / f"copy{suffix}", CONTENT_TYPES[upload.format])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def open_upload(session: Session, user_id: str, upload_id: str, *, kind: str = SONG) -> Upload:
    """Return an upload that can be used now; raise NotFound for another's or none, Expired where its time is over.

    Nobody can delete it before the end of the transaction.
    """
    upload = own_upload(session, user_id, upload_id, lock=True)
    if upload.kind != kind:
        raise NotFound(f"This upload is not a {kind}.")
    return upload


def own_upload(session: Session, user_id: str, upload_id: str, *, lock: bool = False) -> Upload:
    """Return a customer's upload of any kind; raise as `open_upload` does."""
    # No id of ours holds anything else, and PostgreSQL takes no NUL.
    is_id = upload_id.isalnum()
    upload = session.get(Upload, upload_id, with_for_update=lock or None, populate_existing=lock) if is_id else None
    is_own = upload is not None and upload.user_id == user_id and upload.kind != AVATAR
    if upload is None or not is_own or upload.stored_at is None or upload.deleted_at:
        raise NotFound("There is no such upload. Please upload the file again.")
    if upload.purged_at or (upload.expires_at and upload.expires_at <= now()):
        raise Expired("This upload has expired. Please upload the file again.")
    return upload


def keep_until(session: Session, upload: Upload, moment: datetime | None) -> None:
    """Keep an upload until then at least, or with None until `release`; never shorter than before."""
    if moment is None or (upload.expires_at and upload.expires_at < moment):
        upload.expires_at = moment


def release(session: Session, upload: Upload) -> None:
    """Let an upload that was kept for good go after a day."""
    upload.expires_at = now() + KEPT_FOR


def hand_out(upload: Upload) -> Response:
    """Return an upload's bytes as they came, or a redirect to them; raise UploadLost, StorageFailed."""
    if lost_files.is_lost(upload.object_name):
        raise lost_files.lost(upload)
    content_type = CONTENT_TYPES.get(upload.format, "application/octet-stream")
    url = storage().signed_url(
        upload.object_name, filename=upload.filename, content_type=content_type, expires_in=_SIGNED_FOR
    )
    if url:
        return redirect_to(url)
    path = storage().path(upload.object_name)
    if path is None:
        raise StorageFailed("We cannot find this file in our storage. We have been notified.")
    return send_file(path, filename=upload.filename, content_type=content_type)


def own_uploads(user_id: str) -> Select[Upload]:
    """Return the select of what a customer has uploaded and can use, the latest first."""
    there = (Upload.stored_at.is_not(None), Upload.deleted_at.is_(None), Upload.purged_at.is_(None))
    good = or_(Upload.expires_at.is_(None), Upload.expires_at > now())
    mine = select(Upload).where(Upload.user_id == user_id, Upload.kind != AVATAR, *there, good)
    return mine.order_by(Upload.created_at.desc(), Upload.id.desc())


def mark_deleted(upload: Upload) -> None:
    """Take an upload from its owner; the sweep removes its bytes."""
    upload.deleted_at = upload.expires_at = now()


def delete_upload(user_id: str, upload_id: str) -> None:
    """Delete a customer's upload at once; raise Conflict while something needs it."""
    with writing() as session:
        upload = own_upload(session, user_id, upload_id, lock=True)
        if references.is_referenced(session, upload.id):
            raise Conflict("A project, a render or an open payment uses this file, so you cannot delete it yet.")
        mark_deleted(upload)
    # It is gone for its owner, and with the storage away the sweep removes the bytes.
    with contextlib.suppress(StorageFailed):
        purge(upload)


def delete_unused(upload_id: str) -> None:
    """Delete an upload that was stored for nothing, unless somebody has found a use for it meanwhile."""
    with writing() as session:
        upload = session.get_one(Upload, upload_id, with_for_update=True, populate_existing=True)
        # Who needs it has it kept for longer than what nobody uses.
        if upload.deleted_at or upload.expires_at is None or upload.expires_at > now() + KEPT_FOR:
            return
        mark_deleted(upload)
    with contextlib.suppress(StorageFailed):
        purge(upload)


def refuse_virus(path: Path) -> None:
    """Raise InfectedFile for what the virus scanner refuses, where there is one."""
    if address := dependencies().clamav_address:
        refuse_infected(path, address)


def purge(upload: Upload) -> None:
    """Remove an upload's bytes, then say so: whatever ends between the two, the sweep comes by again."""
    storage().delete(upload.object_name)
    with writing() as session:
        session.get_one(Upload, upload.id).purged_at = now()


def bytes_kept(session: Session, user_id: str) -> int:
    """Return how many bytes of uploads count as a customer's storage; deleted ones do not, even before the sweep."""
    counted = (Upload.user_id == user_id, Upload.deleted_at.is_(None), Upload.purged_at.is_(None))
    query = select(func.sum(Upload.size_bytes)).where(*counted)
    return int(session.scalar(query) or 0)


def _look_into(file: ReceivedFile) -> SongFacts | None:
    """Return what a song says about itself; raise for what is infected, damaged or something else."""
    refuse_virus(file.path)
    if file.kind == SONG:
        return dependencies().probe_song(file.path, file.filename)
    dependencies().check_picture(file.path, file.filename)
    return None


def _describe(user_id: str, upload_id: str, file: ReceivedFile, facts: SongFacts | None) -> Upload:
    told: Mapping[str, object] = {
        "format": facts.format if facts else file.format.name,
        "duration_s": facts.duration_s if facts else 0.0,
        "title": (facts.title or PurePath(file.filename).stem) if facts else "",
        "artist": facts.artist if facts else "",
        "has_cover": facts.has_cover if facts else False,
    }
    return Upload(
        id=upload_id,
        user_id=user_id,
        kind=file.kind,
        filename=file.filename,
        object_name=f"uploads/{user_id}/{file.path.name}",
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        **told,
    )
