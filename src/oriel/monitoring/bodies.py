"""Query and answers of the operators' figures and of the state of the service."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from oriel.infra.clock import Instant
from oriel.monitoring.ranges import in_our_time
from oriel.rendering.queue_figures import LiveWorker, QueueFigures

Moment = Annotated[AwareDatetime, AfterValidator(in_our_time)]


class MetricsQuery(BaseModel):
    """A range; without one, the last 24 hours."""

    model_config = ConfigDict(extra="forbid")

    start: Moment | None = Field(default=None, description="From this time on; moved back to the beginning of its step")
    end: Moment | None = Field(default=None, description="Before this time; moved forward to the end of its step")
    step: Literal["hour", "day", "week"] | None = Field(
        default=None, description="An hour (31 days at most), a day or seven days; by default whatever fits the range"
    )


class LineOut(BaseModel):
    """A series: a value for each period, one for the whole range, and the same for the range before."""

    name: str
    label: str
    unit: Literal["number", "seconds", "frames_per_s", "share", "money", "bytes"] = Field(
        description="`share` is 0 to 1, `money` is in cents or the smallest unit of the currency"
    )
    currency: str = Field(description="For `money`, otherwise empty")
    values: list[float | None] = Field(description="One for each of `periods`; null where nothing is known")
    total: float | None = Field(description="Of the whole range")
    values_before: list[float | None]
    total_before: float | None
    change: float | None = Field(description="Of `total` from `total_before`, as a share: -0.25 is a quarter less")


class MetricsOut(BaseModel):
    """The figures of a range and of the one before, which is as long."""

    start: Instant
    end: Instant
    start_before: Instant
    step: Literal["hour", "day", "week"]
    periods: list[Instant] = Field(description="When each one begins, in UTC")
    series: list[LineOut]


class HealthCheckOut(BaseModel):
    """The latest result of a check."""

    check: str
    state: Literal["ok", "degraded", "down"]
    latency_ms: float | None
    message: str
    checked_at: Instant


class AlertOut(BaseModel):
    """A condition that operators have been alerted about and that still holds."""

    condition: str
    message: str
    opened_at: Instant


class SystemStatusOut(BaseModel):
    """The state of the service: queue, workers, and everything that it depends on."""

    status: Literal["ok", "degraded", "down"] = Field(
        description="`down` without the database, `degraded` if anything else is not ok"
    )
    version: str
    queue: QueueFigures
    workers: list[LiveWorker]
    checks: list[HealthCheckOut]
    alerts: list[AlertOut] = Field(description="Those that are open, the oldest first")
