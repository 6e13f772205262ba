"""Finished chunks in the storage, so that any worker goes on where another one's machine vanished."""

import logging
import queue
import threading
from pathlib import Path

from oriel.errors import AppError
from oriel.infra.storage import Storage
from oriel.rendering.pipeline.workdir import WorkFolder

_log = logging.getLogger("oriel.worker")

_TRACK = "track.orft"


class StoredChunks:
    """Keeps a job's feature track and chunks under its own prefix; uploads in a thread, beside the drawing.

    A chunk that could not be uploaded is drawn again by whoever goes on: no reason to end a render.
    """

    def __init__(self, storage: Storage, job_id: str) -> None:
        self._storage = storage
        self._prefix = f"chunks/{job_id}/"
        self._waiting: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._manifests: set[str] = set()
        self._thread = threading.Thread(target=self._upload, name="keep-chunks", daemon=True)

    def __enter__(self) -> "StoredChunks":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.put(None)
        self._thread.join()

    @property
    def made(self) -> int:
        """How many chunks of this attempt are kept."""
        with self._lock:
            return len(self._manifests)

    def restore(self, folder: WorkFolder) -> None:
        """Fetch what is not in the work folder yet: on the machine that made it, it still lies there."""
        for stored in list(self._storage.list(self._prefix)):
            name = stored.name.removeprefix(self._prefix)
            target = folder.track if name == _TRACK else folder.chunks / name
            if not target.exists():
                self._storage.get(stored.name, target)

    def keep(self, path: Path) -> None:
        """Upload a finished file, soon."""
        self._waiting.put(path)

    def forget(self) -> None:
        """Delete everything that was kept."""
        self._storage.delete_all(self._prefix)

    def _upload(self) -> None:
        while path := self._waiting.get():
            try:
                self._storage.put(self._prefix + path.name, path, content_type="application/octet-stream")
            except FileNotFoundError:
                # The render has ended meanwhile and has taken its folder along: nobody needs this chunk.
                continue
            except (AppError, OSError):
                _log.warning("A chunk could not be kept.", exc_info=True)
            else:
                self._note(path.name)

    def _note(self, name: str) -> None:
        # Its manifest comes last and makes a chunk complete.
        if name.endswith(".json"):
            with self._lock:
                self._manifests.add(name)
