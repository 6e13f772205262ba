"""Finds out whether the storage still has the file of an upload."""

import logging

from oriel.errors import StorageFailed, UploadLost
from oriel.infra.logs import facts
from oriel.infra.storage import storage
from oriel.media.models import Upload

_log = logging.getLogger("oriel.media")

# A customer waits for the answer.
_PATIENCE_S = 3.0


def is_lost(object_name: str) -> bool:
    """Return whether the storage has lost a file; False where it does not answer within seconds.

    Asks the storage, so call it outside of a writing transaction.
    """
    try:
        # A folder's `stat` may have to read the whole file for its checksum.
        if storage().path(object_name):
            return False
        return storage().stat(object_name, patience_s=_PATIENCE_S) is None and has_uploads()
    except StorageFailed:
        return False


def has_uploads() -> bool:
    """Return whether the storage has any upload: with a wrong DATA_DIR or an unmounted disk it seems to have none."""
    return next(iter(storage().list("uploads/")), None) is not None


def lost(upload: Upload, *, is_damaged: bool = False) -> UploadLost:
    """Return the error for an upload whose file is lost or damaged, and log it for the operators."""
    what = "damaged" if is_damaged else "lost"
    _log.error("The storage has lost the file of an upload, or it is damaged.", extra=facts(upload=upload.id))
    return UploadLost(
        f"The file “{upload.filename}” was {what} in our storage. We are sorry. Please upload it again.",
        upload=upload.id,
        kind=upload.kind,
        is_damaged=is_damaged,
    )
