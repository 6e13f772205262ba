"""Operators who are alerted by letter and by webhook, and renders in any state."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from apiflask import APIFlask
from pydantic import SecretStr
from tests.functional.rendering.conftest import MakeJob as MakeJob
from tests.functional.rendering.conftest import make_job as make_job

from oriel.settings import Settings

SECRET = "a-webhook-key-of-operators"  # noqa: S105


@dataclass
class Webhook:
    """The operators' webhook; `status` is what it answers."""

    url: str
    status: int = 204
    bodies: list[dict[str, str]] = field(default_factory=list)
    raw: list[tuple[bytes, str]] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            peer.raw.append((body, self.headers["Oriel-Signature"]))
            peer.bodies.append(json.loads(body))
            self.send_response(peer.status)
            if peer.status in (301, 302, 307, 308):
                self.send_header("Location", f"{peer.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        peer = Webhook(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield peer
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(app: APIFlask, webhook: Webhook) -> Settings:
    """Settings with both ways to the operators."""
    base: Settings = app.config["ORIEL"]
    chosen = {
        "alert_email": "ops@example.com",
        "alert_webhook_url": SecretStr(webhook.url),
        "alert_webhook_secret": SecretStr(SECRET),
        # Only the condition that a test is about may hold.
        "alert_workers": 0,
        "alert_disk_free_percent": 0.0,
    }
    return base.model_copy(update=chosen)


@pytest.fixture(autouse=True)
def context(app: APIFlask) -> Iterator[None]:
    """Tests of this folder call the domain itself as well."""
    with app.app_context():
        yield
