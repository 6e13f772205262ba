"""Sends spans to the collector in the background; imported only where a collector is set."""

import logging
import time
from collections.abc import Callable, Sequence

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import Tracer

from oriel import __version__
from oriel.settings import Settings

_log = logging.getLogger("oriel.traces")

# The longest time for one batch, retries included.
_EXPORT_TIMEOUT_S = 2.0
# A process that ends begins no batch after this.
_FLUSH_S = 2.0
_EXPORT_EVERY_S = 5.0
_LARGEST_BATCH = 512
# While the collector is away, so many spans wait, and the oldest are dropped.
_LONGEST_QUEUE = 2048


class BriefExporter(SpanExporter):
    """An exporter that logs an outage once, and holds up no process that ends."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_away = False
        self._ends_at: float | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; drop it if the process ends and the collector is away or slow."""
        if self._ends_at and (self._is_away or time.monotonic() >= self._ends_at):
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        self._note(is_away=result is not SpanExportResult.SUCCESS)
        return result

    def end_soon(self) -> None:
        """Give the process `_FLUSH_S` for what is left."""
        self._ends_at = time.monotonic() + _FLUSH_S

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Hold nothing back."""
        return self._exporter.force_flush(timeout_millis)

    def _note(self, *, is_away: bool) -> None:
        if is_away and not self._is_away:
            _log.warning("The collector of traces takes none: they are dropped until it does.")
        elif self._is_away and not is_away:
            _log.info("The collector takes traces again.")
        self._is_away = is_away


def start_export(settings: Settings, process: str) -> tuple[Tracer, Callable[[], None]]:
    """Return a tracer whose spans are sent, and a function that sends what is left and stops."""
    # The library would log each batch that fails, with a trace.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    exporter = BriefExporter(
        OTLPSpanExporter(
            endpoint=f"{settings.otel_exporter_otlp_endpoint}/v1/traces",
            headers=settings.trace_headers,
            timeout=_EXPORT_TIMEOUT_S,
            compression=Compression.Gzip,
        )
    )
    provider = TracerProvider(
        # The collector samples: only there a whole trace is known.
        sampler=ParentBased(ALWAYS_ON),
        resource=Resource(
            {
                "service.namespace": "oriel",
                "service.name": f"oriel-{process}",
                "service.version": __version__,
                "deployment.environment.name": settings.oriel_env,
            }
        ),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter,
            max_queue_size=_LONGEST_QUEUE,
            schedule_delay_millis=_EXPORT_EVERY_S * 1000,
            max_export_batch_size=_LARGEST_BATCH,
            export_timeout_millis=_EXPORT_TIMEOUT_S * 1000,
        )
    )

    def shut_down() -> None:
        exporter.end_soon()
        provider.shutdown()

    return provider.get_tracer("oriel", __version__), shut_down
