"""Limits of request bodies for all routes: JSON content type, size and depth."""

from typing import Any

from flask import Request, request
from werkzeug.exceptions import (
    BadRequest,
    RequestEntityTooLarge,
    RequestTimeout,
    UnprocessableEntity,
    UnsupportedMediaType,
)

from oriel import json_text

# Names, addresses and passwords have room in it many times over.
_SMALL_BODY_BYTES = 16 * 1024


def only_small_bodies() -> None:
    """Let the present request have 16 kB; for routes that take no settings and no files."""
    request.max_content_length = _SMALL_BODY_BYTES


class OurRequest(Request):
    """A request whose body is looked at before it is believed."""

    def get_json(self, *_args: Any, **_options: Any) -> Any:  # noqa: ANN401  (JSON; Flask's own has a type for each use)
        """Return the body; no option is heard, since APIFlask asks for every body by force, whatever it says it is.

        A form of a foreign page can send JSON as text/plain without asking us first, and log a visitor in as somebody
        else; as application/json it cannot.
        """
        body = self.get_data()
        if body and not self.is_json:
            raise UnsupportedMediaType
        try:
            value = json_text.loads(body)
        except ValueError as error:
            raise BadRequest(f"The request body is not valid JSON: {error}.") from error
        # APIFlask takes null for a body without fields.
        if value is None:
            raise UnprocessableEntity("The request body must be a JSON object.")
        if json_text.has_nul(value):
            raise UnprocessableEntity("A text in the request body contains a NUL character.")
        return value

    def get_data(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401  (bytes, or a text where one is asked for)
        """Return the body; raise RequestTimeout where it stops arriving.

        Raise RequestEntityTooLarge where one that has not said its length reaches the limit: Werkzeug cuts such a body
        off there without a word.
        """
        try:
            data = super().get_data(*args, **options)
        except TimeoutError as error:
            raise RequestTimeout from error
        if self.content_length is None and self.max_content_length and len(data) >= self.max_content_length:
            raise RequestEntityTooLarge
        return data

    def _load_form_data(self) -> None:
        super()._load_form_data()
        if any("\0" in text for name, value in self.form.items(multi=True) for text in (name, value)):
            raise BadRequest("A field of this form contains a NUL character.")
