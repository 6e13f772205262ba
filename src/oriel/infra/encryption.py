"""Encryption of small secrets at rest, with keys that are derived from SECRET_KEY."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from oriel.errors import UnreadableSecret


def encrypt(text: str, purpose: str) -> str:
    """Return a text encrypted for one purpose: under the name of another one it cannot be read."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def decrypt(stored: str, purpose: str) -> str:
    """Return the text behind what `encrypt` returned; raise UnreadableSecret if SECRET_KEY has changed since."""
    try:
        return _cipher(purpose).decrypt(stored).decode()
    except InvalidToken as error:
        raise UnreadableSecret("A stored secret cannot be read: SECRET_KEY has changed since it was stored.") from error


def _cipher(purpose: str) -> Fernet:
    derivation = HKDF(SHA256(), length=32, salt=None, info=f"oriel {purpose}".encode())
    return Fernet(urlsafe_b64encode(derivation.derive(str(current_app.config["SECRET_KEY"]).encode())))
