"""A proxy in front of the bucket's emulator that fails as networks and servers do, when it is told to.

It also adds what the emulator leaves out: `ifGenerationMatch=0` is refused with 412 where the object exists, when an
upload begins and again when it ends, as Google's documentation has it.
"""

import contextlib
import json
import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import parse_qs, quote, unquote_plus, urlsplit

LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass
class Request:
    """What a client asks; the body is read from the socket when somebody wants it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length", "0"))

    def as_bytes(self) -> bytes:
        headers = {**self.headers, "content-length": str(len(self.body)), "connection": "close"}
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass
class Exchange:
    """One request on its way, and the means to treat it badly."""

    proxy: "FaultyProxy"
    connection: socket.socket
    file: BinaryIO
    request: Request

    def read(self, at_most: int | None = None) -> None:
        """Read the body, or the beginning of it."""
        length = self.request.length if at_most is None else min(at_most, self.request.length)
        self.request.body = self.file.read(length)

    def forward(self) -> bytes:
        """Return the emulator's whole answer."""
        return self.proxy.refusal(self.request) or self.proxy.ask(self.request)

    def answer(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reset(self) -> None:
        """End the connection as a crashed router does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)

    def wait_for_the_client_to_leave(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.recv(1)


Treatment = Callable[[Exchange], None]


def refused(status: int = 503) -> Treatment:
    """The server is overloaded and says so."""

    def treat(exchange: Exchange) -> None:
        exchange.read()
        exchange.answer(f"HTTP/1.1 {status} Trouble\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    return treat


def cut_upload(after: int, *, kept: int = 0) -> Treatment:
    """The connection breaks inside the body; of a block the server has received `kept` bytes."""

    def treat(exchange: Exchange) -> None:
        exchange.read(after)
        content_range = exchange.request.headers.get("content-range", "")
        if kept and (match := re.fullmatch(r"bytes (\d+)-\d+/(\d+)", content_range)):
            exchange.request.body = exchange.request.body[:kept]
            start, total = int(match[1]), match[2]
            exchange.request.headers["content-range"] = f"bytes {start}-{start + kept - 1}/{total}"
            exchange.forward()
        exchange.reset()

    return treat


def lost_answer() -> Treatment:
    """The server did all of it, and nobody hears that."""

    def treat(exchange: Exchange) -> None:
        exchange.read()
        exchange.forward()
        exchange.reset()

    return treat


def cut_download(after: int) -> Treatment:
    """The connection breaks inside the answer's body."""

    def treat(exchange: Exchange) -> None:
        exchange.read()
        head, _, body = exchange.forward().partition(b"\r\n\r\n")
        exchange.answer(head + b"\r\n\r\n" + body[:after])

    return treat


def flipped_bit() -> Treatment:
    """The answer's body is of the right length, and not what is stored."""

    def treat(exchange: Exchange) -> None:
        exchange.read()
        answer = bytearray(exchange.forward())
        answer[-1] ^= 1
        exchange.answer(bytes(answer))

    return treat


def flipped_bit_on_the_way_up() -> Treatment:
    """The server receives something else than was sent."""

    def treat(exchange: Exchange) -> None:
        exchange.read()
        # Well inside: the end of a request of several parts is a boundary.
        middle = exchange.request.length // 2
        body = bytearray(exchange.request.body)
        body[middle] ^= 1
        exchange.request.body = bytes(body)
        exchange.answer(exchange.forward())

    return treat


def stalled() -> Treatment:
    """The server takes the request and never answers."""

    def treat(exchange: Exchange) -> None:
        exchange.read()
        exchange.wait_for_the_client_to_leave()

    return treat


def in_peace(exchange: Exchange) -> None:
    """Hand request and answer on."""
    exchange.read()
    exchange.answer(exchange.forward())


@dataclass
class Fault:
    """A treatment for the next `times` requests of a method whose target contains something."""

    treatment: Treatment
    method: str
    target: str = ""
    times: int = 1
    skip: int = 0

    def meets(self, request: Request) -> bool:
        if self.times <= 0 or request.method != self.method or self.target not in request.target:
            return False
        self.skip -= 1
        if self.skip >= 0:
            return False
        self.times -= 1
        return True


@dataclass
class FaultyProxy:
    """Listens on a port of its own; `faults` are met in their order, `seen` keeps every request."""

    upstream: tuple[str, int]
    faults: list[Fault] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._once: dict[str, str] = {}
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):
                    proxy.treat(self.connection, self.rfile)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator["FaultyProxy"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def plan(self, treatment: Treatment, method: str, target: str = "", *, times: int = 1, skip: int = 0) -> None:
        self.faults.append(Fault(treatment, method, target, times, skip))

    def asked(self, method: str, target: str = "") -> list[Request]:
        """Return the requests that came."""
        return [request for request in self.seen if request.method == method and target in request.target]

    def treat(self, connection: socket.socket, file: Any) -> None:  # noqa: ANN401  (what socketserver hands over)
        request = read_head(file)
        if not request:
            return
        with self._lock:
            self.seen.append(request)
            treatment = next((fault.treatment for fault in self.faults if fault.meets(request)), in_peace)
        treatment(Exchange(self, connection, file, request))

    def ask(self, request: Request) -> bytes:
        """Ask the emulator, which ends the connection behind each answer."""
        with socket.create_connection(self.upstream) as upstream:
            upstream.sendall(request.as_bytes())
            answer = b"".join(iter(lambda: upstream.recv(1 << 16), b""))
        self._remember(request, answer)
        return answer

    def refusal(self, request: Request) -> bytes | None:
        """Return 412 for an upload that may not replace what is there."""
        if request.query.get("ifGenerationMatch") != "0":
            return None
        name = self._once.get(request.query.get("upload_id", "")) or name_of(request)
        bucket = urlsplit(request.target).path.split("/b/")[1].split("/")[0]
        path = f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}"
        there = self.ask(Request("GET", path, {"host": "emulator"})).split(b" ")[1] == b"200"
        return b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" if there else None

    def _remember(self, request: Request, answer: bytes) -> None:
        if found := re.search(rb"Location: \S*upload_id=(\S+)", answer):
            self._once[unquote_plus(found[1].decode())] = name_of(request)


def name_of(request: Request) -> str:
    """Return the object that an upload is for: its metadata is the body, or the body's first part."""
    start = request.body.index(b"{")
    metadata, _ = json.JSONDecoder().raw_decode(request.body[start:].decode("utf-8", "replace"))
    name = metadata["name"]
    assert isinstance(name, str)
    return name


def read_head(file: Any) -> Request | None:  # noqa: ANN401
    """Read a request up to its body."""
    line = file.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while (header := file.readline().decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(line[0], line[1], headers)
