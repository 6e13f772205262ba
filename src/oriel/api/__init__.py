"""The OpenAPI document, and the page that shows it."""

from apiflask import APIFlask
from flask.json.provider import DefaultJSONProvider

from oriel.api.document import completed
from oriel.api.page import routes


def register(app: APIFlask) -> None:
    """Serve the page, and complete the document with the errors that all routes share."""
    app.config.update(
        AUTO_OPERATION_ID=True,
        # All errors have one schema of our own.
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_404_RESPONSE=False,
    )
    # Readers expect the document's own order.
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.sort_keys = False
    app.spec_processor(completed)
    app.register_blueprint(routes)
