"""Why a secret is no secret: too short, too regular, or printed in somebody's documentation."""

import itertools
import re

# RFC 7518, section 3.2, wants 256 bits for HS256.
LEAST_BYTES = 32
_FEWEST_CHARACTERS = 8
# None of them comes about by chance once in a million secrets.
_PLACEHOLDERS = re.compile(
    r"change[-_ ]?(me|this|it)|changed|example|placeholder|replace|insert|default|dummy|sample|insecure|password"
    r"|secret|develop|testing|for[-_]tests|your[-_]|todo|fixme|xxxx|\.\.\.|<|>",
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
    """Tell whether a value stands where somebody was to write another one."""
    return bool(_PLACEHOLDERS.search(secret)) or secret.lower() in _PUBLISHED


def weakness_of(secret: str, least_bytes: int = LEAST_BYTES) -> str | None:
    """Return what is wrong with a secret that we sign with, as the end of a sentence, or None."""
    if len(secret.encode()) < least_bytes:
        return f"a secret of at least {least_bytes} bytes is needed (openssl rand -hex 32)"
    if is_placeholder(secret):
        return "this is an example from documentation; make a secret of your own (openssl rand -hex 32)"
    if len(set(secret)) < _FEWEST_CHARACTERS or _is_regular(secret):
        return "this secret can be guessed; make another one (openssl rand -hex 32)"
    return None


def _is_regular(secret: str) -> bool:
    """Tell whether it repeats itself, or most of it counts up or down as the alphabet does."""
    if secret in (secret + secret)[1:-1]:
        return True
    steps = [ord(after) - ord(before) for before, after in itertools.pairwise(secret)]
    return sum(abs(step) == 1 for step in steps) > len(steps) / 2
