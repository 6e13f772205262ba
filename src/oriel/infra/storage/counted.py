"""A storage that counts what is asked of it; what it does is another storage's work."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from oriel.errors import NotFound
from oriel.infra.counters import Counter
from oriel.infra.storage.interface import Sink, Storage, Stored

OPERATIONS = Counter("oriel_storage_operations", "Operations of the storage", ("operation", "result"))

Answer = TypeVar("Answer")


class CountedStorage:
    """Passes everything on. A missing object is an answer, no failure."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def put(self, name: str, source: Path, *, content_type: str, once: bool = False) -> Stored:
        """Store a file."""
        return _counted("put", lambda: self._storage.put(name, source, content_type=content_type, once=once))

    def get(self, name: str, target: Path) -> None:
        """Fetch an object."""
        _counted("get", lambda: self._storage.get(name, target))

    def write(self, name: str, *, content_type: str) -> AbstractContextManager[Sink]:
        """Write an object as a stream."""
        return _block("write", self._storage.write(name, content_type=content_type))

    def read(self, name: str) -> AbstractContextManager[Iterator[bytes]]:
        """Open an object's bytes."""
        return _block("read", self._storage.read(name))

    def stat(self, name: str, *, patience_s: float | None = None) -> Stored | None:
        """Return what is stored under a name."""
        return _counted("stat", lambda: self._storage.stat(name, patience_s=patience_s))

    def delete(self, name: str) -> None:
        """Remove an object."""
        _counted("delete", lambda: self._storage.delete(name))

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield the objects whose names begin so."""
        with _block("list", _entered(self._storage.list(prefix))) as objects:
            yield from objects

    def delete_all(self, prefix: str) -> int:
        """Remove the objects below a prefix."""
        return _counted("delete_all", lambda: self._storage.delete_all(prefix))

    def signed_url(self, name: str, *, filename: str, content_type: str, expires_in: timedelta) -> str | None:
        """Return a link that anybody may open for a while; nobody is asked for it."""
        return self._storage.signed_url(name, filename=filename, content_type=content_type, expires_in=expires_in)

    def path(self, name: str) -> Path | None:
        """Return the object's own file, if there is one."""
        return self._storage.path(name)

    def ensure_lifecycle(self, days: int, prefixes: Sequence[str]) -> bool:
        """Let the storage delete old objects itself."""
        return _counted("lifecycle", lambda: self._storage.ensure_lifecycle(days, prefixes))


def _counted(operation: str, act: Callable[[], Answer]) -> Answer:
    with _block(operation, _entered(None)):
        return act()


@contextmanager
def _entered(value: Answer) -> Iterator[Answer]:
    yield value


@contextmanager
def _block(operation: str, inner: AbstractContextManager[Answer]) -> Iterator[Answer]:
    result = "failed"
    try:
        with inner as value:
            yield value
        result = "ok"
    except (NotFound, GeneratorExit):
        result = "ok"
        raise
    finally:
        OPERATIONS.add(operation, result)
