"""Renders in the database, as the tests of rendering make them."""

from tests.functional.rendering.conftest import context, make_job

__all__ = ["context", "make_job"]
