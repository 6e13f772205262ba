"""A WebSocket that only sends takes little from its peer, and says why it ends."""

import socket
import time
from collections.abc import Iterator

import pytest
from werkzeug.exceptions import BadRequest
from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode

from oriel.infra import websocket
from oriel.infra.websocket import MOST_FRAMES, MOST_MESSAGE_BYTES, PushSocket, SocketClosed

HANDSHAKE = {
    "HTTP_HOST": "oriel.example.com",
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate; client_max_window_bits",
}


class Page:
    """The peer: sends frames, and reads those that come."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.frames = FrameProtocol(client=True, extensions=[])

    def text(self, text: str, *, finished: bool = True) -> None:
        self.connection.sendall(self.frames.send_data(text, fin=finished))

    def received(self) -> list[tuple[Opcode, object]]:
        """Return what has come, up to the end of the connection where it has ended."""
        self.frames.receive_bytes(self.connection.recv(1 << 16))
        return [(frame.opcode, frame.payload) for frame in self.frames.received_frames()]


@pytest.fixture
def opened() -> Iterator[tuple[PushSocket, Page, bytes]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    with ours, theirs:
        push = PushSocket({**HANDSHAKE, "gunicorn.socket": ours})
        yield push, Page(theirs), theirs.recv(4096)


def test_it_agrees_to_no_compression(opened: tuple[PushSocket, Page, bytes]) -> None:
    _, _, answer = opened
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"sec-websocket-extensions" not in answer.lower()


def test_it_sends(opened: tuple[PushSocket, Page, bytes]) -> None:
    push, page, _ = opened
    push.send("news")
    assert page.received() == [(Opcode.TEXT, "news")]


def test_it_drops_what_a_page_says_now_and_then_and_answers_its_pings(opened: tuple[PushSocket, Page, bytes]) -> None:
    push, page, _ = opened
    page.text("a" * MOST_MESSAGE_BYTES)
    page.connection.sendall(page.frames.ping(b"you?"))
    push.drain()
    assert page.received() == [(Opcode.PONG, bytearray(b"you?"))]


def test_it_ends_with_the_page(opened: tuple[PushSocket, Page, bytes]) -> None:
    push, page, _ = opened
    page.connection.sendall(page.frames.close(CloseReason.GOING_AWAY))
    with pytest.raises(SocketClosed):
        push.drain()
    assert page.received() == [(Opcode.CLOSE, (CloseReason.GOING_AWAY, ""))]


@pytest.mark.parametrize("pieces", [1, 5], ids=["at once", "in fragments"])
def test_a_long_message_ends_it(opened: tuple[PushSocket, Page, bytes], pieces: int) -> None:
    push, page, _ = opened
    for number in range(1, pieces + 1):
        page.text("a" * (MOST_MESSAGE_BYTES // pieces + 1), finished=number == pieces)
    assert refusal(push, page) == CloseReason.MESSAGE_TOO_BIG


def test_a_message_is_not_waited_for_to_its_end(opened: tuple[PushSocket, Page, bytes]) -> None:
    push, page, _ = opened
    # A frame that announces 64 GB.
    page.connection.sendall(b"\x82\xff" + (64 << 30).to_bytes(8, "big") + bytes(4) + b"a" * 2 * MOST_MESSAGE_BYTES)
    assert refusal(push, page) == CloseReason.MESSAGE_TOO_BIG


def test_compressed_input_ends_it(opened: tuple[PushSocket, Page, bytes]) -> None:
    push, page, _ = opened
    # Its first bit in use says "compressed".
    page.connection.sendall(b"\xc2\x85" + bytes(4) + b"zeros")
    assert refusal(push, page) == CloseReason.PROTOCOL_ERROR


@pytest.mark.parametrize("kind", ["texts", "pings", "empty fragments"])
def test_many_messages_end_it(opened: tuple[PushSocket, Page, bytes], kind: str) -> None:
    push, page, _ = opened
    for _ in range(MOST_FRAMES + 1):
        if kind == "pings":
            page.connection.sendall(page.frames.ping())
        else:
            page.text("" if kind == "empty fragments" else "a", finished=kind == "texts")
    assert refusal(push, page) == CloseReason.POLICY_VIOLATION


def test_a_few_messages_now_and_then_do_not_end_it(
    opened: tuple[PushSocket, Page, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    push, page, _ = opened
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(3):
        for _ in range(MOST_FRAMES):
            page.text("a")
        push.drain()
        now += websocket.WINDOW_S
    push.send("still here")


def test_a_page_that_answers_no_ping_is_ended(
    opened: tuple[PushSocket, Page, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    push, page, _ = opened
    now = time.monotonic() + websocket.PING_S
    monkeypatch.setattr(time, "monotonic", lambda: now)
    push.drain()
    assert page.received() == [(Opcode.PING, bytearray())]
    page.connection.sendall(page.frames.pong(b""))
    now += websocket.PING_S
    push.drain()
    assert page.received() == [(Opcode.PING, bytearray())]
    now += websocket.PING_S
    assert refusal(push, page) == CloseReason.POLICY_VIOLATION


def test_a_page_that_takes_nothing_is_ended(opened: tuple[PushSocket, Page, bytes]) -> None:
    push, _, _ = opened
    push._socket.settimeout(0.05)
    with pytest.raises(SocketClosed):
        push.send("a" * 50_000_000)


def test_what_is_no_handshake_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(BadRequest):
        PushSocket({**HANDSHAKE, "HTTP_SEC_WEBSOCKET_VERSION": "8", "gunicorn.socket": ours})


def refusal(push: PushSocket, page: Page) -> object:
    """Return the code with which the server closes."""
    with pytest.raises(SocketClosed):
        push.drain()
    (code,) = [
        payload[0] for opcode, payload in page.received() if opcode is Opcode.CLOSE and isinstance(payload, tuple)
    ]
    return code
