"""Detects requests from this machine itself, not through a proxy or tunnel on it."""

from ipaddress import ip_address

from flask import request

# What proxies and tunnels add, beside everything that begins with X-Forwarded.
_OF_PROXIES = frozenset(
    {
        *("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP", "HTTP_X_CLUSTER_CLIENT_IP"),
        *("HTTP_TRUE_CLIENT_IP", "HTTP_CF_CONNECTING_IP", "HTTP_FLY_CLIENT_IP", "HTTP_X_ORIGINAL_FORWARDED_FOR"),
    }
)


def comes_from_this_machine() -> bool:
    """Return whether the present request was begun on this machine.

    The peer's real address counts: what a trusted proxy says of the caller is only what the caller may have said.
    """
    environ = request.environ
    real = environ.get("werkzeug.proxy_fix.orig", environ)
    return _is_loopback(real.get("REMOTE_ADDR")) and not any(map(_is_of_proxy, environ))


def _is_of_proxy(name: str) -> bool:
    return name in _OF_PROXIES or name.startswith("HTTP_X_FORWARDED")


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False
