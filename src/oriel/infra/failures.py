"""Reports failures to Sentry or a compatible service; without SENTRY_DSN nothing is sent."""

import logging
from typing import Any, cast

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event

from oriel import __version__
from oriel.settings import Settings

# A process that ends waits so long for what is not yet sent.
_LAST_WORDS_S = 2


def init_failures(settings: Settings) -> None:
    """Send what is logged as an error, with its trace, and without anything of the customer whose request it was."""
    if not settings.sentry_dsn:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        environment=settings.oriel_env,
        release=f"oriel@{__version__}",
        data_collection={
            "user_info": False,
            "cookies": {"mode": "off"},
            "http_headers": {"request": {"mode": "off"}},
            "http_bodies": [],
            "url_query_params": {"mode": "off"},
            "database_query_data": False,
            "queues": False,
            "stack_frame_variables": False,
        },
        max_breadcrumbs=0,
        shutdown_timeout=_LAST_WORDS_S,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        before_send=_of_ours_alone,
    )


def _of_ours_alone(event: Event, _hint: dict[str, Any]) -> Event:
    """Return the event without addresses and tokens: paths of delivery links and queries carry them."""
    request = cast("dict[str, Any]", event.pop("request", None) or {})
    if method := request.get("method"):
        # The route is in the event as its transaction, with names in place of what was asked for.
        event["request"] = {"method": method}
    event.pop("user", None)
    event.pop("server_name", None)
    return event
