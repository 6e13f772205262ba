"""What every answer has in common: the error format, a request id, security headers, allowed origins, proxies."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_cors import CORS
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix

from oriel.errors import AppError
from oriel.infra.bodies import OurRequest
from oriel.infra.compression import compress_data
from oriel.infra.edge import force_https, name_scheme_alike, refuse_nul
from oriel.infra.logs import correlation, facts
from oriel.infra.request_traces import trace_requests
from oriel.infra.security_log import log_event, log_refusal
from oriel.settings import Settings
from oriel.validation import fields_of, refusal_of, shortened

_log = logging.getLogger("oriel.web")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Codes for what Werkzeug refuses before a route is reached.
CODES = {
    400: "BAD_REQUEST",
    403: "NOT_ALLOWED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    411: "LENGTH_REQUIRED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    416: "RANGE_NOT_SATISFIABLE",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMITED",
    503: "UNAVAILABLE",
}
# What they mean to whoever asks us: Werkzeug says little more than the status.
_PLAIN = {
    400: "We could not read this request.",
    404: "There is nothing at this address.",
    408: "Your request did not arrive in time. Please send it again.",
    413: "This request is too large.",
    415: "Send JSON with Content-Type: application/json, or multipart/form-data for a file.",
    416: "The file has no such byte range.",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Pages and data are for our own pages. Files (videos, posters, mail pictures) may be shown elsewhere by their links.
_OURS_ALONE = ("text/html", "application/json")
# What belongs to an answer about a failure.
_KEPT = ("Allow", "Content-Range", "Retry-After")
_TITLES = {404: "Page not found", 429: "Too many requests"}
_PAGES = "oriel.error_pages"
_POLICY = "oriel.content_security_policy"
# Takes a title, a sentence and the status.
ErrorPage = Callable[[str, str, int], Response]
# A page elsewhere may read these: how long to wait, and where a resumable upload stands.
_EXPOSED = [
    *("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id"),
    *("Location", "Upload-Offset", "Upload-Length", "Upload-Expires", "X-Upload-Id"),
    *("Tus-Resumable", "Tus-Version", "Tus-Extension"),
]
_HSTS = "max-age=63072000; includeSubDomains"


def init_web(app: APIFlask, settings: Settings) -> None:
    """Give the application everything in this module."""
    app.extensions[_POLICY] = content_security_policy(settings)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        # Each proxy adds to X-Forwarded-For; the other two are as the nearest one sets them.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=1, x_host=1)  # type: ignore[method-assign]
    app.request_class = OurRequest
    trace_requests(app)
    app.before_request(_begin)
    app.before_request(refuse_nul)
    app.before_request(name_scheme_alike)
    if settings.is_production:
        app.before_request(force_https(settings))
    app.after_request(lambda response: _finish(response, settings))
    if settings.cors_origins:
        origins = list(settings.cors_origins)
        CORS(app, origins=origins, supports_credentials=True, expose_headers=_EXPOSED, max_age=600)
    _map_errors(app)


def content_security_policy(settings: Settings) -> str:
    """Return what a page may load: our own files, those on the assets' origin, and videos from the bucket."""
    own = f"'self' {settings.assets_url or ''}".strip()
    bucket = " https://storage.googleapis.com" if settings.gcs_bucket_name else ""
    return (
        f"default-src 'self'; script-src {own}; style-src {own}; font-src {own}; img-src {own} data: blob:{bucket};"
        f" media-src {own} blob:{bucket}; connect-src {own} blob:{bucket}; worker-src 'self' blob:;"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def error_answer(error: AppError) -> ResponseReturnValue:
    """Return the one format of every error."""
    response = jsonify({"error": shortened(error.as_json())})
    response.status_code = error.http_status
    if wait := error.details.get("retry_after_s"):
        # Set at the very end: the limiter has a word of its own for every answer of a limited route.
        g.retry_after = str(wait)
    if error.http_status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return _for_people(response, shortened(error.message))


def show_errors_on(app: Flask, page: ErrorPage, *, under: str = "") -> None:
    """Let people who open an address in a browser read of a failure on a page: at every path, or only `under` one."""
    app.extensions.setdefault(_PAGES, {})[under] = page


def _for_people(response: Response, sentence: str) -> Response:
    """Return an answer about a failure as a page, where a browser asks for one."""
    page = _error_page()
    # Programs that take anything get JSON.
    best = request.accept_mimetypes.best_match(("application/json", "text/html"))
    if page is None or best != "text/html" or request.path.startswith("/api/"):
        return response
    shown = page(_TITLES.get(response.status_code, "This did not work"), sentence, response.status_code)
    shown.headers.extend([(name, value) for name, value in response.headers if name in (*_KEPT, "WWW-Authenticate")])
    return shown


def _error_page() -> ErrorPage | None:
    """Return the page for failures of this path: the one that was registered for the longest part of it."""
    pages: dict[str, ErrorPage] = current_app.extensions.get(_PAGES, {})
    fitting = [path for path in pages if f"{request.path}/".startswith(f"{path}/")]
    return pages[max(fitting, key=len)] if fitting else None


def _map_errors(app: APIFlask) -> None:
    @app.errorhandler(AppError)
    def known(error: AppError) -> ResponseReturnValue:
        log_refusal(error)
        if error.http_status >= 500:
            # What is away for a while is expected to be, now and then, and needs no trace.
            level = logging.WARNING if error.retryable and error.http_status == 503 else logging.ERROR
            trace = error if level == logging.ERROR else None
            _log.log(level, error.message, exc_info=trace, extra=facts(code=error.code))
        return error_answer(error)

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> ResponseReturnValue:
        _log.error("A request failed.", exc_info=error, extra=facts(path=_route()))
        sentence = "Something went wrong on our side. Please try again in a minute."
        return error_answer(AppError(sentence, request_id=g.request_id))

    @app.error_processor
    def refused(error: HTTPError) -> Any:  # noqa: ANN401  (APIFlask's own signature)
        fields = fields_of(error.__cause__) if isinstance(error.__cause__, ValidationError) else {}
        sentence = refusal_of(fields) if fields else error.message or "The request was refused."
        return _refused(error.status_code, sentence, fields, None)

    # Behind the processor, which brings a handler of APIFlask's for these: that drops their headers, and says no more
    # than the status.
    @app.errorhandler(HTTPException)
    def unread(error: HTTPException) -> ResponseReturnValue:
        if error.code == HTTPStatus.FORBIDDEN:
            log_event("refused", level=logging.WARNING, code=CODES[HTTPStatus.FORBIDDEN], path=_route())
        return _refused(error.code or 500, _sentence(error), {}, error)


def _sentence(error: HTTPException) -> str:
    if error.code == HTTPStatus.METHOD_NOT_ALLOWED and isinstance(error, MethodNotAllowed):
        return f"{request.method} is not allowed here. Use {', '.join(sorted(error.valid_methods or ()))}."
    if error.description != type(error).description:
        return error.description or error.name
    return _PLAIN.get(error.code or 500) or error.description or error.name


def _refused(status: int, sentence: str, details: dict[str, str], error: HTTPException | None) -> ResponseReturnValue:
    response = jsonify({"error": {"code": CODES.get(status, "REFUSED"), "message": sentence, "details": details}})
    response.status_code = status
    if error and not error.response:
        response.headers.extend([(name, value) for name, value in error.get_headers() if name in _KEPT])
    return _for_people(response, sentence)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.monotonic()
    correlation.set(g.request_id)


def _finish(response: Response, settings: Settings) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", current_app.extensions[_POLICY])
    if response.mimetype in _OURS_ALONE:
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if settings.is_production:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    # Answers about a customer are for nobody's cache; pages and files say otherwise themselves.
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Request-Id"] = g.request_id
    compress_data(response)
    # The limiter says when the count begins anew, also to those who need not wait.
    if wait := g.get("retry_after"):
        response.headers["Retry-After"] = wait
    elif response.status_code not in (429, 503):
        response.headers.pop("Retry-After", None)
    told = facts(
        method=request.method,
        path=_route(),
        status=response.status_code,
        ms=round((time.monotonic() - g.began) * 1000, 1),
    )
    _log.info("request", extra=told)
    return response


def _route() -> str:
    """Return the request's route for logs: what was in its place may be a secret, or a customer's."""
    return request.url_rule.rule if request.url_rule else "-"
