"""Addresses of exports: a browser that follows a link sends no token, so the address works for an hour."""

from oriel.infra.sealed_ids import SealedIds

_EXPORTS = SealedIds(
    "oriel export link",
    unknown="There is no file at this address.",
    expired="This link has expired. Go to your account page to get a new one.",
)
_LIFE_S = 3600


def export_path(export_id: str) -> str:
    """Return the address of an export's file, without our host; it works for an hour, and for anyone."""
    return f"/api/user/export/file/{_EXPORTS.token(export_id, life_s=_LIFE_S)}"


def export_behind(token: str) -> str:
    """Return the id of an address's export; raise NotFound for a forged address, Expired for an old one."""
    return _EXPORTS.open(token)[0]
