"""Where a request comes from, as far as an account's owner may want to know it."""

from dataclasses import dataclass

from flask import current_app, request

from oriel.errors import NotAllowed
from oriel.settings import Settings

_LONGEST_AGENT = 200


@dataclass(frozen=True)
class Origin:
    """The address and the program of somebody who did something to an account."""

    address: str = ""
    user_agent: str = ""


def request_origin() -> Origin:
    """Return where the present request comes from."""
    agent = "".join(letter for letter in request.user_agent.string if letter.isprintable())
    return Origin((request.remote_addr or "")[:45], agent[:_LONGEST_AGENT])


def refuse_foreign_pages() -> None:
    """Raise NotAllowed for what another site's page has its visitor's browser send; programs name no page."""
    settings: Settings = current_app.config["ORIEL"]
    ours = (settings.base_url, request.host_url.rstrip("/"), *settings.cors_origins)
    origin = request.headers.get("Origin")
    is_foreign = origin not in ours if origin else request.headers.get("Sec-Fetch-Site") == "cross-site"
    if is_foreign:
        raise NotAllowed("This was sent by the page of another site, and only our own pages may do that.")
