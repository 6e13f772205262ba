"""How many workers are wanted now, for whoever runs them elsewhere: command line, Prometheus, KEDA."""

from pydantic import BaseModel, Field

from oriel.rendering.queue_figures import queue_figures
from oriel.scaling.demand import current_demand
from oriel.scaling.policy import needed_workers, scaling_limits
from oriel.settings import Settings


class ScalingFigures(BaseModel):
    """The wanted number of workers, and what it follows from."""

    wanted_workers: int = Field(
        description="How many workers start every render in time, within the limits; without a cool-down"
    )
    busy_workers: int
    idle_workers: int
    waiting: int = Field(description="Waiting renders that another worker would start")
    waiting_s: float = Field(description="Seconds that these take one worker, by measured speeds")
    running_s: float = Field(description="Seconds that the running renders still take, together")
    minimum: int
    maximum: int
    target_wait_s: float


def scaling_figures(settings: Settings) -> ScalingFigures:
    """Return the figures of this moment."""
    limits, demand, queue = scaling_limits(settings), current_demand(), queue_figures()
    return ScalingFigures(
        wanted_workers=needed_workers(demand, limits),
        busy_workers=len(queue.workers),
        idle_workers=len(queue.idle_workers),
        waiting=len(demand.waiting_s),
        waiting_s=round(sum(demand.waiting_s), 1),
        running_s=round(sum(demand.running_s), 1),
        minimum=limits.minimum,
        maximum=limits.maximum,
        target_wait_s=limits.target_wait_s,
    )
