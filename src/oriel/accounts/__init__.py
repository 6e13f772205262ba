"""Accounts: users, sessions and tokens, passwords, API keys, profiles, the activity log."""

from apiflask import APIFlask

from oriel.accounts import models, personal_data, statistics
from oriel.accounts.paths import IdConverter
from oriel.infra.web import show_errors_on

__all__ = ["models", "personal_data", "register", "statistics"]


def register(app: APIFlask) -> None:
    """Add this domain's routes, and the converter `<id:…>` for all paths."""
    # The routes use access.py, which the domains above import from this package without its routes.
    from oriel.accounts.account_data import ACCOUNT_DATA
    from oriel.accounts.auth_routes import routes as auth
    from oriel.accounts.pages import message_page
    from oriel.accounts.pages import routes as pages
    from oriel.accounts.second_factors.routes import routes as second_factors
    from oriel.accounts.tokens import refresh_cookie
    from oriel.accounts.user_routes import routes as user

    personal_data.register(ACCOUNT_DATA)
    app.url_map.converters["id"] = IdConverter
    app.config["SECURITY_SCHEMES"]["refresh_cookie"] = {
        "type": "apiKey",
        "in": "cookie",
        "name": refresh_cookie(app.config["ORIEL"]),
    }
    for blueprint in (auth, user, second_factors, pages):
        app.register_blueprint(blueprint)
    show_errors_on(app, message_page)
