"""Where files are kept: a folder on one machine, a bucket of Google Cloud Storage on many."""

from flask import Flask, current_app

from oriel.infra.storage.counted import CountedStorage
from oriel.infra.storage.folder import FolderStorage
from oriel.infra.storage.interface import Storage, Stored
from oriel.settings import Settings

__all__ = ["Storage", "Stored", "init_storage", "open_storage", "storage"]


def open_storage(settings: Settings) -> Storage:
    """Return the storage that the settings name: the bucket, or a folder beside the database."""
    if settings.gcs_bucket_name:
        # Google's library takes a second to import, which an installation on one machine need not wait for.
        from oriel.infra.storage.bucket import open_bucket

        return open_bucket(settings)
    return FolderStorage(settings.data_root / "storage")


def init_storage(app: Flask, settings: Settings) -> None:
    """Keep one storage for this process."""
    app.extensions["oriel.storage"] = CountedStorage(open_storage(settings))


def storage() -> Storage:
    """Return the storage of the current application."""
    kept: Storage = current_app.extensions["oriel.storage"]
    return kept
