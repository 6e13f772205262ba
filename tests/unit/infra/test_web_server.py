"""Slow and half-sent requests do not keep the web process from answering others."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

PATIENCE_S = 120
# Three times the threads, and more connections than the process takes.
THREADS, CONNECTIONS, ATTACKERS = 8, 200, 600
APP = """
from oriel.infra import web_server
web_server.HEAD_S = web_server.BODY_S = {deadline_s}
web_server.LINGER_S = {deadline_s}

def app(environ, start_response):
    path = environ["PATH_INFO"]
    body = environ["wsgi.input"].read() if path == "/read" else path.encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
HALF_SENT = {
    "silent": b"",
    "headers": b"POST /read HTTP/1.1\r\nHost: a\r\nX: ",
    "body": b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    "chunk": b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{",
    "size of a chunk": b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"5" * 2000,
    "line feed alone": b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\n{",
    "waiting to be asked": b"POST /read HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    "large body that nobody reads": b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n{",
    "answered, not closed": b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
}


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a process whose deadlines lie further off than the tests take."""
    yield from _served(tmp_path_factory.mktemp("patient"), deadline_s=600, per_address=0)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a process with deadlines of a moment, and few connections for an address."""
    yield from _served(tmp_path_factory.mktemp("hasty"), deadline_s=0.1, per_address=20)


@pytest.mark.parametrize("kind", HALF_SENT)
def test_hundreds_of_half_sent_requests_keep_nobody_from_an_answer(patient: int, kind: str) -> None:
    with ExitStack() as opened:
        for _ in range(ATTACKERS):
            opened.enter_context(_connected(patient)).sendall(HALF_SENT[kind])
        for _ in range(5):
            assert _asked(patient, b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"/health")


@pytest.mark.parametrize("kind", ["headers", "body", "chunk", "line feed alone", "waiting to be asked"])
def test_what_does_not_arrive_in_time_is_told_so(hasty: int, kind: str) -> None:
    answer = _asked(hasty, HALF_SENT[kind]).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert json.loads(body)["error"]["code"] == "REQUEST_TIMEOUT"


def test_a_connection_that_says_nothing_is_closed(hasty: int) -> None:
    assert _asked(hasty, b"") == b""


def test_headers_without_end_are_refused(hasty: int) -> None:
    assert _asked(hasty, b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000).startswith(b"HTTP/1.1 431 ")


def test_chunks_whose_size_has_no_end_are_refused(hasty: int) -> None:
    answer = _asked(hasty, HALF_SENT["size of a chunk"])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "BAD_REQUEST"


def test_one_address_holds_only_so_many_connections(hasty: int) -> None:
    with ExitStack() as opened:
        connections = [opened.enter_context(_connected(hasty)) for _ in range(40)]
        answers = [connection.recv(1 << 16) for connection in connections]
    # The others were closed as silent.
    assert [answer[:12] for answer in answers].count(b"HTTP/1.1 429") >= 10
    assert answers.count(b"") >= 20


def test_requests_arrive_as_they_were_sent(patient: int) -> None:
    body = os.urandom(300_000)
    with _connected(patient) as connection:
        for _ in range(2):
            connection.sendall(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            assert _answer(connection) == body
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:70_000], body[70_000:]))
        connection.sendall(
            b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
        )
        assert _answer(connection) == body


def test_requests_that_come_together_are_answered_in_turn(patient: int) -> None:
    with _connected(patient) as connection:
        connection.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(5)))
        assert [_answer(connection) for _ in range(5)] == [b"/%d" % number for number in range(5)]


def test_a_sender_that_waits_for_a_word_gets_it(patient: int) -> None:
    with _connected(patient) as connection:
        connection.sendall(HALF_SENT["waiting to be asked"])
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"123456789")
        assert _answer(connection) == b"123456789"


def _served(folder: Path, *, deadline_s: float, per_address: int) -> Iterator[int]:
    (folder / "served.py").write_text(APP.format(deadline_s=deadline_s), "utf-8")
    options = {
        "bind": "127.0.0.1:0",
        "worker-class": "oriel.infra.web_server.BufferingWorker",
        "threads": THREADS,
        "worker-connections": CONNECTIONS,
    }
    command = [f"--{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "served:app", *command, "--no-control-socket"],
        cwd=folder,
        env={**os.environ, "CONNECTIONS_PER_ADDRESS": str(per_address)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        lines = iter(process.stderr.readline, "")
        port = next(int(found[1]) for line in lines if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line)))
        reader = threading.Thread(target=lambda: list(lines))
        reader.start()
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE_S)
        reader.join()
        process.stderr.close()


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE_S)


def _asked(port: int, sent: bytes) -> bytes:
    """Send something, and return all that comes until the connection ends."""
    with _connected(port) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: _received(connection), b""))


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1 << 16)
    except ConnectionResetError:
        return b""


def _answer(connection: socket.socket) -> bytes:
    """Return the body of the next answer."""
    head = b""
    # gunicorn says "100 Continue" once more.
    while not head.endswith(b"\r\n\r\n") or head.endswith(b" Continue\r\n\r\n"):
        head += connection.recv(1)
    size = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
    body = b""
    while len(body) < size:
        body += connection.recv(size - len(body))
    return body


@pytest.fixture(autouse=True, scope="module")
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
