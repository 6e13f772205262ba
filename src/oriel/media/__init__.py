"""What customers send us: songs and pictures, received, checked, kept for a while."""

from apiflask import APIFlask

from oriel.media import models
from oriel.media.clamav import parse_address
from oriel.media.given import Given, keep_given
from oriel.media.routes import routes

__all__ = ["models", "register"]


def register(app: APIFlask, given: Given) -> None:
    """Add the routes of this domain, with what it is given from above."""
    if given.clamav_address:
        parse_address(given.clamav_address)
    keep_given(app, given)
    app.register_blueprint(routes)
