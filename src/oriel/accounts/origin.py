"""The origin of a request (address and browser), as the account's owner sees it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app, request

from oriel.errors import NotAllowed
from oriel.settings import Settings

_LONGEST_AGENT = 200


@dataclass(frozen=True)
class Origin:
    """The network address and the browser of a request."""

    address: str = ""
    user_agent: str = ""


def request_origin() -> Origin:
    """Return the origin of the current request."""
    agent = "".join(letter for letter in request.user_agent.string if letter.isprintable())
    return Origin((request.remote_addr or "")[:45], agent[:_LONGEST_AGENT])


def refuse_foreign_pages() -> None:
    """Raise NotAllowed for a request that another site's page sends from a visitor's browser; programs pass."""
    settings: Settings = current_app.config["ORIEL"]
    ours = [_origin_of(url) for url in (settings.base_url, request.host_url, *settings.cors_origins)]
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    # A page cannot forge this header, and behind a proxy the browser knows our address better than we do.
    if site == "same-origin":
        return
    if (origin and _origin_of(origin) not in ours) or (not origin and site == "cross-site"):
        raise NotAllowed("This request came from another website, so it was refused.")


def _origin_of(url: str) -> str:
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc}"
