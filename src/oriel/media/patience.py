"""Time limits of uploads: for silence, and for the whole upload.

Each upload holds a thread of the web process, which a silent sender would block for ever.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from oriel.infra.connection import connection_of, set_timeout

SILENCE_S = 30.0
# Half a megabit a second: a bad line in a train. The largest song takes four hours and a half then, well within the
# time after which the sweep takes an upload's folder for a dead process's.
SLOWEST_BYTES_S = 64_000
HEAD_START_S = 60.0


@contextlib.contextmanager
def limited_patience(environ: Mapping[str, Any], size_bytes: int) -> Iterator[None]:
    """Within this, reading from the sender fails after so much silence, or when the whole takes far too long."""
    peer = connection_of(environ)
    if peer is None:
        yield
        return
    before = peer.gettimeout()
    deadline = threading.Timer(HEAD_START_S + size_bytes / SLOWEST_BYTES_S, _stop_reading, [peer])
    deadline.daemon = True
    deadline.start()
    set_timeout(peer, SILENCE_S)
    try:
        yield
    finally:
        deadline.cancel()
        set_timeout(peer, before)


def _stop_reading(peer: socket.socket) -> None:
    with contextlib.suppress(OSError):
        peer.shutdown(socket.SHUT_RD)
