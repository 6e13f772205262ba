"""The wanted number of workers over HTTP, as KEDA's metrics-api scaler reads it."""

from apiflask import APIBlueprint
from flask import current_app

from oriel.accounts.access import Who, allow
from oriel.infra.figures_access import refuse_strangers
from oriel.scaling.figures import ScalingFigures, scaling_figures

routes = APIBlueprint("scaling", "scaling", tag="health")


@routes.get("/metrics/workers")
@allow(Who.ANYONE)
@routes.output(ScalingFigures)
@routes.doc(
    summary="How many workers are wanted; needs METRICS_TOKEN as Bearer token, or a request from this machine",
    responses={404: "For whom there are no figures"},
)
def workers() -> ScalingFigures:
    """Return how many workers the waiting renders need now."""
    refuse_strangers()
    return scaling_figures(current_app.config["ORIEL"])
