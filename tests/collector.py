"""A collector of traces: an HTTP server that reads OTLP as the specification has it."""

import contextlib
import gzip
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from pydantic import SecretStr

from oriel.infra.traces import init_traces, shut_down_traces
from oriel.settings import Settings

Value = str | int | float | bool


@dataclass(frozen=True)
class CollectedSpan:
    """A span as it arrived; ids in hexadecimal, times in nanoseconds of the epoch."""

    resource: dict[str, Value]
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    began_at: int
    ended_at: int
    is_error: bool
    attributes: dict[str, Value]
    events: int

    @property
    def traceparent(self) -> str:
        """Its traceparent, without the flags at the end."""
        return f"00-{self.trace_id}-{self.span_id}"


@dataclass
class Collector:
    """What has arrived: spans, the headers of each request, and the bodies as they were."""

    url: str
    spans: list[CollectedSpan] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def named(self, name: str) -> list[CollectedSpan]:
        """Return the spans of a name, in the order of their begin."""
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.began_at)

    def children_of(self, parent: CollectedSpan) -> list[CollectedSpan]:
        """Return the spans below another one, in the order of their begin."""
        return sorted((span for span in self.spans if span.parent_id == parent.span_id), key=lambda span: span.began_at)

    def take(self, body: bytes) -> None:
        """Keep the spans of a request."""
        self.bodies.append(body)
        for each in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = _values(each.resource.attributes)
            self.spans += [_collected(resource, span) for scope in each.scope_spans for span in scope.spans]


@contextlib.contextmanager
def running_collector() -> Iterator[Collector]:
    """Listen on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def traced(url: str, process: str = "web", headers: SecretStr | None = None) -> Iterator[None]:
    """Trace what this process does within the block; at its end everything has been sent."""
    settings = Settings(_env_file=None, otel_exporter_otlp_endpoint=url, otel_exporter_otlp_headers=headers)
    init_traces(settings, process)
    try:
        yield
    finally:
        shut_down_traces()


def _collected(resource: dict[str, Value], span: Span) -> CollectedSpan:
    return CollectedSpan(
        resource=resource,
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        began_at=span.start_time_unix_nano,
        ended_at=span.end_time_unix_nano,
        is_error=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_values(span.attributes),
        events=len(span.events),
    )


def _values(pairs: Iterable[KeyValue]) -> dict[str, Value]:
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in pairs}
