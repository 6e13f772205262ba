"""Exports of a customer's data: asked for, written in the background, handed out for a week."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from flask import Response
from sqlalchemy import ColumnElement, CursorResult, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from oriel.accounts import activity
from oriel.accounts.activity import Did
from oriel.accounts.models import User
from oriel.accounts.origin import Origin
from oriel.errors import AppError, Cancelled, Conflict, Expired, NotFound, TooManyRequests
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.logs import facts
from oriel.infra.storage import storage
from oriel.infra.storage.file_response import redirect_to, send_file
from oriel.privacy import letters
from oriel.privacy.export_files import bytes_in, write_zip
from oriel.privacy.models import EXPIRED, FAILED, QUEUED, READY, UNDER_WAY, WRITING, DataExport

_log = logging.getLogger("oriel.privacy")

KEPT_FOR = retention.keep(
    "exports", "Copies of your data that you asked for", retention.STORAGE, timedelta(days=7), "after they are ready"
)
CONTENT_TYPE = "application/zip"
_MOST_A_DAY = 3
_DAY = timedelta(days=1)
# A killed writer is noticed after this. One block may take minutes while the storage has troubles.
_LEASE = timedelta(minutes=5)
_HEARTBEAT_S = 5.0
_PAUSES = (timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
_SIGNED_FOR = timedelta(minutes=10)


def ask_for_export(user_id: str, origin: Origin) -> DataExport:
    """Queue an export, in place of an earlier one.

    Raise Conflict while one is being written, and TooManyRequests after three within a day.
    """
    with writing() as session:
        # One request of a customer at a time.
        session.get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
        _refuse_another(session, user_id)
        earlier = update(DataExport).where(DataExport.user_id == user_id, DataExport.state == READY)
        session.execute(earlier.values(expires_at=now()))
        export = DataExport(user_id=user_id)
        session.add(export)
        activity.record(session, user_id, Did.EXPORT_ASKED, origin)
    return export


def latest_export(user_id: str) -> DataExport | None:
    """Return a customer's latest export in any state."""
    query = select(DataExport).where(DataExport.user_id == user_id)
    return db.session.scalar(query.order_by(DataExport.asked_at.desc(), DataExport.id.desc()).limit(1))


def hand_out(export_id: str) -> Response:
    """Return an export's file or a redirect to it; raise NotFound, or Expired when its week is over."""
    query = select(DataExport).join(User, User.id == DataExport.user_id).where(User.disabled_at.is_(None))
    export = db.session.scalar(query.where(DataExport.id == export_id))
    db.session.commit()
    if export is None or export.object_name is None or export.ready_at is None:
        raise NotFound("There is no file at this address.")
    if is_over(export):
        raise Expired("This copy of your data has been deleted. Ask for a new one on your account page.")
    filename = f"oriel-data-{export.ready_at:%Y-%m-%d}.zip"
    name = export.object_name
    if url := storage().signed_url(name, filename=filename, content_type=CONTENT_TYPE, expires_in=_SIGNED_FOR):
        return redirect_to(url)
    path = storage().path(name)
    if path is None:
        raise NotFound("There is no file at this address.")
    return send_file(path, filename=filename, content_type=CONTENT_TYPE)


def is_over(export: DataExport) -> bool:
    """Return whether an export can no longer be downloaded."""
    return export.state == EXPIRED or (export.expires_at is not None and export.expires_at <= now())


@dataclass(frozen=True)
class _Attempt:
    """An export that is being written, as its writer knows it: the row may belong to somebody else by now."""

    id: str
    user_id: str
    fence: int


def write_next() -> bool:
    """Write the export whose turn it is; return False where none waits. Several processes may call it at once."""
    attempt = _claim()
    if attempt is None:
        return False
    try:
        _write(attempt)
    except Cancelled:
        _log.info("An export was taken over.", extra=facts(export=attempt.id))
    except AppError as error:
        _log.warning("An export could not be written.", exc_info=error, extra=facts(export=attempt.id))
        _put_off(attempt)
    return True


def delete_expired(limit: int) -> int:
    """Delete the files of exports whose week is over, and rows that no limit counts any more; return how many files."""
    exports = db.session.scalars(expired().limit(limit)).all()
    db.session.commit()
    for export in exports:
        storage().delete_all(_folder(export.user_id, export.id))
        with writing() as session:
            session.get_one(DataExport, export.id).state = EXPIRED
    with writing() as session:
        done = (DataExport.state.in_((EXPIRED, FAILED)), DataExport.asked_at < now() - KEPT_FOR - _DAY)
        session.execute(delete(DataExport).where(*done))
    return len(exports)


def expired() -> Select[DataExport]:
    """Return the select of exports whose files are to be deleted."""
    return select(DataExport).where(DataExport.state == READY, DataExport.expires_at <= now())


def _refuse_another(session: Session, user_id: str) -> None:
    mine = DataExport.user_id == user_id
    if session.scalar(select(DataExport.id).where(mine, DataExport.state.in_(UNDER_WAY)).limit(1)):
        raise Conflict("We are already preparing your data. We will email you when it is ready.")
    recent = (mine, DataExport.asked_at > now() - _DAY)
    count, first = session.execute(select(func.count(), func.min(DataExport.asked_at)).where(*recent)).one()
    if count >= _MOST_A_DAY:
        # SQLite forgets the type of an aggregate of times, and so its zone.
        wait = max(60, int((first + _DAY - now()).total_seconds()))
        sentence = f"You have asked for your data {_MOST_A_DAY} times within a day. Please try again tomorrow."
        raise TooManyRequests(sentence, retry_after_s=wait)


def _claim() -> _Attempt | None:
    due = _due()
    waiting = db.session.scalar(select(DataExport.id).where(due).limit(1))
    db.session.commit()
    if waiting is None:
        return None
    with writing() as session:
        query = select(DataExport).where(due).order_by(DataExport.run_after, DataExport.id).limit(1)
        export = session.scalar(query.with_for_update(skip_locked=True))
        if export is None:
            return None
        if export.fence > len(_PAUSES):
            _give_up(session, export)
            return None
        export.state, export.fence = WRITING, export.fence + 1
        export.lease_until, export.bytes_done = now() + _LEASE, 0
        return _Attempt(export.id, export.user_id, export.fence)


def _due() -> ColumnElement[bool]:
    queued = and_(DataExport.state == QUEUED, DataExport.run_after <= now())
    return or_(queued, and_(DataExport.state == WRITING, DataExport.lease_until <= now()))


def _write(attempt: _Attempt) -> None:
    name = f"{_folder(attempt.user_id, attempt.id)}{attempt.fence}.zip"
    heartbeat = _Heartbeat(attempt)
    bytes_total = bytes_in(attempt.user_id)
    heartbeat.begin(bytes_total)
    try:
        with storage().write(name, content_type=CONTENT_TYPE) as sink:
            write_zip(sink, attempt.user_id, heartbeat.wrote)
        size = sink.stored(name).size_bytes
        with writing() as session:
            expires = now() + KEPT_FOR
            values = {"state": READY, "object_name": name, "size_bytes": size, "ready_at": now()}
            _update(session, attempt, **values, expires_at=expires, bytes_done=bytes_total)
            letters.export_ready(session, session.get_one(User, attempt.user_id), attempt.id, expires)
    except Cancelled:
        storage().delete(name)
        raise


class _Heartbeat:
    """Renews the lease of an export and saves its progress while it is written."""

    def __init__(self, attempt: _Attempt) -> None:
        self._attempt = attempt
        self._done = 0
        self._next = 0.0

    def begin(self, bytes_total: int) -> None:
        """Save how much there is to do."""
        self._beat(bytes_total=bytes_total)

    def wrote(self, size: int) -> None:
        """Count what was written; raise Cancelled once somebody else writes this export."""
        self._done += size
        if time.monotonic() >= self._next:
            self._beat()

    def _beat(self, **values: Any) -> None:  # noqa: ANN401  (columns of any type)
        with writing() as session:
            _update(session, self._attempt, bytes_done=self._done, lease_until=now() + _LEASE, **values)
        self._next = time.monotonic() + _HEARTBEAT_S


def _update(session: Session, attempt: _Attempt, **values: Any) -> None:  # noqa: ANN401  (columns of any type)
    mine = (DataExport.id == attempt.id, DataExport.fence == attempt.fence, DataExport.state == WRITING)
    result = cast("CursorResult[Any]", session.execute(update(DataExport).where(*mine).values(**values)))
    if not result.rowcount:
        raise Cancelled("Somebody else is writing this export.")


def _put_off(attempt: _Attempt) -> None:
    with writing() as session:
        row = session.get(DataExport, attempt.id, with_for_update=True)
        if row is None or row.fence != attempt.fence or row.state != WRITING:
            return
        if row.fence > len(_PAUSES):
            _give_up(session, row)
        else:
            row.state, row.run_after = QUEUED, now() + _PAUSES[row.fence - 1]


def _give_up(session: Session, export: DataExport) -> None:
    export.state = FAILED
    letters.export_failed(session, session.get_one(User, export.user_id), export.id)
    _log.error("An export has failed for good.", extra=facts(export=export.id))


def _folder(user_id: str, export_id: str) -> str:
    return f"{folder_of(user_id)}{export_id}/"


def folder_of(user_id: str) -> str:
    """Return the prefix of a customer's exports in the storage."""
    return f"exports/{user_id}/"
