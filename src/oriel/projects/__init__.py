"""What customers save in the studio: songs with their settings, under names."""

from apiflask import APIFlask

from oriel.projects import models
from oriel.projects.routes import routes

__all__ = ["models", "register"]


def register(app: APIFlask) -> None:
    """Add the routes of this domain."""
    app.register_blueprint(routes)
