"""A customer's storage use; domains above register functions that return theirs."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from oriel.billing.models import RESERVED, RenderRight

StorageUse = Callable[[Session, str], int]

_uses: list[StorageUse] = []


def register(use: StorageUse) -> StorageUse:
    """Register a function that returns a user's bytes, from a session and the user's id; twice changes nothing."""
    if use not in _uses:
        _uses.append(use)
    return use


def storage_used(session: Session, user_id: str) -> int:
    """Return the bytes that a customer stores, plus those reserved for videos in progress."""
    return sum(use(session, user_id) for use in _uses) + _set_aside(session, user_id)


def _set_aside(session: Session, user_id: str) -> int:
    waiting = (RenderRight.user_id == user_id, RenderRight.kind == "plan", RenderRight.state == RESERVED)
    return int(session.scalar(select(func.coalesce(func.sum(RenderRight.video_bytes), 0)).where(*waiting)) or 0)
