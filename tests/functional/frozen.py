"""A Redis to which one can connect, and which never answers."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


class FrozenRedis:
    """Each connection to it is somebody who has waited until their patience ended."""

    def __init__(self, folder: str) -> None:
        self._path = f"{folder}/redis"
        self.url = f"unix://{self._path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._path)
        # Whoever comes is let in by the kernel, up to this many.
        self._listener.listen(200)
        self._listener.setblocking(False)

    def waits(self) -> int:
        """Return how many have come since this was asked last."""
        came = 0
        while True:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return came
            connection.close()
            came += 1

    def close(self) -> None:
        self._listener.close()


@contextmanager
def frozen_redis() -> Iterator[FrozenRedis]:
    """Yield one that is frozen as long as the block lasts."""
    # Not in pytest's folder: the path of a socket must be short.
    with tempfile.TemporaryDirectory() as folder:
        server = FrozenRedis(folder)
        try:
            yield server
        finally:
            server.close()
