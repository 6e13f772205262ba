"""Ids in paths: text that cannot be an id is a 404 before any database query."""

import re

from werkzeug.routing import BaseConverter

_ID = re.compile("[0-9a-v]{26}")


class IdConverter(BaseConverter):
    """`<id:…>` in a route: 26 characters, as oriel.infra.ids makes them.

    The view gets an empty id for any other text, so that it can answer 404 in its own words.
    """

    def to_python(self, value: str) -> str:
        """Return the id, or an empty text if it is none."""
        return value if _ID.fullmatch(value) else ""
