"""Addresses of avatars, given to their owners and to the people who share a project with them."""

from oriel.accounts.models import User
from oriel.infra.sealed_ids import SealedIds

_AVATARS = SealedIds(
    "oriel avatar link",
    unknown="There is no picture at this address.",
    expired="This address has expired. Ask for the profile or the project to get a new one.",
)


def avatar_path(user: User | None) -> str | None:
    """Return the address of a user's avatar, without our host; it works for 6 to 12 hours, and for anyone."""
    if user is None or user.avatar_id is None:
        return None
    return f"/api/user/avatar/{_AVATARS.stable_token(user.avatar_id)}"


def avatar_behind(token: str) -> tuple[str, int]:
    """Return the upload of an address, and for how many more seconds it works; raise NotFound or Expired."""
    return _AVATARS.open(token)
