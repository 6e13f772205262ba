"""A file over HTTP: whole, in parts, not at all."""

import queue
import socket
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask, Response
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wsgi import ClosingIterator

from oriel.errors import NotFound, TooManyRequests
from oriel.infra.storage import file_response
from oriel.infra.storage.file_response import attachment, send_file

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Get = Callable[..., TestResponse]

NO_SINGLE_PART = ["bytes=0-1,5-6", "bytes=x", "bytes=9-1", "lines=1-2", "bytes", "bytes=-", "bytes=-99999"]
CONTENT = bytes(range(256)) * 4
LAST = len(CONTENT) - 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "stored"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def app(path: Path) -> Flask:
    app = Flask("sender")

    @app.get("/file")
    def file() -> Response:
        return send_file(path, filename="My song.mp4", content_type="video/mp4")

    return app


@pytest.fixture
def get(app: Flask) -> Get:
    """Ask with these headers, and close what was opened, as a server does."""

    def ask(method: str = "GET", **given: str) -> TestResponse:
        headers = {name.replace("_", "-"): value for name, value in given.items()}
        return app.test_client().open("/file", method=method, headers=headers, buffered=True)

    return ask


def test_a_file_is_sent_whole(get: Get) -> None:
    answer = get()
    assert answer.status_code == 200
    assert answer.data == CONTENT
    assert answer.content_length == len(CONTENT)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="My song.mp4"'
    assert answer.headers["ETag"]


def test_a_customers_file_is_for_no_shared_cache(get: Get) -> None:
    control = get().cache_control
    assert control.private
    assert control.no_cache


def test_the_head_alone_has_no_body(get: Get) -> None:
    answer = get("HEAD")
    assert answer.content_length == len(CONTENT)
    assert answer.data == b""


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=1000-", 1000, LAST),
        ("bytes=-10", LAST - 9, LAST),
        ("bytes=1000-99999", 1000, LAST),
    ],
)
def test_a_part_is_sent_alone(get: Get, asked: str, first: int, last: int) -> None:
    answer = get(Range=asked)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer.data == CONTENT[first : last + 1]
    assert answer.content_length == last - first + 1


def test_a_part_behind_the_end_is_refused(get: Get) -> None:
    answer = get(Range="bytes=1024-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=x", "bytes=9-1", "lines=1-2", "bytes", "bytes=-", "bytes=-99999"]
)
def test_what_we_cannot_part_is_sent_whole(get: Get, asked: str) -> None:
    answer = get(Range=asked)
    assert answer.status_code == 200
    assert answer.data == CONTENT


def test_a_download_goes_on_where_it_stopped_when_the_file_is_the_same(get: Get) -> None:
    etag = get().headers["ETag"]
    answer = get(Range="bytes=1000-", If_Range=etag)
    assert answer.status_code == 206
    assert answer.data == CONTENT[1000:]


def test_a_download_begins_anew_when_the_file_is_another(get: Get, path: Path) -> None:
    etag = get().headers["ETag"]
    path.write_bytes(CONTENT[::-1] + b"more")
    answer = get(Range="bytes=1000-", If_Range=etag)
    assert answer.status_code == 200
    assert answer.data == CONTENT[::-1] + b"more"


def test_a_known_file_is_not_sent_again(get: Get) -> None:
    etag = get().headers["ETag"]
    answer = get(If_None_Match=etag)
    assert answer.status_code == 304
    assert answer.data == b""


def test_a_file_that_has_just_been_deleted_is_not_found(app: Flask, path: Path) -> None:
    path.unlink()
    with app.test_request_context(), pytest.raises(NotFound):
        send_file(path, filename="a", content_type="video/mp4")


def test_an_empty_file_is_sent(get: Get, path: Path) -> None:
    path.write_bytes(b"")
    answer = get(Range="bytes=0-")
    assert (answer.status_code, answer.data, answer.content_length) == (200, b"", 0)


def test_a_large_file_is_never_whole_in_memory(app: Flask, path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    answer = app.test_client().get("/file", headers={"Range": "bytes=1-"})
    sent = sum(len(block) for block in answer.iter_encoded())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    answer.close()
    assert sent == (64 << 20) - 1
    assert peak < 8 << 20


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("a.mp4", 'attachment; filename="a.mp4"'),
        ("Café.mp4", "attachment; filename=\"Cafe.mp4\"; filename*=UTF-8''Caf%C3%A9.mp4"),
        ("歌.mp4", "attachment; filename=\"download.mp4\"; filename*=UTF-8''%E6%AD%8C.mp4"),
        ('5" single.mp4', "attachment; filename=\"5' single.mp4\"; filename*=UTF-8''5%22%20single.mp4"),
        ("../../a.mp4", "attachment; filename=\"download.._.._a.mp4\"; filename*=UTF-8''.._.._a.mp4"),
        ("a\r\nSet-Cookie: b", 'attachment; filename="a__Set-Cookie: b"'),
        ("", 'attachment; filename="download"'),
    ],
)
def test_a_name_is_told_exactly_and_in_ascii(filename: str, header: str) -> None:
    assert attachment(filename) == header


@given(st.text())
def test_any_name_makes_a_header_that_can_be_read(filename: str) -> None:
    header = attachment(filename)
    assert header.isascii()
    assert header.isprintable()
    kind, options = parse_options_header(header)
    assert kind == "attachment"
    assert options["filename"]


def test_a_receiver_who_takes_nothing_is_not_waited_for(
    app: Flask, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_response, "SILENCE_S", 0.2)
    with path.open("r+b") as file:
        # More than the buffers between the two hold.
        file.truncate(64_000_000)
    left_with: queue.Queue[float | None] = queue.Queue()

    def watched(environ: "WSGIEnvironment", start: "StartResponse") -> ClosingIterator:
        connection = environ["werkzeug.socket"]
        return ClosingIterator(app(environ, start), lambda: left_with.put(connection.gettimeout()))

    server = make_server("127.0.0.1", 0, watched, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as peer:
        peer.sendall(b"GET /file HTTP/1.0\r\n\r\n")
        assert left_with.get(timeout=120) is None
    server.shutdown()
    thread.join()
    server.server_close()


def test_so_many_downloads_go_to_one_address_at_once(app: Flask, get: Get) -> None:
    open_ones = [app.test_client().get("/file") for _ in range(file_response._MOST_OF_ONE)]
    assert {answer.status_code for answer in open_ones} == {200}
    with pytest.raises(TooManyRequests):
        send(app)
    other = app.test_client().get("/file", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert other.status_code == 200
    for answer in [*open_ones, other]:
        answer.close()
    for _ in range(file_response._MOST_OF_ONE):
        assert get(range="bytes=99999-").status_code == 416
        assert get(method="HEAD").status_code == 200
        assert get(range="bytes=0-1").status_code == 206


def send(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.test_client().get("/file")
