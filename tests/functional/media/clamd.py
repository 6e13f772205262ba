"""A ClamAV daemon as far as uploads see it: speaks INSTREAM and finds one word."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

WORD = b"X5O!P%@AP-this-is-a-test-virus"


@dataclass
class Clamd:
    """Answers by what it received, or with `says`; silent ones take the bytes and hang up."""

    listener: socket.socket
    says: bytes | None = None
    silent: bool = False
    received: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Host and port."""
        return "{}:{}".format(*self.listener.getsockname())

    def serve(self) -> None:
        """Answer one caller after the other until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self.listener.accept()
                with caller, caller.makefile("rb") as stream:
                    caller.sendall(self._answer(stream.read(10), stream))

    def _answer(self, command: bytes, stream: IO[bytes]) -> bytes:
        assert command == b"zINSTREAM\0"
        data = b""
        while size := int.from_bytes(stream.read(4), "big"):
            data += stream.read(size)
        self.received.append(data)
        if self.silent:
            return b""
        return self.says or (b"stream: Test.Virus FOUND\0" if WORD in data else b"stream: OK\0")


@contextlib.contextmanager
def running_clamd() -> Iterator[Clamd]:
    """A daemon on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        daemon = Clamd(listener)
        thread = threading.Thread(target=daemon.serve)
        thread.start()
        try:
            yield daemon
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
