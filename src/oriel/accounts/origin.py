"""The origin of a request (address and browser), as the account's owner sees it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

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
    ours = [_origin_of(url) for url in (settings.base_url, request.host_url, *settings.cors_origins)]
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    # A page cannot forge what its browser says here, which knows the address better than we do behind a proxy.
    if site == "same-origin":
        return
    if (origin and _origin_of(origin) not in ours) or (not origin and site == "cross-site"):
        raise NotAllowed("This request came from another website, so it was refused.")


def _origin_of(url: str) -> str:
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc}"
