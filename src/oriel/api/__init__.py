"""The API as a whole: the document that describes it, and the page that shows the document."""

from apiflask import APIFlask

from oriel.api.document import completed
from oriel.api.page import routes


def register(app: APIFlask) -> None:
    """Serve the page, and complete the document with what all routes have in common."""
    app.config.update(
        AUTO_OPERATION_ID=True,
        # All errors have one schema of our own.
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_404_RESPONSE=False,
    )
    # The document is read in the order in which it is written.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.spec_processor(completed)
    app.register_blueprint(routes)
