"""Which passwords are refused, and what is stored of the rest."""

import threading

import pytest

from oriel.accounts import passwords
from oriel.accounts.passwords import hash_password, matches, refuse_weak
from oriel.errors import Unavailable, WeakPassword


@pytest.mark.parametrize(
    "password",
    [
        "12345678", "password", "PASSWORD", "Password1", "password123!", "p@ssw0rd", "P4ssw0rd!",
        "qwertyuiop", "iloveyou", "aaaaaaaa", "abababab", "abcdefgh", "hgfedcba", "87654321",
        "monkeymonkey", "sunshine1", "Dragon2024!", "letmein1", "1q2w3e4r", "football99", "trustno1",
        "liverpool1", "Michael1!", "11111111", "welcome2024", "00000000", "zaq12wsx",
    ],
)  # fmt: skip
def test_a_password_that_many_use_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        refuse_weak(password)


@pytest.mark.parametrize("password", ["orielpro", "Oriel2026!", "0riel123", "OrielSignalFX1", "visualizer99"])
def test_a_password_made_of_our_names_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        refuse_weak(password)


@pytest.mark.parametrize("password", ["ada.lovelace@example.com", "lovelace", "Lovelace1", "example1"])
def test_a_password_made_of_the_users_own_words_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        refuse_weak(password, known=("ada.lovelace@example.com", "Ada Lovelace"))


@pytest.mark.parametrize(
    "password",
    ["tuba lantern violet", "k7#mQ2vX", "monkey8472910384", "correct horse battery staple", "yz0-!" * 20],
)  # fmt: skip
def test_others_will_do(password: str) -> None:
    refuse_weak(password, known=("ada.lovelace@example.com", "Ada Lovelace"))


@pytest.mark.parametrize("password", ["", "seven77", "long enough to be refused" * 6])
def test_the_length_counts(password: str) -> None:
    with pytest.raises(WeakPassword):
        refuse_weak(password)


@pytest.mark.parametrize("password", ["emergency", "9638527410", "Q1W2E3R4T5Y6U7", "bmw318is", "parabola"])
def test_a_password_that_has_leaked_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        refuse_weak(password)


def test_the_lists_have_more_than_the_three_thousand_that_asvs_wants() -> None:
    assert len(passwords._common()) > 3000
    assert len(passwords._leaked()) > 15_000
    assert all(len(password) >= passwords.SHORTEST for password in passwords._leaked())
    assert all(password == password.lower() for password in passwords._leaked())


def test_the_hash_is_as_expensive_as_owasp_wants_and_fits_its_column() -> None:
    stored = hash_password("tuba lantern violet")
    assert stored.startswith("scrypt:131072:8:1$")
    assert len(stored) == 163
    assert matches(stored, "tuba lantern violet")
    assert not matches(stored, "tuba lantern violets")


def test_without_a_stored_password_the_same_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "method", "scrypt:1024:8:1")
    nobodys = passwords._nobodys_hash(passwords.method)
    assert [len(part) for part in nobodys.split("$")] == [len(part) for part in hash_password("x").split("$")]
    assert not matches(None, "")


def test_a_third_hash_at_once_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_LONGEST_WAIT_S", 0.01)
    monkeypatch.setattr(passwords, "_HASHES_AT_ONCE", threading.BoundedSemaphore(2))
    with passwords._one_of_few(), passwords._one_of_few(), pytest.raises(Unavailable):
        hash_password("tuba lantern violet")
