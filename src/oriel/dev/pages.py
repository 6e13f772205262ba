"""Shared by the development pages: styles allowed by a nonce, and nothing else."""

import secrets

from flask import Response, make_response, render_template


def page(template: str, status: int = 200, *, form_action: str = "'none'", **values: object) -> Response:
    """Return a page; `form_action` is where its forms, and what follows them, may go, as the CSP says it."""
    nonce = secrets.token_urlsafe(16)
    response = make_response(render_template(template, nonce=nonce, **values), status)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; frame-src 'self'; base-uri 'none'; form-action {form_action};"
        " frame-ancestors 'none'"
    )
    return response
