"""Links to shared projects: a seal over the link's id, so that the owner can copy a link again and none is stored."""

import base64
import hashlib
import hmac
import re

from flask import current_app

from oriel.settings import Settings

_PURPOSE = b"oriel project link"
_MAC_BYTES = 16
_ID_LENGTH = 26
_TOKEN = re.compile(r"[0-9a-v]{26}[A-Za-z0-9_-]{22}")


def link_to(link_id: str) -> str:
    """Return the address of a shared project."""
    settings: Settings = current_app.config["ORIEL"]
    return f"{settings.base_url}/s/{token_of(link_id)}"


def token_of(link_id: str) -> str:
    """Return a link's id with its seal."""
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.digest(key, _PURPOSE + f":{link_id}".encode(), hashlib.sha256)[:_MAC_BYTES]
    return link_id + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def link_id_in(token: str) -> str | None:
    """Return the link's id in a token that we have sealed; None for any other."""
    if not _TOKEN.fullmatch(token):
        return None
    link_id = token[:_ID_LENGTH]
    return link_id if hmac.compare_digest(token.encode(), token_of(link_id).encode()) else None
