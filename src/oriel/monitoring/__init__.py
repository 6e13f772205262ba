"""How the service is doing: what each attempt took, how checks went, and figures over time for operators."""

from apiflask import APIFlask

from oriel.accounts import personal_data
from oriel.monitoring import attempts, cleanup, incidents, models
from oriel.monitoring.monitoring_data import MONITORING_DATA
from oriel.monitoring.routes import routes
from oriel.rendering import attempt_ends

__all__ = ["cleanup", "incidents", "models", "register"]


def register(app: APIFlask) -> None:
    """Record each attempt at a render, and add what this domain holds of customers."""
    attempt_ends.register(attempts.record)
    personal_data.register(MONITORING_DATA)
    app.register_blueprint(routes)
