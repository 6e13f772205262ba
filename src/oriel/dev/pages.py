"""Renders the development pages with a strict Content-Security-Policy."""

import secrets

from flask import Response, make_response, render_template


def page(template: str, status: int = 200, *, form_action: str = "'none'", **values: object) -> Response:
    """Return a page; `form_action` is the CSP source list for its forms and their redirects."""
    nonce = secrets.token_urlsafe(16)
    response = make_response(render_template(template, nonce=nonce, **values), status)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; frame-src 'self'; base-uri 'none'; form-action {form_action};"
        " frame-ancestors 'none'"
    )
    return response
