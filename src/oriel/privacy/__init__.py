"""Customers' rights to their data: a copy of it, its deletion, and to know what is kept."""

from apiflask import APIFlask

from oriel.accounts import personal_data
from oriel.privacy import models
from oriel.privacy.privacy_data import PRIVACY_DATA
from oriel.privacy.routes import routes

__all__ = ["models", "register"]


def register(app: APIFlask) -> None:
    """Add the routes, and what this domain itself holds of customers."""
    personal_data.register(PRIVACY_DATA)
    app.register_blueprint(routes)
