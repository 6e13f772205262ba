"""Hands out thumbnails and avatars by their sealed addresses."""

from datetime import timedelta

from flask import Response, request
from sqlalchemy import select

from oriel.accounts.models import User
from oriel.errors import NotFound
from oriel.infra.database import db
from oriel.infra.storage import storage
from oriel.infra.storage.file_response import redirect_to
from oriel.media.formats import CONTENT_TYPES
from oriel.media.models import Upload

_SIGNED_FOR = timedelta(minutes=10)
_REDIRECT_KEPT_S = 300
_NONE = "There is no picture at this address."


def show_picture(upload_id: str, seconds: int, *, kind: str) -> Response:
    """Return an upload of this kind, or a redirect to it; browsers may keep it for so many seconds.

    Raise NotFound for a picture that is gone.
    """
    there = (Upload.kind == kind, Upload.deleted_at.is_(None), Upload.purged_at.is_(None), User.disabled_at.is_(None))
    query = select(Upload).join(User, User.id == Upload.user_id).where(Upload.id == upload_id, *there)
    upload = db.session.scalar(query)
    if upload is None:
        raise NotFound(_NONE)
    response = _answer(upload)
    response.cache_control.private = True
    # A redirect must not be kept for longer than it works.
    response.cache_control.max_age = min(seconds, _REDIRECT_KEPT_S) if response.status_code == 302 else seconds
    return response


def _answer(upload: Upload) -> Response:
    content_type = CONTENT_TYPES[upload.format]
    name = upload.object_name
    url = storage().signed_url(
        name, filename=f"{upload.kind}.{upload.format}", content_type=content_type, expires_in=_SIGNED_FOR
    )
    if url:
        return redirect_to(url)
    path = storage().path(name)
    if path is None:
        raise NotFound(_NONE)
    response = Response(path.read_bytes(), mimetype=content_type)
    response.set_etag(upload.sha256)
    response.make_conditional(request)
    return response
