"""Renders a page: its template is what the frontend build has written, with the names of the current files in it."""

from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, make_response, render_template, request
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, TemplateNotFound

from oriel.billing.plans import CREDIT, PLANS
from oriel.errors import Unavailable
from oriel.infra import retention
from oriel.infra.compression import compress
from oriel.infra.web import content_security_policy
from oriel.mails.wording import day, duration, minutes, money, size
from oriel.settings import Settings

WEB = Path(__file__).parents[1] / "web"
# Lit makes its templates from our own code; lib/own-scripts.js names the scripts that may run as workers.
_TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types lit-html default"
_DAY_HOURS = 24


class BuiltPages(FileSystemLoader):
    """Loads the built pages; where the files lie on another origin, it names them there."""

    def __init__(self, assets_url: str) -> None:
        super().__init__(WEB / "pages")
        self._assets_url = assets_url

    def get_source(self, environment: Environment, template: str) -> Any:  # noqa: ANN401  (the loader's own type)
        """Return a page's source, its name, and whether it is still as it was."""
        source, name, is_fresh = super().get_source(environment, template)
        return source.replace('"/assets/', f'"{self._assets_url}/assets/'), name, is_fresh


def init_pages(app: Flask, settings: Settings) -> None:
    """Make the built pages templates of the application, under names such as "landing/index.html"."""
    loaders = [BuiltPages(settings.assets_url or ""), *([app.jinja_env.loader] if app.jinja_env.loader else [])]
    app.jinja_env.loader = ChoiceLoader(loaders)
    # A page names files that the next build replaces: one that was built meanwhile must not be served as it was.
    app.jinja_env.auto_reload = True
    app.jinja_env.globals.update(plans=PLANS, single=CREDIT, operator=_operator(settings), retention=retention.kinds)
    app.jinja_env.filters.update(day=day, dollars=_dollars, duration=duration, kept=_kept, minutes=minutes, size=size)


def page(name: str, status: int = 200, **values: object) -> Response:
    """Return a page; browsers ask each time whether theirs is still the current one."""
    response = _rendered(name, values)
    response.status_code = status
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    compress(response)
    response.make_conditional(request)
    return response


def _rendered(name: str, values: dict[str, object]) -> Response:
    try:
        response = make_response(render_template(f"{name}/index.html", **values))
    except TemplateNotFound as error:
        raise Unavailable("This page is not built yet: run `make setup` first.") from error
    policy = content_security_policy(current_app.config["ORIEL"])
    response.headers["Content-Security-Policy"] = f"{policy}; {_TRUSTED_TYPES}"
    return response


def _operator(settings: Settings) -> dict[str, str | None]:
    """Return who runs this service, as the terms and the privacy page name them."""
    return {"name": settings.operator_name, "address": settings.operator_address, "email": settings.operator_email}


def _dollars(cents: int) -> str:
    return money(cents, "usd")


def _kept(kind: retention.Retention) -> str:
    """Return such as "30 days after they end"."""
    if kind.period is None:
        return kind.until
    hours = round(kind.period.total_seconds() / 3600)
    words = "1 hour" if hours == 1 else f"{hours} hours" if hours <= _DAY_HOURS else f"{round(hours / _DAY_HOURS)} days"
    return f"{words} {kind.until}"
