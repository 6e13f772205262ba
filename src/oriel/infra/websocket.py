"""A WebSocket that only sends. It reads what the peer sends, within narrow limits, and drops it."""

import contextlib
import select
import socket
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from werkzeug.exceptions import BadRequest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from oriel.infra.connection import connection_of

# Browsers answer pings by themselves and our pages send nothing, so that these limits concern attackers alone.
MOST_MESSAGE_BYTES = 1024
MOST_FRAMES = 30
WINDOW_S = 10.0
PING_S = 25.0
# A page that takes nothing for so long holds a thread for nothing.
SEND_TIMEOUT_S = 10.0
_BLOCK_BYTES = 4096
# Compression is not among them: half a megabyte of compressed zeros becomes 450 MB.
_HANDSHAKE = ("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version")


class SocketClosed(Exception):  # noqa: N818  (an end, not an error)
    """The connection has ended."""


class PushSocket:
    """The server's side of a WebSocket; use it from one thread. Every method raises SocketClosed after the end."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        """Answer the handshake of this request; raise BadRequest where it is none."""
        connection = connection_of(environ)
        if connection is None:
            raise RuntimeError("This server gives no access to its sockets.")
        self._socket = connection
        self._protocol = WSConnection(ConnectionType.SERVER)
        self._readable = select.poll()
        self._message_bytes = 0
        self._frames = 0
        self._window_ends = 0.0
        self._next_ping = time.monotonic() + PING_S
        self._pong_is_due = False
        try:
            self._protocol.receive_data(_handshake(environ))
            for _request in self._protocol.events():
                self._write(AcceptConnection())
        except RemoteProtocolError as error:
            raise BadRequest(f"This is not a valid WebSocket handshake: {error}.") from error
        connection.settimeout(SEND_TIMEOUT_S)
        self._readable.register(connection, select.POLLIN)

    def send(self, text: str) -> None:
        """Send a text."""
        self._write(TextMessage(data=text))

    def close(self, code: int, reason: str) -> None:
        """Say why this ends, and end it."""
        with contextlib.suppress(SocketClosed):
            self._write(CloseConnection(code=code, reason=reason))
        self._end()

    def drain(self) -> None:
        """Read and drop what has come, without waiting; keep the connection alive.

        End it and raise SocketClosed where the peer has closed it, does not answer pings, or sends too much.
        """
        while self._readable.poll(0):
            self._take(self._read())
        now = time.monotonic()
        if now < self._next_ping:
            return
        if self._pong_is_due:
            self._refuse(CloseReason.POLICY_VIOLATION, "Your side does not answer pings.")
        self._next_ping, self._pong_is_due = now + PING_S, True
        self._write(Ping())

    def _take(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            self._answer(event)

    def _answer(self, event: Event) -> None:
        if isinstance(event, CloseConnection):
            self._write(event.response())
            self._end()
            raise SocketClosed
        if isinstance(event, Ping):
            self._write(event.response())
        elif isinstance(event, Pong):
            self._pong_is_due = False
        self._count(event)

    def _count(self, event: Event) -> None:
        if isinstance(event, TextMessage | BytesMessage):
            self._message_bytes += len(event.data)
            if self._message_bytes > MOST_MESSAGE_BYTES:
                self._refuse(CloseReason.MESSAGE_TOO_BIG, "Messages to this address are dropped.")
            if event.message_finished:
                self._message_bytes = 0
            if not event.frame_finished:
                return
        now = time.monotonic()
        if now >= self._window_ends:
            self._frames, self._window_ends = 0, now + WINDOW_S
        self._frames += 1
        if self._frames > MOST_FRAMES:
            self._refuse(CloseReason.POLICY_VIOLATION, "Too many messages: this address only sends.")

    def _refuse(self, code: CloseReason, reason: str) -> NoReturn:
        self.close(code, reason)
        raise SocketClosed

    def _read(self) -> bytes:
        try:
            data = self._socket.recv(_BLOCK_BYTES)
        except OSError as error:
            raise SocketClosed from error
        if not data:
            raise SocketClosed
        return data

    def _write(self, event: Event) -> None:
        try:
            self._socket.sendall(self._protocol.send(event))
        except (OSError, LocalProtocolError) as error:
            raise SocketClosed from error

    def _end(self) -> None:
        # The server closes the socket. Until then the peer can read why.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)


def _handshake(environ: Mapping[str, Any]) -> bytes:
    """Return the request again as bytes, with nothing in it but what a handshake needs."""
    lines = ["GET / HTTP/1.1"]
    for name in _HANDSHAKE:
        value = environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        lines += [f"{name}: {value}"] if value is not None else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
