"""/metrics for Prometheus: requests as the web processes have seen them, renders and mails as the database has them."""

import os
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from oriel.accounts.access import Who, allow
from oriel.infra.clock import now
from oriel.infra.counters import Counter as OwnCounter
from oriel.infra.counters import Timing, declared, totals, write_counts
from oriel.infra.database import db
from oriel.infra.figures_access import refuse_strangers
from oriel.infra.http_counts import count_answer
from oriel.infra.mail.outbox import OutboxMail
from oriel.infra.metrics_folder import FOLDER, has_room, is_counting
from oriel.infra.openapi_extensions import text_answer
from oriel.monitoring.alerts import open_incidents
from oriel.rendering.models import RenderJob
from oriel.rendering.queue_figures import oldest_waiting_since
from oriel.scaling.figures import scaling_figures

routes = APIBlueprint("metrics", "metrics", tag="health")

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)

Counts = dict[tuple[str, tuple[str, ...]], float]

# The library leaves it without types.
_count_together: Callable[[CollectorRegistry, str], object] = MultiProcessCollector

registry = CollectorRegistry()
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_requests = Counter("oriel_requests", "Requests by route", ["route", "method", "status"], registry=registry)
_seconds = Histogram("oriel_request_seconds", "How long answers took", ["route"], buckets=_BUCKETS, registry=registry)


class Rows(Collector):
    """What the database says at the moment of asking."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families."""
        yield _counted("oriel_renders", "Renders by status", RenderJob.status)
        yield _counted("oriel_mails", "Mails of the outbox by state", OutboxMail.state)
        oldest = oldest_waiting_since()
        waited = (now() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("oriel_queue_oldest_seconds", "How long the oldest waiting render waits", value=waited)
        incidents = GaugeMetricFamily("oriel_incidents", "Open incidents by condition", labels=["condition"])
        for incident in open_incidents():
            incidents.add_metric([incident.condition], 1)
        yield incidents
        scaling = scaling_figures(current_app.config["ORIEL"])
        workers = GaugeMetricFamily("oriel_workers", "Workers by state", labels=["state"])
        workers.add_metric(["busy"], scaling.busy_workers)
        workers.add_metric(["idle"], scaling.idle_workers)
        yield workers
        wanted = "Workers that start every render within AUTOSCALE_TARGET_WAIT_S"
        yield GaugeMetricFamily("oriel_wanted_workers", wanted, value=scaling.wanted_workers)


class Totals(Collector):
    """What all processes of all machines have counted together."""

    def collect(self) -> Iterator[Metric]:
        """Yield the families, also of what has never happened."""
        counts = totals()
        for each in declared():
            yield _timing(each, counts) if isinstance(each, Timing) else _counter(each, counts)


def register(app: APIFlask) -> None:
    """Count every request, and add the route."""
    if has_room():
        app.after_request(_count)
    app.register_blueprint(routes)


@routes.get("/metrics")
@allow(Who.ANYONE)
@routes.doc(
    summary="Metrics for Prometheus; needs METRICS_TOKEN as Bearer token, or a request from this machine",
    responses={200: text_answer("The figures"), 404: "For whom there are none"},
)
def metrics() -> Response:
    """Tell the figures to who may see them; to others there is nothing here."""
    refuse_strangers()
    write_counts()
    rows = CollectorRegistry()
    rows.register(Rows())
    rows.register(Totals())
    return Response(generate_latest(_of_all()) + generate_latest(rows), content_type=_CONTENT_TYPE)


def _of_all() -> CollectorRegistry:
    """Return the requests of all web processes of this machine where they count together, else of this process."""
    folder = os.environ.get(FOLDER)
    if not folder or not Path(folder).is_dir():
        return registry
    together = CollectorRegistry()
    _count_together(together, folder)
    return together


def _count(response: Response) -> Response:
    count_answer(response.status_code)
    if not is_counting():
        return response
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in _METHODS else "other"
    _requests.labels(route, method, response.status_code).inc()
    _seconds.labels(route).observe(time.monotonic() - g.began)
    return response


def _counter(counter: OwnCounter, counts: Counts) -> Metric:
    family = CounterMetricFamily(counter.name, counter.help, labels=counter.labels)
    if not counter.labels:
        family.add_metric([], counts.get((counter.name, ()), 0.0))
        return family
    for (name, labels), total in sorted(counts.items()):
        if name == counter.name:
            family.add_metric(labels, total)
    return family


def _timing(timing: Timing, counts: Counts) -> Metric:
    family = HistogramMetricFamily(timing.name, timing.help, labels=timing.labels)
    bounds = [*(f"{bound:g}" for bound in timing.buckets), "+Inf"]
    for (name, labels), total in sorted(counts.items()):
        if name == f"{timing.name}_sum":
            each = [counts.get((f"{timing.name}_bucket", (*labels, bound)), 0.0) for bound in bounds]
            family.add_metric(labels, list(zip(bounds, accumulate(each), strict=True)), total)
    return family


def _counted(name: str, told: str, column: InstrumentedAttribute[str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=["state"])
    for state, count in db.session.execute(select(column, func.count()).group_by(column)):
        family.add_metric([state], count)
    return family
