"""Deletes what has expired and what a crash has left."""

import logging
import shutil
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Select, select

from oriel.errors import StorageFailed
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.logs import facts
from oriel.infra.storage import storage
from oriel.media import references
from oriel.media.dependencies import dependencies
from oriel.media.models import Upload
from oriel.media.uploads import purge

_log = logging.getLogger("oriel.media")

# A render that was submitted in an upload's last second has been committed by then.
_GRACE = timedelta(minutes=5)
# What is still needed is asked about again after this, so that it does not stand before the others.
_POSTPONED = timedelta(hours=1)
# Longer than the slowest upload may take.
LEFT_S = 12 * 3600.0


def delete_expired(limit: int) -> int:
    """Delete up to so many uploads whose time is over and which nothing needs; return how many."""
    return sum(_purged(upload) for upload in _due(limit))


def delete_leftovers() -> int:
    """Delete the folders of uploads that a process was killed in; return how many."""
    return sum(_removed(folder) for folder in left_folders())


def erase(user_id: str) -> int:
    """Remove everything that a customer has uploaded from the storage, for an account that goes; rows go with it."""
    return storage().delete_all(f"uploads/{user_id}/")


def overdue(limit: int) -> Select[Upload]:
    """Return the select of what is to be looked at, in the order of an index."""
    over = select(Upload).where(Upload.purged_at.is_(None), Upload.expires_at <= now() - _GRACE)
    return over.order_by(Upload.purged_at, Upload.expires_at).limit(limit)


def _due(limit: int) -> list[Upload]:
    with writing() as session:
        # One that a submit has locked is about to be kept.
        found = session.scalars(overdue(limit).with_for_update(skip_locked=True)).all()
        needed = [upload for upload in found if not upload.deleted_at and references.is_referenced(session, upload.id)]
        for upload in needed:
            upload.expires_at = now() + _POSTPONED
    return [upload for upload in found if upload not in needed]


def _purged(upload: Upload) -> bool:
    try:
        purge(upload)
    except StorageFailed as error:
        # The others may well go; this one is tried again by the next sweep.
        _log.warning("An upload could not be deleted.", exc_info=error, extra=facts(upload=upload.id))
        return False
    return True


def left_folders() -> list[Path]:
    """Return the folders of uploads that a process was killed in."""
    incoming = dependencies().incoming
    if not incoming.is_dir():
        return []
    # The files' own times are the machine's, which tests do not shift.
    before = time.time() - LEFT_S
    return [folder for folder in incoming.iterdir() if folder.stat().st_mtime < before]


def _removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()
