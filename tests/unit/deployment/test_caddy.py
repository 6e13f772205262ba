"""A real Caddy with our Caddyfile replaces what callers claim about themselves, and bounds what they send."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.functional.waiting import PATIENCE_S

_ROOT = Path(__file__).parents[3]
_CADDY = _ROOT / ".venv/deployment/bin/caddy"


class Upstream(BaseHTTPRequestHandler):
    """Answers with the headers that say where a request comes from."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read the body, then answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        """Answer with the forwarding headers, one a line."""
        names = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Host")
        body = "\n".join(f"{name}: {', '.join(self.headers.get_all(name, []))}" for name in names).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def http_port() -> int:
    """The port on which Caddy takes requests without TLS."""
    return _free_port()


@pytest.fixture(scope="module")
def caddy(http_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Caddy in front of the upstream."""
    subprocess.run([_ROOT / "scripts/deployment_tools.sh"], check=True, timeout=600)
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port = _free_port()
    home = tmp_path_factory.mktemp("caddy")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    environment["HTTP_PORT"] = str(http_port)
    environment["ORIEL_UPSTREAM"] = f"127.0.0.1:{upstream.server_port}"
    command = [str(_CADDY), "run", "--adapter", "caddyfile", "--config", str(_ROOT / "deploy/Caddyfile")]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        log = []
        for line in process.stderr:
            log.append(line)
            if "serving initial configuration" in line:
                break
        assert "serving initial configuration" in log[-1], log
        # Otherwise Caddy would wait for somebody to read on.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield port
        finally:
            process.kill()
            upstream.shutdown()
            upstream.server_close()


def test_a_caller_cannot_choose_an_address(caddy: int) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    status, body = _ask(caddy, "GET", "/studio", headers=forged)
    assert status == 200
    assert body.splitlines() == [
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Proto: http",
        f"X-Forwarded-Host: 127.0.0.1:{caddy}",
        f"Host: 127.0.0.1:{caddy}",
    ]


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/metrics/workers"])
def test_figures_are_not_for_the_internet(caddy: int, path: str) -> None:
    assert _ask(caddy, "GET", path)[0] == 404


def test_without_tls_a_page_leads_to_the_public_address(caddy: int, http_port: int) -> None:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", http_port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/pricing?a=b")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (308, f"http://127.0.0.1:{caddy}/pricing?a=b")


@pytest.mark.usefixtures("caddy")
def test_without_tls_the_api_is_refused(http_port: int) -> None:
    status, body = _ask(http_port, "GET", "/api/user/profile", headers={"Authorization": "Bearer abc"})
    assert (status, json.loads(body)["error"]["code"]) == (403, "NOT_ALLOWED")


@pytest.mark.parametrize("path", ["/metrics", "/studio"])
def test_every_answer_asks_for_https_from_now_on(caddy: int, path: str) -> None:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", caddy, timeout=PATIENCE_S)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
        assert "Server" not in answer.headers


def test_only_files_may_be_large(caddy: int) -> None:
    large = b"x" * (2 << 20)
    assert _ask(caddy, "POST", "/api/auth/login", large)[0] == 413
    assert _ask(caddy, "POST", "/api/uploads", large)[0] == 200
    assert _ask(caddy, "POST", "/api/auth/login", b"x" * 1000)[0] == 200


def _ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
