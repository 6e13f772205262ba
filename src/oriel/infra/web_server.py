"""gunicorn's worker with threads, made safe against slow and half-sent requests.

By itself gunicorn gives every connection a thread as soon as its first byte is there, waits without end for the rest,
and waits for 2 s in its main loop whenever a peer does not close. Here the main loop collects headers and body, so
that a thread gets a request only when it need not wait for the sender:

* Headers and body have deadlines, on every route.
* A process that has no room left for connections, or for what they have sent, closes the oldest unfinished ones.
* One address may hold only so many connections at a time.
* Writing an answer fails when the peer takes nothing for a while.
"""

import contextlib
import errno
import json
import selectors
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Any

from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from oriel.infra.metrics_folder import make_room_or_stop_counting
from oriel.infra.own_memory import hide_memory
from oriel.infra.request_buffer import RequestBuffer
from oriel.settings import load_settings

HEAD_S = 10.0
BODY_S = 30.0
# A peer that neither sends nor takes anything for so long is gone.
SILENCE_S = 60.0
LINGER_S = 2.0
# Unfinished requests may hold so much memory in one process.
MOST_BUFFERED_BYTES = 64 << 20
# A body that its route has not read is dropped, if it is there already.
_DRAIN_S = 0.02
_BLOCK_BYTES = 1 << 16
_LOOK_S = 1.0
_CODES = {
    HTTPStatus.BAD_REQUEST: "BAD_REQUEST",
    HTTPStatus.REQUEST_TIMEOUT: "REQUEST_TIMEOUT",
    HTTPStatus.TOO_MANY_REQUESTS: "RATE_LIMITED",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "TOO_LARGE",
}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BufferingWorker(ThreadWorker):
    """A worker process whose threads never wait for a request."""

    @classmethod
    def setup(cls) -> None:
        """Hide the memory of gunicorn's main process, which calls this, and of those that it forks."""
        hide_memory()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (gunicorn's own)
        super().__init__(*args, **kwargs)
        self._most_each = load_settings().most_connections_of_an_address
        # Connections that wait for their peer, the oldest first: when each is closed, and what it has sent.
        self._deadlines: dict[TConn, float] = {}
        self._unfinished: dict[TConn, RequestBuffer] = {}
        self._by_address: defaultdict[str, set[TConn]] = defaultdict(set)
        self._buffered = 0
        self._next_look = 0.0

    def init_process(self) -> None:
        """Make room for what this process counts: the application was made before the fork."""
        make_room_or_stop_counting()
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; refuse it where its address holds too many already."""
        try:
            connection, peer = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE):
                raise
            return
        address = _network(peer)
        if self._most_each and self._held_by(address) >= self._most_each:
            _refuse(
                connection,
                HTTPStatus.TOO_MANY_REQUESTS,
                "Too many connections from your address. Please close some of them.",
            )
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, connection, peer, listener.getsockname())
        conn.parser = get_parser(self.cfg, connection, peer)
        # So that gunicorn's own thread does not wait for the first byte.
        conn.data_ready = True
        if self._most_each:
            self._by_address[address].add(conn)
        self.enqueue_req(conn)
        if self.nr_conns >= self.worker_connections:
            self._close_oldest()

    def enqueue_req(self, conn: TConn) -> None:
        """Collect the next request of this connection, then give it to a thread."""
        buffer = RequestBuffer(conn.parser.unreader.take_buffered())
        self._unfinished[conn] = buffer
        self._buffered += len(buffer.data)
        self._deadlines[conn] = time.monotonic() + HEAD_S
        conn.sock.setblocking(False)
        self._register(conn, self._read_request)
        self._go_on(conn, buffer)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Wait for the next request, or close the connection without waiting for its peer."""
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
            return
        try:
            # Closed at once, what the peer has sent in vain would make its system drop our answer.
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self._register(conn, self._drop_input)
        except (OSError, ValueError):
            self._close(conn)
        else:
            self._deadlines[conn] = time.monotonic() + LINGER_S

    def handle_request(self, req: Any, conn: TConn) -> bool:  # noqa: ANN401  (gunicorn has no types)
        """Answer a request; end the connection where the peer takes nothing any more."""
        conn.sock.settimeout(SILENCE_S)
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError as error:
            # gunicorn's sign for "close it without a word".
            raise StopIteration from error

    def murder_pending(self) -> None:
        """Close what has passed its deadline. gunicorn calls this in every turn of its loop, also while it ends."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_S
        if not self.alive:
            self._deadlines = {conn: min(at, now + LINGER_S) for conn, at in self._deadlines.items()}
        for conn in [conn for conn, deadline in self._deadlines.items() if deadline <= now]:
            buffer = self._unfinished.get(conn)
            if buffer and buffer.data:
                _send_refusal(
                    conn.sock, HTTPStatus.REQUEST_TIMEOUT, "Your request did not arrive in time. Please send it again."
                )
            self._close(conn)
        for address in list(self._by_address):
            self._held_by(address)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        return keepalive and bool(conn.parser.finish_body(deadline=time.monotonic() + _DRAIN_S))

    def _read_request(self, conn: TConn, _socket: socket.socket) -> None:
        data = _received(conn.sock)
        if data is None:
            return
        buffer = self._unfinished[conn]
        if not data:
            self._close(conn)
            return
        had_head = buffer.has_head
        buffer.feed(data)
        self._buffered += len(data)
        if buffer.has_head and not had_head:
            self._deadlines[conn] = time.monotonic() + BODY_S
            if buffer.expects_continue:
                with contextlib.suppress(OSError):
                    conn.sock.send(_CONTINUE)
        self._go_on(conn, buffer)

    def _go_on(self, conn: TConn, buffer: RequestBuffer) -> None:
        if buffer.is_whole:
            self._forget(conn)
            conn.parser.unreader.unread(bytes(buffer.data))
            super().enqueue_req(conn)
        elif buffer.is_head_too_long:
            _send_refusal(
                conn.sock, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers of this request are too long."
            )
            self._close(conn)
        elif buffer.is_badly_chunked:
            _send_refusal(conn.sock, HTTPStatus.BAD_REQUEST, "The chunks of this request are not valid.")
            self._close(conn)
        elif self._buffered > MOST_BUFFERED_BYTES:
            self._close_oldest()

    def _drop_input(self, conn: TConn, _socket: socket.socket) -> None:
        if _received(conn.sock) == b"":
            self._close(conn)

    def _close_oldest(self) -> None:
        if self._deadlines:
            self._close(next(iter(self._deadlines)))
        elif self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self._close(conn)

    def _register(self, conn: TConn, on_input: Callable[[TConn, socket.socket], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(on_input, conn))

    def _forget(self, conn: TConn) -> None:
        """Take a connection out of the loop's care."""
        self._deadlines.pop(conn, None)
        if buffer := self._unfinished.pop(conn, None):
            self._buffered -= len(buffer.data)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _close(self, conn: TConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _held_by(self, address: str) -> int:
        """Return how many connections an address holds; gunicorn closes some of them without telling us."""
        held = self._by_address[address]
        held -= {conn for conn in held if conn.sock.fileno() < 0}
        if not held:
            del self._by_address[address]
        return len(held)


def _network(peer: Any) -> str:  # noqa: ANN401  (an address as the socket's family has it)
    """Return what one customer has: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ip_address(peer[0])
    except (ValueError, IndexError, TypeError):
        return ""
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or address.packed[:8].hex())
    return str(address)


def _received(connection: socket.socket) -> bytes | None:
    """Return what has come, nothing at the end, or None where there is nothing yet."""
    try:
        return connection.recv(_BLOCK_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _refuse(connection: socket.socket, status: HTTPStatus, sentence: str) -> None:
    connection.setblocking(False)
    _send_refusal(connection, status, sentence)
    connection.close()


def _send_refusal(connection: socket.socket, status: HTTPStatus, sentence: str) -> None:
    """Answer in the one format of all failures, as far as that goes without waiting."""
    body = json.dumps({"error": {"code": _CODES[status], "message": sentence, "details": {}}})
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    with contextlib.suppress(OSError):
        connection.send(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode("ascii"))
