"""Addresses of projects' thumbnails."""

from oriel.infra.sealed_ids import SealedIds

_THUMBNAILS = SealedIds(
    "oriel thumbnail link",
    unknown="There is no picture at this address.",
    expired="This address has expired. Ask for the project to get a new one.",
)


def thumbnail_path(upload_id: str) -> str:
    """Return the address of a thumbnail, without our host; it works for 6 to 12 hours, and for anyone."""
    return f"/api/projects/thumbnail/{_THUMBNAILS.stable_token(upload_id)}"


def upload_behind(token: str) -> tuple[str, int]:
    """Return the upload of an address, and for how many more seconds it works; raise NotFound or Expired."""
    return _THUMBNAILS.open(token)
