"""The loopback server gives out what was offered, to those who know its token, and nothing else."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from oriel.rendering.pipeline.loopback import Loopback


@pytest.fixture
def loopback(tmp_path: Path) -> Iterator[Loopback]:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "page.html").write_text("page", "utf8")
    (tmp_path / "secret").write_text("secret", "utf8")
    with Loopback(tmp_path / "web", socket.create_server(("127.0.0.1", 0))) as loopback:
        yield loopback


def connected(loopback: Loopback) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(loopback.url("")).port or 0), timeout=120)


def answer(loopback: Loopback, path: str) -> bytes:
    """Return all that comes back for a path, sent as it is: clients of a better kind refuse what is tried here."""
    with connected(loopback) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: client.recv(4096), b""))


def web(loopback: Loopback, name: str) -> str:
    return urlsplit(loopback.url("")).path + name


def test_a_page_comes_isolated_from_other_origins(loopback: Loopback) -> None:
    head, _, body = answer(loopback, web(loopback, "page.html")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"Cross-Origin-Opener-Policy: same-origin" in head
    assert b"Cross-Origin-Embedder-Policy: require-corp" in head
    assert body == b"page"


def test_an_offered_file_comes(loopback: Loopback, tmp_path: Path) -> None:
    path = urlsplit(loopback.offer("song", tmp_path / "secret")).path
    assert answer(loopback, path).endswith(b"\r\n\r\nsecret")


@pytest.mark.parametrize("path", ["/", "/wrong/web/page.html", "/w\u00f6rng/web/page.html", "//web/page.html"])
def test_nothing_comes_without_the_token(loopback: Loopback, path: str) -> None:
    assert answer(loopback, path).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("name", ["none.html", "../secret", "../web/../secret", "", "a\0b", "n\u00f6", "long" * 500])
def test_nothing_else_comes_with_it(loopback: Loopback, name: str) -> None:
    assert answer(loopback, web(loopback, name)).startswith(b"HTTP/1.1 404 ")


def test_a_client_that_goes_away_is_no_news(
    loopback: Loopback, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 << 20)
    path = urlsplit(loopback.offer("large", tmp_path / "large")).path
    with connected(loopback) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        client.recv(16)
    loopback.__exit__()
    assert capfd.readouterr().err == ""
