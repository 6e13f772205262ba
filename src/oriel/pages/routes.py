"""The pages that anybody may open. What a page shows of a customer, it asks the API for."""

from apiflask import APIBlueprint
from flask import Response

from oriel.accounts.access import Who, allow
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.pages.html import page

routes = APIBlueprint("pages", __name__, enable_openapi=False)

_READ = rate(f"{READS_A_MINUTE}/minute", by=address_key, scope="reads")


@routes.get("/")
@allow(Who.ANYONE)
@_READ
def landing() -> Response:
    """Say what this is."""
    return page("landing")


@routes.get("/studio")
@allow(Who.ANYONE)
@_READ
def studio() -> Response:
    """Make a video."""
    return page("studio")


@routes.get("/login")
@allow(Who.ANYONE)
@_READ
def log_in() -> Response:
    """Sign in."""
    return page("login")


@routes.get("/register")
@allow(Who.ANYONE)
@_READ
def register() -> Response:
    """Create an account."""
    return page("register")


@routes.get("/dashboard")
@allow(Who.ANYONE)
@_READ
def dashboard() -> Response:
    """Show a customer's projects and renders. The page holds nothing of them: the browser asks the API."""
    return page("dashboard")


@routes.get("/billing")
@allow(Who.ANYONE)
@_READ
def billing() -> Response:
    """Show a customer's plan and invoices, which the browser asks the API for."""
    return page("billing")


@routes.get("/account")
@allow(Who.ANYONE)
@_READ
def account() -> Response:
    """Show a customer's account, which the browser asks the API for."""
    return page("account")


@routes.get("/render/<id:job_id>")
@allow(Who.ANYONE)
@_READ
def render(job_id: str) -> Response:
    """Show one render. The page holds nothing of it: its owner's browser asks the API."""
    return page("render")


@routes.get("/s/<token>")
@allow(Who.ANYONE)
@_READ
def shared(token: str) -> Response:
    """Show the project behind a link. The page holds nothing of it: the browser asks the API."""
    return _unlisted(page("shared"))


@routes.get("/shared/<id:project_id>")
@allow(Who.ANYONE)
@_READ
def invitation(project_id: str) -> Response:
    """Show a project to somebody who was invited to it, once they have signed in."""
    return _unlisted(page("shared"))


@routes.get("/pricing")
@allow(Who.ANYONE)
@_READ
def pricing() -> Response:
    """Compare the plans."""
    return page("pricing")


@routes.get("/help")
@allow(Who.ANYONE)
@_READ
def support() -> Response:
    """Answer common questions."""
    return page("help")


@routes.get("/terms")
@allow(Who.ANYONE)
@_READ
def terms() -> Response:
    """Show the terms of use."""
    return page("terms")


@routes.get("/privacy")
@allow(Who.ANYONE)
@_READ
def privacy() -> Response:
    """Say what is stored, and for how long."""
    return page("privacy")


def _unlisted(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    return response
