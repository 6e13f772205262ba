"""Fetches what a render is made from, and says whose fault it is where something is missing."""

from pathlib import Path

from oriel.errors import AppError, NotFound, StorageFailed, UploadLost
from oriel.infra.storage import storage
from oriel.media.lost_files import has_uploads


def fetch(name: str, target: Path) -> None:
    """Write an upload to a file.

    Raises UploadLost where it is missing, StorageFailed where the storage has no uploads at all.
    """
    try:
        storage().get(name, target)
    except NotFound as error:
        raise _lost(name) from error


def _lost(name: str) -> AppError:
    # An upload outlives the renders that wait for it. A worker with another DATA_DIR or an unmounted disk sees no
    # upload, and must fail no render: it waits for a worker that sees them.
    if not has_uploads():
        return StorageFailed("The storage has no uploads. Check DATA_DIR or the bucket of this worker.", name=name)
    return UploadLost("A file that this render needs is missing in the storage.", name=name)
