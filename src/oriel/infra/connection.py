"""The socket of the current request, to set time limits for peers that neither send nor receive."""

import contextlib
import socket
from collections.abc import Mapping
from typing import Any


def connection_of(environ: Mapping[str, Any]) -> socket.socket | None:
    """Return the socket that a request came by, where the server tells."""
    found = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    return found if isinstance(found, socket.socket) else None


def set_timeout(connection: socket.socket, seconds: float | None) -> None:
    """Let reading and writing fail after so much time; a connection that is closed already stays so."""
    with contextlib.suppress(OSError):
        connection.settimeout(seconds)
