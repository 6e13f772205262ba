"""Secrets at rest: what is stored, who can read it, and what is noticed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from oriel.errors import UnreadableSecret
from oriel.infra.encryption import _key, decrypt, encrypt


@pytest.fixture(autouse=True)
def app() -> Iterator[Flask]:
    """An application with a secret key, as the current one."""
    app = Flask("encryption")
    app.config["SECRET_KEY"] = "7d0a5f0e6a3c4b1f9d2e8c7b5a493827"  # noqa: S105  (of this test)
    with app.app_context():
        yield app


def test_a_secret_is_read_again_and_never_stored_alike() -> None:
    first, second = encrypt("JBSWY3DP", "app of ada"), encrypt("JBSWY3DP", "app of ada")
    assert first != second
    assert "JBSWY3DP" not in first
    assert decrypt(first, "app of ada") == decrypt(second, "app of ada") == "JBSWY3DP"


def test_what_an_earlier_version_stored_is_still_read() -> None:
    old = Fernet(urlsafe_b64encode(_key("app of ada"))).encrypt(b"JBSWY3DP").decode()
    assert decrypt(old, "app of ada") == "JBSWY3DP"


def test_for_another_purpose_it_cannot_be_read() -> None:
    with pytest.raises(UnreadableSecret):
        decrypt(encrypt("JBSWY3DP", "app of ada"), "app of eve")


def test_with_another_key_it_cannot_be_read(app: Flask) -> None:
    stored = encrypt("JBSWY3DP", "app of ada")
    app.config["SECRET_KEY"] = "another one, as long as the first"  # noqa: S105
    with pytest.raises(UnreadableSecret):
        decrypt(stored, "app of ada")


@pytest.mark.parametrize("at", [0, 11, 12, 19, -1])
def test_one_changed_bit_is_noticed(at: int) -> None:
    name, _, coded = encrypt("JBSWY3DP", "app of ada").partition(".")
    sealed = bytearray(urlsafe_b64decode(coded))
    sealed[at] ^= 1
    with pytest.raises(UnreadableSecret):
        decrypt(f"{name}.{urlsafe_b64encode(bytes(sealed)).decode()}", "app of ada")


@pytest.mark.parametrize("stored", ["", "gcm1.", "gcm1.AAAA", "gcm1.not base64", "nothing of ours", "gcm1.ü"])
def test_what_is_none_of_ours_cannot_be_read(stored: str) -> None:
    with pytest.raises(UnreadableSecret):
        decrypt(stored, "app of ada")
