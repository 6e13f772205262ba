"""Delivery links: an HMAC over job and generation, so that a link is shown again at will and never stored."""

import base64
import hashlib
import hmac
import re

from flask import current_app

from oriel.errors import NotFound
from oriel.settings import Settings

_PURPOSE = b"oriel delivery link"
_MAC_BYTES = 16
_ID_LENGTH = 26
_TOKEN = re.compile(r"[0-9a-v]{26}[A-Za-z0-9_-]{22}")


def link_to(job_id: str, generation: int) -> str:
    """Return the public link to a job's video."""
    settings: Settings = current_app.config["ORIEL"]
    return f"{settings.base_url}/d/{token_of(job_id, generation)}"


def token_of(job_id: str, generation: int) -> str:
    """Return the job's id with its seal."""
    return job_id + _seal(job_id, generation)


def job_id_in(token: str) -> str:
    """Return the id in a token; its seal is still to be checked. Raises NotFound for what is no token."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("There is no video at this link. Check that you copied all of it.")
    return token[:_ID_LENGTH]


def is_sealed(token: str, generation: int) -> bool:
    """Return whether the token was made by us for its job's present generation."""
    return hmac.compare_digest(token.encode(), token_of(job_id_in(token), generation).encode())


def _seal(job_id: str, generation: int) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    message = _PURPOSE + f":{job_id}:{generation}".encode()
    digest = hmac.digest(key, message, hashlib.sha256)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
