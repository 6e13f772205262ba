"""Stores finished chunks, so that any worker can resume a render whose machine vanished."""

import logging
import queue
import threading
from pathlib import Path

from oriel.errors import AppError
from oriel.infra.storage import Storage
from oriel.rendering.pipeline.workdir import WorkFolder

_log = logging.getLogger("oriel.worker")

_TRACK = "track.orft"


class ChunkStore:
    """Keeps a job's feature track and chunks under its own prefix; uploads in a thread, beside the drawing.

    A failed upload does not end the render: a worker that resumes it draws the chunk again.
    """

    def __init__(self, storage: Storage, job_id: str) -> None:
        self._storage = storage
        self._prefix = f"chunks/{job_id}/"
        self._waiting: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._manifests: set[str] = set()
        self._thread = threading.Thread(target=self._upload, name="store-chunks", daemon=True)

    def __enter__(self) -> "ChunkStore":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.put(None)
        self._thread.join()

    @property
    def made(self) -> int:
        """How many chunks of this attempt are stored."""
        with self._lock:
            return len(self._manifests)

    def restore(self, folder: WorkFolder) -> None:
        """Fetch the files that are not in the work folder; on the machine that made them they still are."""
        for stored in list(self._storage.list(self._prefix)):
            name = stored.name.removeprefix(self._prefix)
            target = folder.track if name == _TRACK else folder.chunks / name
            if not target.exists():
                self._storage.get(stored.name, target)

    def keep(self, path: Path) -> None:
        """Queue a finished file for upload."""
        self._waiting.put(path)

    def forget(self) -> None:
        """Delete the job's stored files."""
        self._storage.delete_all(self._prefix)

    def _upload(self) -> None:
        while path := self._waiting.get():
            try:
                self._storage.put(self._prefix + path.name, path, content_type="application/octet-stream")
            except FileNotFoundError:
                # The render has ended and removed its folder, so this chunk is not needed.
                continue
            except (AppError, OSError):
                _log.warning("A chunk could not be uploaded to the storage.", exc_info=True)
            else:
                self._note(path.name)

    def _note(self, name: str) -> None:
        # Its manifest comes last and makes a chunk complete.
        if name.endswith(".json"):
            with self._lock:
                self._manifests.add(name)
