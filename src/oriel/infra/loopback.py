"""Whether a request comes from this machine itself, and not through a proxy or tunnel that runs on it."""

from ipaddress import ip_address

from flask import request

# What proxies add, each in its own way: one that we trust takes itself out of the address, but not out of these.
_OF_PROXIES = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def comes_from_this_machine() -> bool:
    """Tell whether the present request was begun on this machine."""
    return _is_loopback(request.remote_addr) and not any(name in request.headers for name in _OF_PROXIES)


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False
