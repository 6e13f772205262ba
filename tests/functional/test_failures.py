"""What is told about failures of ours to whoever collects them: a small collector that speaks Sentry's protocol."""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sentry_sdk
from flask import Flask
from pydantic import SecretStr

from oriel.infra.failures import init_failures
from oriel.settings import Settings

Envelopes = list[dict[str, Any]]


@pytest.fixture
def collected() -> Iterator[Envelopes]:
    """Events as they arrive, from an application that was told where to send them; nothing is sent afterwards."""
    events: Envelopes = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            # https://develop.sentry.dev/sdk/data-model/envelopes/: a header, then items of a header and a payload.
            _, *items = body.split(b"\n")
            for header, payload in zip(items[::2], items[1::2], strict=False):
                if json.loads(header)["type"] == "event":
                    events.append({**json.loads(payload), "key": self.headers["X-Sentry-Auth"]})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        dsn = f"http://public-key@127.0.0.1:{server.server_port}/42"
        init_failures(Settings(_env_file=None, sentry_dsn=SecretStr(dsn)))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield events
        sentry_sdk.get_client().close(timeout=2)
        sentry_sdk.init()
        server.shutdown()
        thread.join()


@pytest.fixture
def failing(collected: Envelopes) -> Flask:
    """An application, made after the collector is known, one of whose routes fails."""
    app = Flask("failing")

    @app.post("/d/<token>")
    def fail(token: str) -> str:
        secret = f"secret {token}"
        raise RuntimeError(f"no {len(secret)}")

    return app


def test_a_failure_is_told_with_its_trace_and_nothing_of_the_customer(failing: Flask, collected: Envelopes) -> None:
    headers = {"Authorization": "Bearer hush", "Cookie": "refresh=hush"}
    answer = failing.test_client().post("/d/token-hush?ticket=hush", json={"password": "hush"}, headers=headers)
    assert answer.status_code == 500
    sentry_sdk.flush(10)
    event, *others = collected
    assert others == []
    assert event["exception"]["values"][0]["type"] == "RuntimeError"
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "fail"
    assert (event["environment"], event["request"]) == ("development", {"method": "POST"})
    assert "public-key" in event.pop("key")
    assert "hush" not in json.dumps(event)


def test_without_an_address_nothing_is_collected() -> None:
    init_failures(Settings(_env_file=None))
    assert sentry_sdk.get_client().dsn is None
