"""A file as an HTTP response: byte ranges, a name in any script, never whole in memory."""

import os
import re
import unicodedata
from contextlib import ExitStack
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, redirect, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_range_header
from werkzeug.wsgi import FileWrapper

from oriel.infra.connection import connection_of, set_timeout
from oriel.infra.limits import address_key
from oriel.infra.seats import Seats
from oriel.infra.storage.interface import missing

# Control characters could end the header; slashes mean folders to some browsers.
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\ud800-\udfff]")
# RFC 5987, section 3.2.1: what may stand for itself.
_PLAIN = "!#$&+-.^_`|~"
_BLOCK_BYTES = 1 << 18
# A block must be taken within this, or the thread that sends it goes: 9 kB a second are less than any line has.
SILENCE_S = 30.0
# Of a web process's threads; a player asks for several parts of a video at once.
_MOST_AT_ONCE = 128
_MOST_OF_ONE = 16

_seats = Seats(
    _MOST_AT_ONCE,
    _MOST_OF_ONE,
    full="Too many downloads are running right now. Please try again in a moment.",
    too_many=f"{_MOST_OF_ONE} downloads are already running from your address. Please wait until one has finished.",
)


def redirect_to(url: str) -> Response:
    """Answer with a redirect to a signed address."""
    answer = redirect(url, 302)
    return Response(answer.get_data(), answer.status_code, answer.headers)


def send_file(path: Path, *, filename: str, content_type: str) -> Response:
    """Answer with a file to be saved: ranges (206, 416), If-Range, If-None-Match, a name in any script.

    Flask's own function hands the file to Gunicorn's wrapper, which cannot seek: the end of a long video would cost
    reading all of it. It also answers 416 to ranges that are to be ignored.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise missing(path.name) from None
    with ExitStack() as opening:
        opening.callback(file.close)
        opening.enter_context(_seats.taken(address_key()))
        # The server closes these blocks, and not the response around them.
        blocks = _Blocks(file, opening.pop_all())
    response = Response(blocks, mimetype=content_type, direct_passthrough=True)
    facts = os.fstat(file.fileno())
    response.content_length = facts.st_size
    response.last_modified = datetime.fromtimestamp(facts.st_mtime, UTC)
    response.set_etag(f"{facts.st_mtime_ns:x}-{facts.st_size:x}")
    response.headers["Content-Disposition"] = attachment(filename)
    response.cache_control.private = True
    response.cache_control.no_cache = True
    return _as_asked(response)


def attachment(filename: str) -> str:
    """Return a Content-Disposition: the name as it is (RFC 5987), and in ASCII for what is older than that."""
    name = _NOT_IN_A_NAME.sub("_", filename).strip() or "download"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").replace('"', "'").strip()
    if plain.startswith("."):
        # Nothing but the extension is left of a name in another script.
        plain = f"download{plain}"
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe=_PLAIN)}"
    return f'attachment; filename="{plain or "download"}"{exact}'


class _Blocks(FileWrapper):
    """A file, whose sending fails when the receiver takes nothing: a thread waits for each download."""

    def __init__(self, file: BinaryIO, closing: ExitStack) -> None:
        super().__init__(file, _BLOCK_BYTES)
        self._closing = closing
        self._connection = connection_of(request.environ)
        if self._connection:
            self._before = self._connection.gettimeout()
            set_timeout(self._connection, SILENCE_S)

    def close(self) -> None:
        """Close the file, give the seat back, and be as patient with the connection as before."""
        self._closing.close()
        if self._connection:
            set_timeout(self._connection, self._before)


def _as_asked(response: Response) -> Response:
    environ = dict(request.environ)
    if not _asks_for_a_part(environ.get("HTTP_RANGE"), response.content_length or 0):
        environ.pop("HTTP_RANGE", None)
    try:
        response.make_conditional(environ, accept_ranges=True, complete_length=response.content_length)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    if request.method == "HEAD" or response.status_code == HTTPStatus.NOT_MODIFIED:
        # Nobody will ask for the blocks, so nobody closes them.
        response.close()
    return response


def _asks_for_a_part(header: str | None, size: int) -> bool:
    """Whether to look at a Range header: RFC 9110, section 14.2, lets us answer the whole to what we cannot read."""
    asked = parse_range_header(header)
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return False
    [(start, _)] = asked.ranges
    # The last N bytes of a file that has no more are the whole: Werkzeug would refuse that.
    return start > -size
