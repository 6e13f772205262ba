"""Addresses of projects' thumbnails: an image element sends no token, so the address holds a seal instead."""

import base64
import hashlib
import hmac
import re

from flask import current_app

from oriel.errors import Expired, NotFound
from oriel.infra.clock import now

_PURPOSE = b"oriel thumbnail link"
_MAC_BYTES = 16
_ID_LENGTH = 26
_TOKEN = re.compile(r"[0-9a-v]{26}[0-9a-f]{8}[A-Za-z0-9_-]{22}")
# Within such a span an upload has the same address, so that browsers keep the picture; then it works for another span.
_SPAN_S = 6 * 3600


def thumbnail_path(upload_id: str) -> str:
    """Return the address of a thumbnail, without our host; it works for 6 to 12 hours, and for anyone."""
    ends_at = (int(now().timestamp()) // _SPAN_S + 2) * _SPAN_S
    return f"/api/projects/thumbnail/{_token(upload_id, f'{ends_at:08x}')}"


def upload_behind(token: str) -> tuple[str, int]:
    """Return the upload of an address, and for how many more seconds it works; raise NotFound or Expired."""
    upload_id, end = token[:_ID_LENGTH], token[_ID_LENGTH:][:8]
    if not _TOKEN.fullmatch(token) or not hmac.compare_digest(token, _token(upload_id, end)):
        raise NotFound("There is no picture at this address.")
    seconds = int(end, 16) - int(now().timestamp())
    if seconds <= 0:
        raise Expired("This address has expired. Ask for the project to get a new one.")
    return upload_id, seconds


def _token(upload_id: str, end: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.digest(key, _PURPOSE + f":{upload_id}:{end}".encode(), hashlib.sha256)[:_MAC_BYTES]
    return upload_id + end + base64.urlsafe_b64encode(digest).decode().rstrip("=")
