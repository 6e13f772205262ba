"""What a collector of traces gets of requests, and what a collector that is away costs."""

import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from pydantic import SecretStr
from tests.collector import Collector, running_collector, traced

from oriel.infra.request_traces import trace_requests, untraced
from oriel.infra.trace_export import BriefExporter
from oriel.infra.traces import current_traceparent

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
# Whoever waits for ever takes longer on any machine.
ENDS_WITHIN_S = 240.0


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A client that asks for nothing by itself, as the one that checks answers against the document would."""
    return FlaskClient(app, app.response_class)


@pytest.fixture
def small_app() -> Flask:
    """An application with routes that the real one has no need of."""
    app = Flask("small")
    trace_requests(app)

    @app.post("/d/<token>")
    def fail(token: str) -> str:
        raise RuntimeError(f"no {token}")

    @app.route("/any", methods=["GET", "BREW"])
    def answer() -> str:
        return current_traceparent() or "none"

    @app.get("/quiet")
    @untraced
    def quiet() -> str:
        return current_traceparent() or "none"

    return app


@pytest.fixture(params=["refuses", "silent"])
def dead_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An address where nobody listens, or where somebody takes everything and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen(16)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_request_makes_one_span(client: FlaskClient, collector: Collector) -> None:
    with traced(collector.url, headers=SecretStr("api-key=hush%21,x-team=video")):
        assert client.get("/hello?name=somebody", headers={"traceparent": TRACEPARENT}).status_code == 200
    [span] = collector.spans
    assert (span.name, span.kind, span.is_error) == ("GET /hello", "server", False)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/hello",
        "http.response.status_code": 200,
    }
    # Callers have no say in our traces.
    assert span.trace_id not in TRACEPARENT
    assert span.parent_id == ""
    assert span.resource["service.name"] == "oriel-web"
    assert set(span.resource) == {
        "service.namespace",
        "service.name",
        "service.version",
        "deployment.environment.name",
    }
    [headers] = collector.headers
    assert (headers["api-key"], headers["x-team"]) == ("hush!", "video")


def test_an_address_that_there_is_not_is_in_no_span(client: FlaskClient, collector: Collector) -> None:
    with traced(collector.url):
        assert client.get("/reset/hush").status_code == 404
    [span] = collector.spans
    assert span.name == "GET"
    assert span.attributes == {"http.request.method": "GET", "http.response.status_code": 404}


@pytest.mark.parametrize("path", ["/health", "/assets/no.js", "/favicon.svg", "/robots.txt"])
def test_health_and_assets_make_none(client: FlaskClient, collector: Collector, path: str) -> None:
    with traced(collector.url):
        client.get(path).close()
    assert collector.spans == []


def test_a_failure_of_ours_is_an_error_without_its_message(small_app: Flask, collector: Collector) -> None:
    with traced(collector.url):
        assert small_app.test_client().post("/d/hush", json={"password": "hush"}).status_code == 500
    [span] = collector.spans
    assert (span.name, span.is_error, span.events) == ("POST /d/<token>", True, 0)
    assert span.attributes["http.response.status_code"] == 500
    assert b"hush" not in b"".join(collector.bodies)


def test_a_method_that_a_caller_makes_up_is_in_no_span(small_app: Flask, collector: Collector) -> None:
    with traced(collector.url):
        small_app.test_client().open("/any", method="BREW")
    [span] = collector.spans
    assert (span.name, span.attributes["http.request.method"]) == ("HTTP /any", "_OTHER")


def test_a_request_ends_with_its_span(small_app: Flask, collector: Collector) -> None:
    client = small_app.test_client()
    with traced(collector.url):
        first, second = client.get("/any").text, client.get("/any").text
        assert client.get("/quiet").text == "none"
        assert current_traceparent() is None
    assert [first[:-3], second[:-3]] == [span.traceparent for span in collector.spans]
    assert client.get("/any").text == "none"


def test_a_collector_that_is_away_holds_nothing_up_and_is_logged_once(
    small_app: Flask, dead_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client = small_app.test_client()
    with traced(dead_url):
        # More than one batch, and more than the queue holds.
        for _ in range(2500):
            client.get("/any")
    said = [(record.name, record.levelname) for record in caplog.records if record.name != "urllib3.connectionpool"]
    assert said == [("oriel.traces", "WARNING")]


class Away(SpanExporter):
    """A collector that is away, and how often it was asked."""

    asked = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.asked += 1
        return SpanExportResult.FAILURE


def test_a_process_that_ends_asks_a_collector_that_is_away_no_more() -> None:
    away = Away()
    exporter = BriefExporter(away)
    assert exporter.export([]) is SpanExportResult.FAILURE
    assert exporter.export([]) is SpanExportResult.FAILURE
    exporter.end_soon()
    assert exporter.export([]) is SpanExportResult.FAILURE
    assert away.asked == 2


def test_a_process_ends_promptly_without_its_collector(dead_url: str, tmp_path: Path) -> None:
    script = (
        "from oriel.infra.traces import init_traces, span; from oriel.settings import load_settings;"
        "from opentelemetry.trace import SpanKind; init_traces(load_settings(), 'web')\n"
        "for _ in range(2500):\n with span('one', SpanKind.SERVER, {}): pass\n"
    )
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": dead_url, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", script]
    ended = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=ENDS_WITHIN_S
    )
    assert ended.returncode == 0, ended.stderr
    assert re.fullmatch(r"The collector of traces takes none[^\n]*\n", ended.stderr)


def test_without_an_endpoint_the_sdk_is_not_even_imported(tmp_path: Path) -> None:
    script = (
        "import sys, oriel.wsgi;"
        "print([n for n, m in sys.modules.items() if m and n.startswith(('opentelemetry.sdk.', 'opentelemetry.exp'))])"
    )
    environment = {"DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ended.stdout == "[]\n", ended.stderr
