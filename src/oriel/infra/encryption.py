"""Encryption of small secrets at rest, with keys that are derived from SECRET_KEY.

AES-256-GCM. What is stored begins with the name of its format, so that another algorithm can follow. Earlier versions
stored Fernet's tokens (AES-128-CBC with HMAC); they can still be read.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from oriel.errors import UnreadableSecret

_FORMAT = "gcm1."
# A random nonce of 96 bits is safe for 2³² texts under one key; each purpose has its own key.
_NONCE_BYTES = 12


def encrypt(text: str, purpose: str) -> str:
    """Return a text encrypted for one purpose: under the name of another one it cannot be read."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_key(f"gcm {purpose}")).encrypt(nonce, text.encode(), _FORMAT.encode())
    return _FORMAT + urlsafe_b64encode(nonce + sealed).decode()


def decrypt(stored: str, purpose: str) -> str:
    """Return the text behind what `encrypt` returned; raise UnreadableSecret if SECRET_KEY has changed since."""
    try:
        return _opened(stored, purpose)
    except (InvalidTag, InvalidToken, ValueError) as error:
        raise UnreadableSecret("A stored secret cannot be read: SECRET_KEY has changed since it was stored.") from error


def _opened(stored: str, purpose: str) -> str:
    if not stored.startswith(_FORMAT):
        return Fernet(urlsafe_b64encode(_key(purpose))).decrypt(stored).decode()
    sealed = urlsafe_b64decode(stored.removeprefix(_FORMAT))
    nonce, sealed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return AESGCM(_key(f"gcm {purpose}")).decrypt(nonce, sealed, _FORMAT.encode()).decode()


def _key(purpose: str) -> bytes:
    derivation = HKDF(SHA256(), length=32, salt=None, info=f"oriel {purpose}".encode())
    return derivation.derive(str(current_app.config["SECRET_KEY"]).encode())
