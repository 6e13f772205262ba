"""Finds uploads of an order that cannot be rendered, because the storage has lost or damaged their files."""

from typing import Any

from sqlalchemy import select

from oriel.errors import StoredFileDamaged, UploadLost
from oriel.infra.database import db
from oriel.media import lost_files
from oriel.media.models import Upload
from oriel.projects.kept_uploads import pictures_in
from oriel.rendering.models import FAILED, RenderJob


def find_lost(user_id: str, upload_id: str, document: dict[str, Any]) -> UploadLost | None:
    """Return the error for the first upload of an order whose file is lost or known to be damaged, or None.

    Asks the storage, so call it outside of a writing transaction. Uploads that are unknown or expired are left out,
    and so is everything while the storage does not answer: the render then waits for it.
    """
    ids = [each for each in (upload_id, *pictures_in(document)) if each.isalnum()]
    there = (Upload.user_id == user_id, Upload.stored_at.is_not(None), Upload.purged_at.is_(None))
    uploads = db.session.scalars(select(Upload).where(Upload.id.in_(ids), *there).order_by(Upload.id)).all()
    damaged = _known_as_damaged(user_id)
    db.session.commit()
    for upload in uploads:
        if upload.object_name in damaged:
            return lost_files.lost(upload, is_damaged=True)
        if lost_files.is_lost(upload.object_name):
            return lost_files.lost(upload)
    return None


def _known_as_damaged(user_id: str) -> set[str]:
    """Return the names of files that a worker found damaged; an operator who has mended one retries its render."""
    failed = (RenderJob.user_id == user_id, RenderJob.status == FAILED)
    query = select(RenderJob.error_details).where(*failed, RenderJob.error_code == StoredFileDamaged.code)
    return {str(details["name"]) for details in db.session.scalars(query) if details and "name" in details}
