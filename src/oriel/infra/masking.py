"""Masks passwords and paths for logs and messages."""

import re

# Up to the last @: a password that was not escaped may hold one. The scheme may have been forgotten.
_PASSWORD = re.compile(r"^((?:[^:/@]+://)?[^:/@]*):(?!//).*@")
_PARAMETER = re.compile(r"([?&]password=)[^&]*")
# Of a path, all but its last part. An address keeps its slashes, and so do our own routes.
_FOLDERS = re.compile(r"(?<![\w/.:])(?:file:)?/(?!api/)(?:[^\s/“”\"']+/)+")

# Names in the storage: the customer's id follows the kind. Google's library writes addresses in its errors.
_OWNERS = re.compile(r"\b(uploads|videos|exports)(/|%2F)[0-9a-v]{26}\b")


def without_owners(text: str) -> str:
    """Return a text in which names of stored objects do not say whose they are."""
    return _OWNERS.sub(r"\1\2***", text)


def without_folders(text: str) -> str:
    """Return a text in which files are called by their names, without the folders of the machine that they lie in."""
    return _FOLDERS.sub("", text)


def without_password(address: str) -> str:
    """Return an address with stars in place of its password, also where it is no address at all."""
    return _PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1:***@", address))
