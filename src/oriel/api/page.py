"""/api/docs: Swagger UI from our own origin, copied into this package by the frontend build."""

from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, send_from_directory

from oriel.accounts.access import Who, allow
from oriel.errors import Unavailable

routes = APIBlueprint("api_page", __name__, enable_openapi=False)

_FOLDER = Path(__file__).parents[1] / "web" / "docs"
_DAY_S = 86_400


@routes.get("/api/docs")
@allow(Who.ANYONE)
def page() -> Response:
    """Return the page."""
    if not (_FOLDER / "index.html").is_file():
        raise Unavailable("This page is not built yet: run `make setup` first.")
    return send_from_directory(_FOLDER, "index.html", max_age=0)


@routes.get("/api/docs/<name>")
@allow(Who.ANYONE)
def part(name: str) -> Response:
    """Return a file that the page loads."""
    return send_from_directory(_FOLDER, name, max_age=_DAY_S)
