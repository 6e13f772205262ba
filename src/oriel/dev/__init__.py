"""Pages for whoever develops: in production none of them exists, in development only this machine may open them."""

from apiflask import APIFlask

from oriel.dev import mail
from oriel.settings import Settings


def register(app: APIFlask, settings: Settings) -> None:
    """Add the pages of this package, in development."""
    if settings.is_production:
        return
    app.register_blueprint(mail.routes)
