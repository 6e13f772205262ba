"""What customers send us: songs and pictures, received, checked, kept for a while."""

from apiflask import APIFlask

from oriel.accounts import personal_data
from oriel.media import avatar_routes, models, tus_routes
from oriel.media.clamav import parse_address
from oriel.media.dependencies import Dependencies, set_dependencies
from oriel.media.media_data import MEDIA_DATA
from oriel.media.routes import routes

__all__ = ["models", "register"]


def register(app: APIFlask, dependencies: Dependencies) -> None:
    """Add the routes of this domain and set its dependencies."""
    if dependencies.clamav_address:
        parse_address(dependencies.clamav_address)
    set_dependencies(app, dependencies)
    personal_data.register(MEDIA_DATA)
    app.register_blueprint(routes)
    app.register_blueprint(tus_routes.routes)
    app.register_blueprint(avatar_routes.routes)
