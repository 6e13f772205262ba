"""When a thread can take a request without waiting for its sender."""

import pytest

from oriel.infra.request_buffer import MOST_BODY_BYTES, MOST_HEAD_BYTES, RequestBuffer

POST = b"POST /api HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        POST + b"Content-Length: 0\r\n\r\n",
        POST + b"content-length:5 \r\n\r\nhello",
        CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5;name=value\r\nhello\r\n1\r\na\r\n0\r\nTrailer: b\r\n\r\n",
        CHUNKED + b"c\r\n0\r\n\r\n0\r\n\r\n..\r\n0\r\n\r\n",
    ],
    ids=["no body", "empty body", "body", "chunks", "extension and trailer", "chunk that looks like an end"],
)
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_bytes: bytes) -> None:
    at_once = RequestBuffer(request_bytes)
    assert at_once.is_whole
    dripping = RequestBuffer()
    states = []
    for byte in request_bytes:
        dripping.feed(bytes([byte]))
        states.append(dripping.is_whole)
    assert states == [False] * (len(request_bytes) - 1) + [True]
    assert dripping.data == request_bytes


def test_what_follows_a_request_stays_behind_it() -> None:
    two = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HT"
    assert RequestBuffer(two).is_whole
    assert RequestBuffer(two).data == two


@pytest.mark.parametrize("length", [MOST_BODY_BYTES + 1, 10**17])
def test_a_large_body_is_left_to_its_route(length: int) -> None:
    assert RequestBuffer(POST + b"Content-Length: %d\r\n\r\n" % length).is_whole


def test_a_body_of_unknown_length_is_collected_up_to_a_limit() -> None:
    buffer = RequestBuffer(CHUNKED + b"%x\r\n" % (1 << 40))
    buffer.feed(bytes(MOST_BODY_BYTES - 100))
    assert not buffer.is_whole
    buffer.feed(bytes(100))
    assert buffer.is_whole


@pytest.mark.parametrize("body", [b"no size\r\n", b"\r\n"])
def test_chunks_that_are_none_are_left_to_the_parser(body: bytes) -> None:
    assert RequestBuffer(CHUNKED + body).is_whole


@pytest.mark.parametrize(
    "body",
    [
        b"5" * 2000,
        b"5;" + b"a" * 2000,
        b"5\n" + b"a" * 2000,
        b"0\r\nTrailer: " + b"a" * MOST_HEAD_BYTES,
        (b"1;" + b"a" * 1000 + b"\r\nb\r\n") * 1100,
    ],
    ids=["size without end", "extension without end", "line feed alone", "trailers without end", "crumbs"],
)
def test_chunks_that_the_parser_would_wait_for_are_noticed(body: bytes) -> None:
    buffer = RequestBuffer(CHUNKED + body)
    assert (buffer.is_badly_chunked, buffer.is_whole) == (True, False)


def test_ordinary_chunks_are_taken_up_to_the_limit_of_their_content() -> None:
    piece = b"400\r\n" + bytes(1024) + b"\r\n"
    buffer = RequestBuffer(CHUNKED + piece * 1023)
    assert (buffer.is_badly_chunked, buffer.is_whole) == (False, False)
    buffer.feed(piece)
    assert (buffer.is_badly_chunked, buffer.is_whole) == (False, True)


def test_headers_without_end_are_noticed() -> None:
    buffer = RequestBuffer(POST)
    assert not buffer.is_head_too_long
    buffer.feed(b"X: " + b"a" * MOST_HEAD_BYTES)
    assert buffer.is_head_too_long


@pytest.mark.parametrize(
    ("rest", "expected"),
    [(b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", True), (b"Content-Length: 5\r\n\r\n", False)],
)
def test_a_sender_that_waits_for_a_word_is_known(rest: bytes, expected: bool) -> None:
    assert RequestBuffer(POST + rest).expects_continue is expected
