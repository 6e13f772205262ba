"""How the service is doing: what each attempt took, how checks went, and figures over time for operators."""

from apiflask import APIFlask

from oriel.accounts import personal_data
from oriel.monitoring import cleanup, incidents, models
from oriel.monitoring.monitoring_data import MONITORING_DATA

__all__ = ["cleanup", "incidents", "models", "register"]


def register(app: APIFlask) -> None:
    """Add what this domain holds of customers."""
    personal_data.register(MONITORING_DATA)
