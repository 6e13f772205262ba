"""Compares the storage with the rows: files without a row go after a grace, rows without a file are reported.

The storage is listed by user, and so are the rows, some at a time: memory does not grow with either.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from oriel.errors import OurError
from oriel.housekeeping.job import Done
from oriel.housekeeping.models import MISSING, ORPHANED, StrayFile
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.infra.logs import facts
from oriel.infra.storage import Stored, storage
from oriel.media.models import ResumableUpload, Upload
from oriel.privacy.models import READY as EXPORT_READY
from oriel.privacy.models import DataExport
from oriel.quantities import quantity
from oriel.rendering.models import COMPLETED, UNDER_WAY, RenderJob

_log = logging.getLogger("oriel.housekeeping")

# What is found for the first time stays this long: an upload under way has its row by then, or is gone.
GRACE = timedelta(hours=24)
# More than this at once is no leftover of a crash but another installation's storage, or an old database.
MOST_AT_ONCE, MOST_SHARE, MOST_ALWAYS = 1000, 0.1, 10
_BATCH = 500
# In the sentence for operators; the log names all.
_MOST_NAMED = 3
_UNKNOWN_FOLDER = "in folders that are not ours"


@dataclass
class StorageReport:
    """What the storage holds by folder, and what does not fit the rows."""

    files: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    orphaned: list[Stored] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Say it for an operator."""
        totals = [
            f"{name} {quantity(self.files[name], 'file')}, {self.bytes[name] / 1e6:,.1f} MB"
            for name in sorted(self.files)
        ]
        rows = quantity(len(self.missing), "row")
        names = ", ".join([*self.missing[:_MOST_NAMED], *(["…"] if len(self.missing) > _MOST_NAMED else [])])
        strays = f"{len(self.orphaned)} without a row, {rows} without a file{names and f' ({names})'}"
        return "; ".join([strays, *totals])

    @property
    def problem(self) -> str:
        """Say what an operator must mend; "" where nothing is missing."""
        count = len(self.missing)
        if not count:
            return ""
        lacks = "1 file that a row names" if count == 1 else f"{count:,} files that rows name"
        return f"The storage lacks {lacks}. Restore from a backup, or tell the customers."


def check_storage(most: int | None = None) -> Done:
    """Delete files that had no row a day ago and have none now; note what is new. Returns how many were deleted.

    Raises OurError, and deletes nothing, where so much is orphaned that something else must be wrong: more than the
    limits, or more than `most`, which an operator gives who has looked.
    """
    report = inspect_storage()
    _refuse_too_many(report, most)
    _note(report)
    deleted = _delete_noted()
    return Done(deleted, report.sentence, report.problem)


def preview() -> Done:
    """Return what `check_storage` would find; the grace of what is found for the first time is not over."""
    report = inspect_storage()
    names = [f"orphaned: {stored.name}" for stored in report.orphaned] + [f"missing: {name}" for name in report.missing]
    return Done(len(names), "\n".join([report.sentence, *names]), report.problem)


def inspect_storage() -> StorageReport:
    """Compare everything; change nothing."""
    report = StorageReport()
    for folder, stored in groupby(storage().list(""), lambda each: each.name.partition("/")[0]):
        listed = _counted(report, folder, stored)
        if folder in _COMPARED:
            _compare(report, folder, listed)
        else:
            for _ in listed:
                # Chunks have a job of their own, and what others have put here is none of our business.
                pass
    for folder in _COMPARED.keys() - report.files.keys():
        _compare(report, folder, iter(()))
    return report


def _counted(report: StorageReport, folder: str, listed: Iterable[Stored]) -> Iterator[Stored]:
    key = folder if folder in (*_COMPARED, "chunks") else _UNKNOWN_FOLDER
    for stored in listed:
        report.files[key] += 1
        report.bytes[key] += stored.size_bytes
        yield stored


def _compare(report: StorageReport, folder: str, listed: Iterator[Stored]) -> None:
    rows, last = _COMPARED[folder], ""
    batch: dict[str, Stored] = {}
    for user_id, files in groupby(listed, _user_of):
        batch |= {stored.name: stored for stored in files}
        if len(batch) >= _BATCH:
            _compare_users(report, rows, batch, last, user_id)
            batch, last = {}, user_id
    _compare_users(report, rows, batch, last, None)


def _user_of(stored: Stored) -> str:
    return [*stored.name.split("/", 2), ""][1]


def _compare_users(
    report: StorageReport, rows: "_Rows", batch: dict[str, Stored], after: str, until: str | None
) -> None:
    """Compare the files and the rows of all users after one, and up to and with another one."""
    known = dict(rows.names(after, until))
    for name, stored in batch.items():
        # A row that was written since: asked again, one by one.
        if name not in known and not rows.knows(name):
            report.orphaned.append(stored)
    for name, must_exist in known.items():
        if must_exist and name not in batch and rows.knows(name) and storage().stat(name) is None:
            report.missing.append(name)
    db.session.commit()


class _Rows:
    """The names of files in the rows of one folder."""

    def names(self, after: str, until: str | None) -> Iterator[tuple[str, bool]]:
        """Yield the names in the rows of some users, and whether the storage must have them by now."""
        raise NotImplementedError

    def knows(self, name: str) -> bool:
        """Return whether a row needs this file now."""
        raise NotImplementedError


class _UploadRows(_Rows):
    def names(self, after: str, until: str | None) -> Iterator[tuple[str, bool]]:
        query = select(Upload.object_name, Upload.stored_at, Upload.deleted_at).where(Upload.purged_at.is_(None))
        theirs = query.where(*_of_users(Upload.user_id, after, until))
        for name, stored_at, deleted_at in db.session.execute(theirs):
            yield name, stored_at is not None and deleted_at is None

    def knows(self, name: str) -> bool:
        parts = name.split("/")
        if len(parts) > 3 and parts[2] == "pieces":
            piece_of = (ResumableUpload.id == parts[3], ResumableUpload.purged_at.is_(None))
            return db.session.scalar(select(ResumableUpload.id).where(*piece_of)) is not None
        there = (Upload.object_name == name, Upload.purged_at.is_(None))
        return db.session.scalar(select(Upload.id).where(*there)) is not None


class _VideoRows(_Rows):
    def names(self, after: str, until: str | None) -> Iterator[tuple[str, bool]]:
        query = select(RenderJob.video_object, RenderJob.poster_object).where(*_VIDEO_IS_THERE)
        for names in db.session.execute(query.where(*_of_users(RenderJob.user_id, after, until))):
            yield from ((name, True) for name in names if name)

    def knows(self, name: str) -> bool:
        # What a worker has stored has its row's word in the same minute; until then the render is under way.
        job_id = [*name.split("/"), "", ""][2]
        needed = or_(RenderJob.status.in_(UNDER_WAY), RenderJob.status == COMPLETED)
        there = (RenderJob.id == job_id, needed, RenderJob.purged_at.is_(None))
        return db.session.scalar(select(RenderJob.id).where(*there)) is not None


_VIDEO_IS_THERE = (RenderJob.status == COMPLETED, RenderJob.purged_at.is_(None), RenderJob.deleted_at.is_(None))


class _ExportRows(_Rows):
    def names(self, after: str, until: str | None) -> Iterator[tuple[str, bool]]:
        query = select(DataExport.object_name).where(DataExport.state == EXPORT_READY)
        for name in db.session.scalars(query.where(*_of_users(DataExport.user_id, after, until))):
            if name:
                yield name, True

    def knows(self, name: str) -> bool:
        export_id = [*name.split("/"), "", ""][2]
        return db.session.get(DataExport, export_id) is not None


_COMPARED: dict[str, _Rows] = {"uploads": _UploadRows(), "videos": _VideoRows(), "exports": _ExportRows()}


def _of_users(column: InstrumentedAttribute[str], after: str, until: str | None) -> list[ColumnElement[bool]]:
    return [column > after] if until is None else [column > after, column <= until]


def _refuse_too_many(report: StorageReport, most: int | None) -> None:
    found, all_files = len(report.orphaned), sum(report.files.values())
    allowed = min(MOST_AT_ONCE, max(MOST_ALWAYS, all_files * MOST_SHARE)) if most is None else most
    if found > allowed:
        raise OurError(
            f"{found} of {all_files} files have no row. Nothing is deleted: does DATABASE_URL belong to this storage,"
            " or was an old backup restored? `oriel housekeeping storage-check --dry-run` names them, and `--most"
            f" {found}` lets them be deleted."
        )


def _note(report: StorageReport) -> None:
    """Remember what was found, since when; forget what is right again."""
    told = set(db.session.scalars(select(StrayFile.name).where(StrayFile.kind == MISSING)))
    if lost := [name for name in report.missing if name not in told]:
        # Once for each; names of stored objects hold the ids of customers.
        _log.error("Rows name files that the storage lacks.", extra=facts(files=len(lost)))
    found = [(stored.name, ORPHANED, stored.size_bytes) for stored in report.orphaned]
    found += [(name, MISSING, 0) for name in report.missing]
    names = {name for name, _, _ in found}
    for at in range(0, len(found), _BATCH):
        rows = [dict(zip(("name", "kind", "size_bytes"), row, strict=True)) for row in found[at : at + _BATCH]]
        with writing() as session:
            insert_missing(session, StrayFile, [{**row, "found_at": now()} for row in rows])
    known = set(db.session.scalars(select(StrayFile.name)))
    over = [name for name in known if name not in names]
    for at in range(0, len(over), _BATCH):
        with writing() as session:
            session.execute(delete(StrayFile).where(StrayFile.name.in_(over[at : at + _BATCH])))


def _delete_noted() -> int:
    due = (StrayFile.kind == ORPHANED, StrayFile.found_at <= now() - GRACE)
    names = db.session.scalars(select(StrayFile.name).where(*due).order_by(StrayFile.name)).all()
    db.session.commit()
    deleted = 0
    for name in names:
        rows = _COMPARED[name.partition("/")[0]]
        # Once more: what it belongs to may have come back meanwhile.
        if not rows.knows(name):
            db.session.commit()
            storage().delete(name)
            deleted += 1
        with writing() as session:
            session.execute(delete(StrayFile).where(StrayFile.name == name))
    return deleted
