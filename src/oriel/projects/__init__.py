"""What customers save in the studio: songs with their settings, under names."""

from apiflask import APIFlask

from oriel.accounts import personal_data
from oriel.projects import import_routes, link_routes, models, routes, sharing_routes
from oriel.projects.project_data import PROJECT_DATA

__all__ = ["models", "register"]


def register(app: APIFlask) -> None:
    """Add the routes of this domain."""
    for module in (routes, import_routes, sharing_routes, link_routes):
        app.register_blueprint(module.routes)
    personal_data.register(PROJECT_DATA)
