"""Stores finished chunks, so that any worker can resume a render whose machine vanished."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import AppError
from oriel.infra.storage import Storage
from oriel.rendering.pipeline.workdir import WorkFolder

_log = logging.getLogger("oriel.worker")

_TRACK = "track.orft"


@dataclass(frozen=True)
class _Upload:
    """A file that waits to be stored."""

    name: str
    path: Path
    content_type: str
    then: Callable[[], None]


class ChunkStore:
    """Keeps a job's feature track and chunks under its own prefix; uploads in a thread, while frames are drawn.

    A failed upload does not end the render: a worker that resumes it draws the chunk again.
    """

    def __init__(self, storage: Storage, job_id: str) -> None:
        self._storage = storage
        self._prefix = f"chunks/{job_id}/"
        self._waiting: queue.SimpleQueue[_Upload | None] = queue.SimpleQueue()
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
        name = self._prefix + path.name
        self._waiting.put(_Upload(name, path, "application/octet-stream", lambda: self._note(path.name)))

    def publish(self, path: Path, name: str, content_type: str, then: Callable[[], None]) -> None:
        """Queue a file that outlives the render for upload under this name; call `then` when it is stored."""
        self._waiting.put(_Upload(name, path, content_type, then))

    def forget(self) -> None:
        """Delete the job's stored files."""
        self._storage.delete_all(self._prefix)

    def _upload(self) -> None:
        while upload := self._waiting.get():
            try:
                self._storage.put(upload.name, upload.path, content_type=upload.content_type)
            except FileNotFoundError:
                # The render has ended and removed its folder, so this file is not needed.
                continue
            except (AppError, OSError):
                _log.warning("A file of a render could not be uploaded to the storage.", exc_info=True)
            else:
                upload.then()

    def _note(self, name: str) -> None:
        # Its manifest comes last and makes a chunk complete.
        if name.endswith(".json"):
            with self._lock:
                self._manifests.add(name)
