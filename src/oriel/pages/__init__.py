"""The pages: HTML that the frontend build has written, completed with what the service knows, and their files."""

from apiflask import APIFlask

from oriel.pages import assets, html, routes, security_contact, watch
from oriel.settings import Settings


def register(app: APIFlask, settings: Settings) -> None:
    """Serve the pages and their files."""
    html.init_pages(app, settings)
    app.register_blueprint(assets.routes)
    app.register_blueprint(routes.routes)
    app.register_blueprint(security_contact.routes)
    app.register_blueprint(watch.routes)
