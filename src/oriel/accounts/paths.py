"""Ids in paths: what cannot be an id is not found, before any database is asked."""

from werkzeug.routing import BaseConverter


class IdConverter(BaseConverter):
    """`<id:…>` in a route: 26 characters, as oriel.infra.ids makes them."""

    regex = "[0-9a-v]{26}"
