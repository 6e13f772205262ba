"""Restricts pages to requests from this machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app, request

from oriel.errors import NotAllowed, NotFound
from oriel.infra.loopback import comes_from_this_machine
from oriel.settings import Settings

_READS = ("GET", "HEAD", "OPTIONS")


def refuse_others() -> None:
    """Answer 404 to other machines, also through a proxy or tunnel on this one."""
    if not comes_from_this_machine() or not _is_our_name(_host_of(f"//{request.host}")):
        raise NotFound("There is nothing at this address.")


def _is_our_name(host: str) -> bool:
    """Return whether the Host header names this machine, to stop DNS rebinding."""
    settings: Settings = current_app.config["ORIEL"]
    if host in ("localhost", _host_of(settings.base_url)):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(address: str) -> str:
    return urlsplit(address).hostname or ""


def refuse_foreign_forms() -> None:
    """Reject forms that another site's page sends through a developer's browser; programs send no origin."""
    if request.method in _READS:
        return
    own = request.host_url.rstrip("/")
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise NotAllowed("This form was sent from another website.")
    if request.headers.get("Origin", own) != own:
        raise NotAllowed("This form was sent from another website.")
