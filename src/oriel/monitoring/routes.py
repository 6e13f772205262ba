"""The operators' figures and the state of the service as JSON, for an admin's access token."""

from apiflask import APIBlueprint

from oriel import __version__
from oriel.accounts.access import Who, allow
from oriel.monitoring import system_status
from oriel.monitoring.alerts import open_incidents
from oriel.monitoring.bodies import AlertOut, HealthCheckOut, LineOut, MetricsOut, MetricsQuery, SystemStatusOut
from oriel.monitoring.figures import Line, figures
from oriel.monitoring.ranges import whole_steps
from oriel.rendering.queue_figures import live_workers, queue_figures

routes = APIBlueprint("monitoring", "monitoring", url_prefix="/admin/api", tag="operation")


@routes.get("/metrics")
@allow(Who.ADMIN)
@routes.input(MetricsQuery, location="query")
@routes.output(MetricsOut)
@routes.doc(summary="Get the figures of a range, compared with the range before", responses=[422])
def metrics(query_data: MetricsQuery) -> MetricsOut:
    """Return what the dashboard draws."""
    asked = whole_steps(query_data.start, query_data.end, query_data.step)
    found = figures(asked.start, asked.end, asked.step)
    return MetricsOut(
        start=found.start,
        end=found.end,
        start_before=found.start_before,
        step=found.step,
        periods=list(found.periods),
        series=[_line(line) for line in found.lines],
    )


@routes.get("/system-status")
@allow(Who.ADMIN)
@routes.output(SystemStatusOut)
@routes.doc(summary="Get the state of the queue, the workers and everything that the service depends on")
def status() -> SystemStatusOut:
    """Return how everything is; nothing is checked for this, the clock does so regularly."""
    checks = system_status.latest_checks()
    answer = {
        "status": system_status.overall(checks),
        "version": __version__,
        "queue": queue_figures(),
        "workers": live_workers(),
        "checks": [HealthCheckOut.model_validate(check, from_attributes=True) for check in checks],
        "alerts": [AlertOut.model_validate(alert, from_attributes=True) for alert in open_incidents()],
    }
    return SystemStatusOut.model_validate(answer)


def _line(line: Line) -> LineOut:
    return LineOut(
        name=line.series.name,
        label=line.series.label,
        unit=line.series.unit,
        currency=line.series.currency,
        values=list(line.values),
        total=line.total,
        values_before=list(line.values_before),
        total_before=line.total_before,
        change=line.change,
    )
