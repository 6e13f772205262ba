"""Pages that may be opened from this machine alone."""

from flask import request

from oriel.errors import NotAllowed, NotFound
from oriel.infra.loopback import comes_from_this_machine

_READS = ("GET", "HEAD", "OPTIONS")


def refuse_others() -> None:
    """Show nothing to another machine, however its request came in: directly, or through a tunnel on this one."""
    if not comes_from_this_machine():
        raise NotFound("There is nothing under this address.")


def refuse_foreign_forms() -> None:
    """Take no form that another site's page sends by the browser of whoever develops here; programs name no site."""
    if request.method in _READS:
        return
    own = request.host_url.rstrip("/")
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise NotAllowed("This form was sent by another page.")
    if request.headers.get("Origin", own) != own:
        raise NotAllowed("This form was sent by another page.")
