"""Plans, and the rights to renders that they give or that are bought."""

from apiflask import APIFlask

from oriel.billing import models
from oriel.billing.routes import routes
from oriel.billing.telling import tell_statistics

__all__ = ["models", "register"]


def register(app: APIFlask) -> None:
    """Add the routes of this domain, and let profiles show what is left."""
    app.register_blueprint(routes)
    tell_statistics()
