"""Addresses of exports: a browser that follows a link sends no token, so the address holds a seal for an hour."""

import base64
import hashlib
import hmac
import re

from flask import current_app

from oriel.errors import Expired, NotFound
from oriel.infra.clock import now

_PURPOSE = b"oriel export link"
_MAC_BYTES = 16
_ID_LENGTH = 26
_TOKEN = re.compile(r"[0-9a-v]{26}[0-9a-f]{8}[A-Za-z0-9_-]{22}")
_LIFE_S = 3600


def export_path(export_id: str) -> str:
    """Return the address of an export's file, without our host; it works for an hour, and for anyone."""
    return f"/api/user/export/file/{_token(export_id, f'{int(now().timestamp()) + _LIFE_S:08x}')}"


def export_behind(token: str) -> str:
    """Return the id of an address's export; raise NotFound for a forged address, Expired for an old one."""
    export_id, end = token[:_ID_LENGTH], token[_ID_LENGTH:][:8]
    if not _TOKEN.fullmatch(token) or not hmac.compare_digest(token, _token(export_id, end)):
        raise NotFound("There is no file at this address.")
    if int(end, 16) <= int(now().timestamp()):
        raise Expired("This link has expired. Go to your account page to get a new one.")
    return export_id


def _token(export_id: str, end: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.digest(key, _PURPOSE + f":{export_id}:{end}".encode(), hashlib.sha256)[:_MAC_BYTES]
    return export_id + end + base64.urlsafe_b64encode(digest).decode().rstrip("=")
