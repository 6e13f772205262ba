"""Avatars: a square JPEG for each customer who sends a picture, without anything that the file said beside it."""

import contextlib
import hashlib
from pathlib import Path

from oriel.accounts.models import User
from oriel.errors import StorageFailed
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.media import uploads
from oriel.media.dependencies import dependencies
from oriel.media.models import AVATAR, PICTURE, Upload
from oriel.media.upload_stream import received_file

retention.keep_with(
    "avatar", "Your profile picture", retention.STORAGE, "until you replace or remove it, or delete your account"
)


def receive_avatar(user_id: str) -> None:
    """Make the picture of the current request a customer's avatar, in place of the one before; raise as uploads do."""
    with received_file(user_id, (PICTURE,), ()) as (file, arrival):
        uploads.refuse_virus(file.path)
        square = arrival.folder / "avatar.jpg"
        dependencies().crop_avatar(file.path, square, file.filename)
        avatar = uploads.store(_describe(user_id, arrival.id, square), square, "image/jpeg")
    _replace(user_id, avatar.id)


def remove_avatar(user_id: str) -> None:
    """Delete a customer's avatar, if there is one."""
    _replace(user_id, None)


def _describe(user_id: str, upload_id: str, square: Path) -> Upload:
    content = square.read_bytes()
    return Upload(
        id=upload_id,
        user_id=user_id,
        kind=AVATAR,
        # Its own name may say more than the picture.
        filename="avatar.jpg",
        format="jpeg",
        object_name=f"uploads/{user_id}/{upload_id}.jpg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        duration_s=0.0,
    )


def _replace(user_id: str, avatar_id: str | None) -> None:
    with writing() as session:
        user = session.get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
        before = session.get(Upload, user.avatar_id, with_for_update=True) if user.avatar_id else None
        user.avatar_id = avatar_id
        if avatar_id:
            uploads.keep_until(session, session.get_one(Upload, avatar_id, with_for_update=True), None)
        if before:
            before.deleted_at = before.expires_at = now()
    if before:
        # It is gone for everybody, and with the storage away the sweep removes the bytes.
        with contextlib.suppress(StorageFailed):
            uploads.purge(before)
