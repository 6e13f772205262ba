"""Over a real socket: large songs cost no memory, slow and vanishing senders no thread and no disk."""

import io
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.media.files import send, wav
from tests.functional.media.test_uploads import left_behind
from werkzeug.serving import BaseWSGIServer, make_server

from oriel.billing.current_plan import set_plan
from oriel.infra.storage import storage
from oriel.media import patience

HEAD = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="song.wav"\r\n\r\n'
# A busy machine takes its time to notice that a sender has left.
PATIENCE_S = 120.0
TAIL = b"\r\n--b--\r\n"


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    return caller()


@pytest.fixture
def server(app: APIFlask) -> Iterator[BaseWSGIServer]:
    """The application behind a socket."""
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def test_a_large_song_costs_no_memory(app: APIFlask, customer: Caller) -> None:
    with app.app_context():
        set_plan(customer.user_id, "enterprise")
    body = Endless(wav(0)[:44], 150_000_000)
    tracemalloc.start()
    answer = customer.post(
        "/api/uploads", input_stream=body, content_type="multipart/form-data; boundary=b", content_length=body.size
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 402, answer.get_json()
    assert answer.get_json()["error"]["code"] == "PLAN_LIMIT_DURATION"
    assert body.tell() == body.size
    assert peak < 8_000_000


def test_a_song_comes_over_a_socket(server: BaseWSGIServer, customer: Caller) -> None:
    body = HEAD + wav(30) + TAIL
    assert b" 201 CREATED" in talk(server, customer, body, len(body))


def test_a_body_without_a_length_is_refused(server: BaseWSGIServer, customer: Caller) -> None:
    assert b'"UPLOAD_INCOMPLETE"' in talk(server, customer, b"", None)


def test_a_sender_who_leaves_leaves_nothing(app: APIFlask, server: BaseWSGIServer, customer: Caller) -> None:
    talk(server, customer, HEAD + wav(10), 10_000_000, hang_up=True)
    wait_for_nothing(app, customer)


def test_a_silent_sender_is_not_waited_for(
    app: APIFlask, server: BaseWSGIServer, customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SILENCE_S", 0.2)
    assert b'"UPLOAD_INCOMPLETE"' in talk(server, customer, HEAD + wav(1), 10_000_000)
    wait_for_nothing(app, customer)


def test_a_sender_who_takes_far_too_long_is_ended(
    app: APIFlask, server: BaseWSGIServer, customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEAD_START_S", 0.3)
    monkeypatch.setattr(patience, "SLOWEST_BYTES_S", 1_000_000_000)
    assert b'"UPLOAD_INCOMPLETE"' in talk(server, customer, HEAD + wav(1), 10_000_000)
    wait_for_nothing(app, customer)


def test_one_customer_sends_three_files_at_once(
    app: APIFlask, server: BaseWSGIServer, customer: Caller, caller: Callable[..., Caller]
) -> None:
    with ExitStack() as slow:
        for _ in range(3):
            peer = slow.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=120))
            peer.sendall(request(customer, HEAD + wav(1), 10_000_000))
        wait_for(lambda: len(left_behind(app)) >= 3)
        fourth = send(customer, wav())
        assert (fourth.status_code, fourth.get_json()["error"]["code"]) == (429, "RATE_LIMITED")
        assert send(caller(), wav()).status_code == 201
    wait_for_nothing(app, customer)
    assert send(customer, wav()).status_code == 201


def talk(server: BaseWSGIServer, customer: Caller, body: bytes, length: int | None, *, hang_up: bool = False) -> bytes:
    """Send a request as it stands and return the whole answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as peer:
        peer.sendall(request(customer, body, length))
        if hang_up:
            return b""
        with peer.makefile("rb") as answer:
            return answer.read()


def request(customer: Caller, body: bytes, length: int | None) -> bytes:
    announced = f"Content-Length: {length}\r\n" if length is not None else ""
    head = (
        "POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nAuthorization: {customer.headers['Authorization']}\r\n"
        f"{announced}\r\n"
    )
    return head.encode() + body


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened() and time.monotonic() < deadline:
        threading.Event().wait(0.01)


def wait_for_nothing(app: APIFlask, customer: Caller) -> None:
    """Wait until the request has ended; nothing of it may be there then."""
    wait_for(lambda: not left_behind(app))
    assert left_behind(app) == []
    with app.app_context():
        assert list(storage().list(f"uploads/{customer.user_id}/")) == []


class Endless(io.BytesIO):
    """A form with a WAV of so many bytes of silence, made as it is read."""

    def __init__(self, head: bytes, sound_bytes: int) -> None:
        super().__init__()
        sizes = (sound_bytes + 36).to_bytes(4, "little"), sound_bytes.to_bytes(4, "little")
        self._start = HEAD + head[:4] + sizes[0] + head[8:40] + sizes[1]
        self._end = TAIL
        self.size = len(self._start) + sound_bytes + len(TAIL)
        self._at = 0

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset + (0, self._at, self.size)[whence]
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = min(size if size is not None and size >= 0 else 1 << 16, self.size - self._at)
        block = bytearray(wanted)
        for at, part in ((0, self._start), (self.size - len(self._end), self._end)):
            for index in range(max(at, self._at), min(at + len(part), self._at + wanted)):
                block[index - self._at] = part[index - at]
        self._at += wanted
        return bytes(block)

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401  (whatever holds bytes)
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)
