"""Traces for an OpenTelemetry collector; without OTEL_EXPORTER_OTLP_ENDPOINT each function here does nothing.

An attribute of a span holds no address, no name, no title and no id of a customer.
"""

import atexit
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracer, Span, SpanKind, Tracer, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from oriel.settings import Settings

Attributes = Mapping[str, str | int | float]

_TRACEPARENT = "traceparent"
_W3C = TraceContextTextMapPropagator()


@dataclass(frozen=True)
class Period:
    """A finished piece of work; times by `time.monotonic`."""

    name: str
    began_at: float
    ended_at: float


class _Tracing:
    """What this process makes its spans with."""

    tracer: Tracer = NoOpTracer()
    shut_down: Callable[[], None] | None = None


def init_traces(settings: Settings, process: str) -> None:
    """Send the spans of this process, and of those that it forks, to the collector if one is set."""
    if not settings.otel_exporter_otlp_endpoint:
        return
    # The SDK takes 3 MB.
    from oriel.infra.trace_export import start_export

    shut_down_traces()
    _Tracing.tracer, _Tracing.shut_down = start_export(settings, process)
    atexit.register(shut_down_traces)


def shut_down_traces() -> None:
    """Send what is left, within seconds, and make no more spans."""
    if _Tracing.shut_down:
        _Tracing.shut_down()
    _Tracing.tracer, _Tracing.shut_down = NoOpTracer(), None
    atexit.unregister(shut_down_traces)


@contextmanager
def span(name: str, kind: SpanKind, attributes: Attributes, traceparent: str | None = None) -> Iterator[Span]:
    """Open a span for the block: a child of `traceparent` (W3C), or the first one of a new trace."""
    parent = _W3C.extract({_TRACEPARENT: traceparent} if traceparent else {}, Context())
    opened = _Tracing.tracer.start_span(name, parent, kind, attributes)
    # An exception's message may hold a path or a name.
    with use_span(opened, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        yield opened


def add_children(periods: Iterable[Period]) -> None:
    """Add finished spans to the present one."""
    # In this order, so that a pause between the two calls moves no child before its parent.
    epoch_ns = -time.monotonic_ns() + time.time_ns()
    for period in periods:
        child = _Tracing.tracer.start_span(period.name, start_time=epoch_ns + round(period.began_at * 1e9))
        child.end(epoch_ns + round(period.ended_at * 1e9))


def current_traceparent() -> str | None:
    """Return the W3C traceparent of the present span, or None outside of one."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(_TRACEPARENT)
