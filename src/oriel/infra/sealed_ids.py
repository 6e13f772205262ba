"""Ids in addresses that anybody may open until they expire: an image or a download sends no token, so a seal does."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from flask import current_app

from oriel.errors import Expired, NotFound
from oriel.infra.clock import now

_MAC_BYTES = 16
_ID_LENGTH = 26
_TOKEN = re.compile(r"[0-9a-v]{26}[0-9a-f]{8}[A-Za-z0-9_-]{22}")
# Within such a span a picture has the same address, so that browsers keep it; then it works for another span.
_SPAN_S = 6 * 3600


@dataclass(frozen=True)
class SealedIds:
    """Makes and opens tokens for one purpose; `unknown` and `expired` are the sentences of refusals."""

    purpose: str
    unknown: str
    expired: str

    def token(self, id_: str, *, life_s: int) -> str:
        """Return a token that works for so many seconds."""
        return self._token(id_, f"{_seconds_now() + life_s:08x}")

    def stable_token(self, id_: str) -> str:
        """Return a token that works for 6 to 12 hours and stays the same for 6."""
        return self._token(id_, f"{(_seconds_now() // _SPAN_S + 2) * _SPAN_S:08x}")

    def open(self, token: str) -> tuple[str, int]:
        """Return a token's id, and for how many more seconds it works; raise NotFound or Expired."""
        id_, end = token[:_ID_LENGTH], token[_ID_LENGTH:][:8]
        if not _TOKEN.fullmatch(token) or not hmac.compare_digest(token, self._token(id_, end)):
            raise NotFound(self.unknown)
        seconds = int(end, 16) - _seconds_now()
        if seconds <= 0:
            raise Expired(self.expired)
        return id_, seconds

    def _token(self, id_: str, end: str) -> str:
        key = current_app.config["SECRET_KEY"].encode()
        digest = hmac.digest(key, f"{self.purpose}:{id_}:{end}".encode(), hashlib.sha256)[:_MAC_BYTES]
        return id_ + end + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _seconds_now() -> int:
    return int(now().timestamp())
