"""Checks of every request before a route sees it: plain HTTP, NUL characters, the token's scheme."""

from collections.abc import Callable

from flask import redirect, request
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response

from oriel.infra.loopback import comes_from_this_machine
from oriel.settings import Settings

# Load balancers, Prometheus and KEDA ask inside their own network, often without TLS.
_ALSO_PLAIN = ("/health", "/metrics", "/metrics/workers")
_NUL = "\0"
_CREDENTIALS = ("Authorization", "X-API-Key")


def refuse_nul() -> None:
    """Raise BadRequest for a NUL in path, query or headers, since PostgreSQL takes none; bodies look by themselves."""
    headers = (value for name, value in request.environ.items() if name.startswith("HTTP_") and isinstance(value, str))
    query = (text for name, value in request.args.items(multi=True) for text in (name, value))
    if any(_NUL in text for text in (request.path, *query, *headers)):
        raise BadRequest("The address or a header of this request contains a NUL character.")


def name_scheme_alike() -> None:
    """Write `bearer` as `Bearer`: RFC 9110 gives the case of a scheme no meaning, the JWT library does."""
    scheme, space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        request.environ["HTTP_AUTHORIZATION"] = f"Bearer{space}{token}"


def _is_for_programs() -> bool:
    return request.path.startswith("/api/") or any(name in request.headers for name in _CREDENTIALS)


def force_https(settings: Settings) -> Callable[[], Response | None]:
    """Return the check of requests without TLS: a browser that opens a page is sent to PUBLIC_URL, others are refused.

    A program that calls the API has already sent its token or key in the clear. A redirect would hide that for ever.
    """

    def check() -> Response | None:
        if request.is_secure or request.path in _ALSO_PLAIN or comes_from_this_machine():
            return None
        if request.headers.get("X-Forwarded-Proto", "").endswith("https"):
            # A redirect would come back the same way, again and again.
            raise Forbidden("The proxy in front of this service is not trusted: the operator must set TRUSTED_PROXIES.")
        if request.method in ("GET", "HEAD") and not _is_for_programs():
            return redirect(settings.base_url + request.full_path.removesuffix("?"), 308)
        raise Forbidden(f"This service takes requests over HTTPS only: {settings.base_url}")

    return check
