"""The scopes of API keys."""

from enum import StrEnum


class Scope(StrEnum):
    """What an API key may do."""

    # See what the account has, and download it.
    READ = "read"
    # Upload, render, pay for renders, keep projects; a key that may do so may read too.
    RENDER = "render"
