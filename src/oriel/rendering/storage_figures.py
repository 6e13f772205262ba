"""How much the storage holds, by kind and by customer, for operators: counted from the rows, not from the storage."""

from dataclasses import dataclass

from sqlalchemy import Select, func, literal, select, union_all

from oriel.infra.database import db
from oriel.media.models import AVATAR, PICTURE, SONG, ResumableUpload, Upload
from oriel.rendering.models import COMPLETED, RenderJob

VIDEO = "video"
# Of songs that arrive in pieces and are not whole yet.
PIECES = "pieces"
KINDS = (VIDEO, SONG, PICTURE, AVATAR, PIECES)


@dataclass(frozen=True)
class Total:
    """How many objects of a kind there are, and their bytes together."""

    kind: str
    count: int
    size_bytes: int


@dataclass(frozen=True)
class Share:
    """What one customer has in the storage."""

    user_id: str
    count: int
    size_bytes: int


def storage_totals() -> list[Total]:
    """Return a total for each kind, also where there is nothing of it."""
    rows = _stored().subquery()
    query = select(rows.c.kind, func.count(), func.sum(rows.c.size_bytes)).group_by(rows.c.kind)
    totals = {kind: Total(kind, count, int(size or 0)) for kind, count, size in db.session.execute(query)}
    return [totals.get(kind, Total(kind, 0, 0)) for kind in KINDS]


def largest_customers(limit: int) -> list[Share]:
    """Return the customers with the most bytes, the largest first."""
    rows = _stored().subquery()
    size = func.sum(rows.c.size_bytes)
    query = select(rows.c.user_id, func.count(), size).group_by(rows.c.user_id).order_by(size.desc(), rows.c.user_id)
    return [Share(user_id, count, int(size or 0)) for user_id, count, size in db.session.execute(query.limit(limit))]


def _stored() -> Select[tuple[str, str, int]]:
    """Return the select of kind, user and bytes of everything that has not been purged."""
    uploads = select(Upload.kind, Upload.user_id, Upload.size_bytes).where(
        Upload.stored_at.is_not(None), Upload.purged_at.is_(None)
    )
    pieces = select(literal(PIECES), ResumableUpload.user_id, ResumableUpload.received_bytes).where(
        ResumableUpload.purged_at.is_(None), ResumableUpload.received_bytes > 0
    )
    videos = select(literal(VIDEO), RenderJob.user_id, RenderJob.video_bytes).where(
        RenderJob.status == COMPLETED, RenderJob.purged_at.is_(None)
    )
    stored = union_all(uploads, pieces, videos).subquery()
    kind, user_id, size = stored.c
    return select(kind.label("kind"), user_id.label("user_id"), size.label("size_bytes"))
