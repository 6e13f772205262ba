"""Whether something still needs an upload: asked of the domains above, which register what they know."""

from collections.abc import Callable

from sqlalchemy.orm import Session

InUse = Callable[[Session, str], bool]

_asked: list[InUse] = []


def register(in_use: InUse) -> InUse:
    """Ask this function, with a session and an upload's id, before an upload goes; twice changes nothing."""
    if in_use not in _asked:
        _asked.append(in_use)
    return in_use


def is_used(session: Session, upload_id: str) -> bool:
    """Whether any domain needs this upload."""
    return any(in_use(session, upload_id) for in_use in _asked)
