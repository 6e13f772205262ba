"""Notifies a customer's open pages that a render has changed."""

from oriel.infra.events import publish

RENDER = "render"


def announce(user_id: str, job_id: str) -> None:
    """Publish that a render has changed; call it after the commit."""
    publish(user_id, RENDER, job_id)
