"""/.well-known/security.txt (RFC 9116): where to report a vulnerability."""

from datetime import timedelta

from apiflask import APIBlueprint
from flask import Response, current_app

from oriel.accounts.access import Who, allow
from oriel.errors import NotFound
from oriel.infra.clock import now
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.settings import Settings

routes = APIBlueprint("security_contact", __name__, enable_openapi=False)

_READ = rate(f"{READS_A_MINUTE}/minute", by=address_key, scope="reads")
# The RFC wants less than a year, so that readers notice a file that nobody looks after.
_VALID_FOR = timedelta(days=180)
_DAY_S = 86_400


@routes.get("/.well-known/security.txt")
@allow(Who.ANYONE)
@_READ
def security_txt() -> Response:
    """Return the operator's contact for reports; NotFound while the settings name none."""
    settings: Settings = current_app.config["ORIEL"]
    contact = settings.security_report_address
    if contact is None:
        raise NotFound("The operator of this service has not published a contact.")
    lines = (
        f"Contact: {contact}",
        f"Expires: {(now() + _VALID_FOR).strftime('%Y-%m-%dT00:00:00Z')}",
        "Preferred-Languages: en",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    )
    answer = Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    answer.cache_control.max_age = _DAY_S
    return answer
