"""The pages' scripts, styles, fonts and pictures. Their names change with their content, so browsers keep them."""

from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, request, send_from_directory

from oriel.accounts.access import Who, allow
from oriel.infra.request_traces import untraced
from oriel.pages.html import WEB

routes = APIBlueprint("assets", __name__, enable_openapi=False)

_FOLDER = WEB / "assets"
_YEAR_S = 31_536_000
_DAY_S = 86_400
# The build writes these beside what they compress, the smaller one first.
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".woff2": "font/woff2",
    ".webp": "image/webp",
    ".webm": "video/webm",
    ".orft": "application/octet-stream",
}
_COMPRESSED = {"br": ".br", "gzip": ".gz"}


@routes.get("/assets/<name>")
@allow(Who.ANYONE)
@untraced
def asset(name: str) -> Response:
    """Return a file, compressed if the browser takes that; a CDN may fetch it for pages of this origin."""
    stored, encoding = _smallest(name)
    response = send_from_directory(_FOLDER, stored, max_age=_YEAR_S, mimetype=_type_of(name))
    response.cache_control.immutable = True
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.vary.add("Accept-Encoding")
    if encoding:
        response.content_encoding = encoding
    return response


@routes.get("/favicon.svg")
# Where browsers look for it beside a file that is no page, such as an invoice.
@routes.get("/favicon.ico")
@allow(Who.ANYONE)
@untraced
def icon() -> Response:
    """Return the icon of the pages."""
    return send_from_directory(WEB, "favicon.svg", max_age=_DAY_S)


@routes.get("/robots.txt")
@allow(Who.ANYONE)
@untraced
def robots() -> Response:
    """Tell search engines which addresses are theirs."""
    return send_from_directory(WEB, "robots.txt", max_age=_DAY_S)


def _smallest(name: str) -> tuple[str, str | None]:
    """Return the name of the smallest form of a file that the browser takes, and its encoding."""
    for encoding, ending in _COMPRESSED.items():
        # `accept_encodings[...]` is 0 for what is not named, also where the browser sends nothing.
        if request.accept_encodings[encoding] > 0 and (_FOLDER / (name + ending)).is_file():
            return name + ending, encoding
    return name, None


def _type_of(name: str) -> str | None:
    """Return the media type of a file, whatever this machine's own tables say; None for the usual one."""
    return _TYPES.get(Path(name).suffix)
