"""Finds weak secrets: too short, too regular, or copied from documentation."""

import itertools
import re

# RFC 7518, section 3.2, wants 256 bits for HS256.
LEAST_BYTES = 32
_FEWEST_CHARACTERS = 8
# A random API key of 100 letters and digits matches once in a million times. Short words would match far more often,
# so they must stand alone.
_PLACEHOLDERS = re.compile(
    r"change[-_ ]?(me|this|it)|changed|example|placeholder|replace|insert|default|sample|insecure|password"
    r"|secret|develop|testing|for[-_]tests|your[-_]|x{6,}|\.\.\.|<|>"
    r"|(?<![a-z0-9])(todo|fixme|dummy|x{4,})(?![a-z0-9])",
    re.IGNORECASE,
)
# From the documentation of FastAPI, Flask and others; people copy them.
_PUBLISHED = frozenset(
    {
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)


def is_placeholder(secret: str) -> bool:
    """Return whether a value is a placeholder."""
    return bool(_PLACEHOLDERS.search(secret)) or secret.lower() in _PUBLISHED


def weakness_of(secret: str, least_bytes: int = LEAST_BYTES) -> str | None:
    """Return the problem with a signing secret, as the end of a sentence, or None."""
    if len(secret.encode()) < least_bytes:
        return f"it must have at least {least_bytes} bytes; create one with: openssl rand -hex 32"
    if is_placeholder(secret):
        return "this is a placeholder; create a secret with: openssl rand -hex 32"
    if len(set(secret)) < _FEWEST_CHARACTERS or _is_regular(secret):
        return "this secret is easy to guess; create another one with: openssl rand -hex 32"
    return None


def _is_regular(secret: str) -> bool:
    """Return whether a secret repeats itself, or mostly counts up or down like the alphabet."""
    if secret in (secret + secret)[1:-1]:
        return True
    steps = [ord(after) - ord(before) for before, after in itertools.pairwise(secret)]
    return sum(abs(step) == 1 for step in steps) > len(steps) / 2
