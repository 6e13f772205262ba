"""Password rules and password hashes."""

import functools
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from werkzeug.security import check_password_hash, generate_password_hash

from oriel.errors import Unavailable, WeakPassword

SHORTEST = 8
# PCI DSS 8.3.6: operators can give money back.
SHORTEST_OF_OPERATORS = 12
LONGEST = 128

# 134 MB and half a second for each guess (OWASP's first choice for scrypt); tests make it cheaper.
method = "scrypt:131072:8:1"

# More at once would take too much of the process's memory.
_HASHES_AT_ONCE = threading.BoundedSemaphore(2)
_LONGEST_WAIT_S = 15

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgb",
    "qweasdzxc",
    "147258369",
    "741852963",
    "a1b2c3d4e5f6g7h8",
    "aabbccddeeffgg",
    "112233445566778899",
    "zaq12wsxcde34rfv",
)
# The first words that somebody tries here; docs/security.md names them.
_OURS = frozenset(
    {"oriel", "orielpro", "orielfx", "signalfx", "signalfxpro", "orielsignal", "orielsignalfx", "orielsignalfxpro"}
    | {"visualizer", "visualiser", "musicvideo", "musicvisualizer"}
)
_SPELLED = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"})
# Characters that people add around a common word so that a form accepts it.
_DECORATED = re.compile(r"[^a-z]{0,2}([a-z]+)[^a-z]{0,5}")
_NUMBERED = re.compile(r"(.+?)[0-9!?.#*_-]{1,5}")


def refuse_weak(password: str, *, known: tuple[str, ...] = (), for_operator: bool = False) -> None:
    """Raise WeakPassword for a short, overlong or guessable password; `known` are the user's name and address."""
    shortest = SHORTEST_OF_OPERATORS if for_operator else SHORTEST
    if len(password) < shortest:
        raise _weak(f"Please choose a password of at least {shortest} characters.", shortest=shortest)
    if len(password) > LONGEST:
        raise _weak(f"Please choose a password of at most {LONGEST} characters.", longest=LONGEST)
    if _is_guessable(password, known):
        raise _weak("This password is too easy to guess. Please choose another one.")


def _weak(sentence: str, **details: object) -> WeakPassword:
    # Under the field's name, so that a form shows it there.
    return WeakPassword(sentence, password=sentence, **details)


def hash_password(password: str) -> str:
    """Return a password's hash."""
    with _one_of_few():
        return generate_password_hash(password, method)


def matches(stored: str | None, password: str) -> bool:
    """Return whether a password matches its hash; without a hash, return False after the same time."""
    with _one_of_few():
        return check_password_hash(stored or _nobodys_hash(method), password)


@functools.cache
def _nobodys_hash(parameters: str) -> str:
    return f"{parameters}${secrets.token_hex(8)}${secrets.token_hex(64)}"


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _HASHES_AT_ONCE.acquire(timeout=_LONGEST_WAIT_S):
        raise Unavailable("Too many people are logging in right now. Please try again in a moment.", retry_after_s=5)
    try:
        yield
    finally:
        _HASHES_AT_ONCE.release()


def _is_guessable(password: str, known: tuple[str, ...]) -> bool:
    lower = password.lower()
    own = {word for text in known for word in (text.lower(), *re.split(r"[^a-z0-9]+", text.lower())) if len(word) > 2}
    return (
        len(set(lower)) < 3
        or lower in _leaked()
        or any(
            form in _common() or form in _OURS or form in own or any(form in row or form in row[::-1] for row in _ROWS)
            for form in _forms(lower)
        )
    )


def _forms(lower: str) -> Iterator[str]:
    """Yield a password and the words that it may be made from."""
    for text in (lower, lower.translate(_SPELLED), _once(lower)):
        yield text
        if match := _DECORATED.fullmatch(text):
            yield match[1]
    # "P@ssw0rd2024": a year at the end, and digits in place of letters.
    if match := _NUMBERED.fullmatch(lower):
        yield match[1].translate(_SPELLED)


def _once(text: str) -> str:
    """Return "monkey" for "monkeymonkey"."""
    half = text[: len(text) // 2]
    return half if half * 2 == text else text


@functools.cache
def _leaked() -> frozenset[str]:
    """Return 16,000 passwords from real leaks that the other rules do not find; none is shorter than we admit.

    Together they refuse each of 21,600 from the lists of zxcvbn-ts (MIT), zxcvbn (MIT) and Django (BSD-3-Clause).
    """
    return _words("leaked_passwords.txt")


@functools.cache
def _common() -> frozenset[str]:
    """Return common words, which are also refused with digits and signs around them."""
    return _words("common_passwords.txt")


def _words(name: str) -> frozenset[str]:
    return frozenset(files("oriel.accounts").joinpath(name).read_text("utf-8").split())
