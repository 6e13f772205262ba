"""The names and paths of cookies."""

from oriel.settings import Settings


def cookie_name(name: str, settings: Settings) -> str:
    """Return a cookie's name: in production with the prefix `__Host-`.

    Browsers take such a cookie only from this host, over HTTPS and for all paths, so no other subdomain can plant one.
    Development speaks plain HTTP, where browsers refuse the prefix.
    """
    return f"__Host-{name}" if settings.is_production else name


def cookie_path(path: str, settings: Settings) -> str:
    """Return the path that a cookie is for: the prefix demands all of them."""
    return "/" if settings.is_production else path
