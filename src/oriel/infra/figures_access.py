"""Who may read the operator's figures: the holder of METRICS_TOKEN, or without a token this machine itself."""

import hmac

from flask import current_app, request

from oriel.errors import NotFound
from oriel.infra.loopback import comes_from_this_machine
from oriel.settings import Settings


def refuse_strangers() -> None:
    """Raise NotFound unless the caller may read the figures: for others there is nothing here."""
    settings: Settings = current_app.config["ORIEL"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.metrics_token:
        is_known = hmac.compare_digest(given.encode(), settings.metrics_token.get_secret_value().encode())
    else:
        is_known = comes_from_this_machine()
    if not is_known:
        raise NotFound("There is nothing here.")
