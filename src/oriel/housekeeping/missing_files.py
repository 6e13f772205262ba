"""Files that rows name and the storage lacks: how many the latest check found, whose they are, and the alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from oriel.housekeeping.models import MISSING, StrayFile
from oriel.infra.database import db
from oriel.media.models import Upload
from oriel.monitoring.conditions import Condition, Observer
from oriel.quantities import quantity
from oriel.rendering.models import RenderJob


@dataclass(frozen=True)
class MissingFile:
    """A missing file with the row that names it; a file of a data export has neither upload nor render."""

    name: str
    found_at: datetime
    upload: Upload | None
    render: RenderJob | None

    @property
    def user_id(self) -> str:
        """The customer whose file it is, by its name in the storage: `uploads/USER/UPLOAD.mp3`."""
        return _parts(self.name)[1]


def count_missing() -> int:
    """Return how many files were missing when the storage was last checked."""
    return db.session.scalar(select(func.count()).select_from(StrayFile).where(StrayFile.kind == MISSING)) or 0


def missing_files(limit: int) -> Sequence[MissingFile]:
    """Return the files that were missing when the storage was last checked, the latest finds first."""
    query = select(StrayFile.name, StrayFile.found_at).where(StrayFile.kind == MISSING)
    found = db.session.execute(query.order_by(StrayFile.found_at.desc(), StrayFile.name).limit(limit)).all()
    names = [row.name for row in found]
    uploads = {
        each.object_name: each for each in db.session.scalars(select(Upload).where(Upload.object_name.in_(names)))
    }
    ids = {_parts(name)[2] for name in names if name.startswith("videos/")}
    renders = {each.id: each for each in db.session.scalars(select(RenderJob).where(RenderJob.id.in_(ids)))}
    return [
        MissingFile(row.name, row.found_at, uploads.get(row.name), renders.get(_parts(row.name)[2])) for row in found
    ]


def missing_files_condition(observer: Observer) -> str | None:
    """Files of customers that the storage has lost."""
    least, count = observer.settings.alert_missing_files, count_missing()
    if not least or count < least:
        return None
    return f"The storage lacks {quantity(count, 'file')} of customers."


MISSING_FILES = Condition(
    "missing_files",
    "Files are missing",
    missing_files_condition,
    (
        ("See which:", "oriel housekeeping storage-check --dry-run"),
        ("Check again after you have put them back:", "oriel housekeeping storage-check"),
    ),
)


def _parts(name: str) -> list[str]:
    return [*name.split("/"), "", ""]
