"""What customers save in the studio: songs with their settings, under names."""

from apiflask import APIFlask

from oriel.projects import link_routes, models, routes, sharing_routes

__all__ = ["models", "register"]


def register(app: APIFlask) -> None:
    """Add the routes of this domain."""
    for module in (routes, sharing_routes, link_routes):
        app.register_blueprint(module.routes)
