"""Addresses of servers, as they may be shown and logged."""

import re

# Up to the last @: a password that was not escaped may hold one. The scheme may have been forgotten.
_PASSWORD = re.compile(r"^((?:[^:/@]+://)?[^:/@]*):(?!//).*@")
_PARAMETER = re.compile(r"([?&]password=)[^&]*")


def without_password(address: str) -> str:
    """Return an address with stars in place of its password, also where it is no address at all."""
    return _PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1:***@", address))
