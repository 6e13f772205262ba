"""Opaque ids for rows that customers see, and random secrets."""

import base64
import hashlib
import secrets
import uuid
from datetime import datetime

_ALPHABET = str.maketrans("", "", "=")


def new_id() -> str:
    """Return an id of 26 characters that sorts by time of making: new rows lie together in an index."""
    return _text(_uuid7())


def first_id(moment: datetime) -> str:
    """Return what sorts before each id made at this moment or later, and after all earlier ones."""
    value = uuid.UUID(int=int(moment.timestamp() * 1000) << 80)
    return _text(value)


def new_secret() -> str:
    """Return a secret of 256 bits for a link, a ticket or a key."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """Return what is stored of a secret: it has too many bits to be guessed, so a plain digest does."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _text(value: uuid.UUID) -> str:
    return base64.b32hexencode(value.bytes).decode().translate(_ALPHABET).lower()


def _uuid7() -> uuid.UUID:
    """Return a UUID of version 7 (RFC 9562): 48 bits of milliseconds, the rest random."""
    from oriel.infra.clock import now

    milliseconds = int(now().timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
