"""The panel's own Content-Security-Policy: scripts and styles run by a nonce that each answer makes anew."""

import secrets

from flask import Response, current_app, g

from oriel.settings import Settings

_KEY = "_panel_nonce"


def nonce() -> str:
    """Return the nonce of the current answer."""
    if not hasattr(g, _KEY):
        setattr(g, _KEY, secrets.token_urlsafe(16))
    return str(getattr(g, _KEY))


def set_policy(response: Response) -> Response:
    """Give a page that asked for a nonce the policy that names it."""
    if hasattr(g, _KEY):
        response.headers["Content-Security-Policy"] = _policy(nonce(), current_app.config["ORIEL"])
    return response


def _policy(value: str, settings: Settings) -> str:
    own = f"'self' {settings.assets_url or ''}".strip()
    bucket = " https://storage.googleapis.com" if settings.gcs_bucket_name else ""
    return (
        f"default-src 'none'; script-src 'nonce-{value}'; style-src {own} 'nonce-{value}'; font-src {own};"
        f" img-src {own} data:{bucket}; media-src {own}{bucket}; connect-src 'self'; frame-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
