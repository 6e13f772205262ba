"""Resumable uploads: a song arrives in pieces, over as many requests as it takes, and becomes an ordinary upload."""

import contextlib
import hashlib
import logging
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from pathlib import Path

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from oriel.errors import (
    CallerError,
    EmptySong,
    Expired,
    NotFound,
    PaymentRequired,
    StorageFailed,
    TooManyRequests,
    WrongOffset,
)
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.logs import facts
from oriel.infra.storage import storage
from oriel.infra.storage.incoming import NO_ROOM
from oriel.media import uploads
from oriel.media.dependencies import dependencies
from oriel.media.formats import HEAD_BYTES, Format, format_by_name, refuse_other_content, shown_name
from oriel.media.models import SONG, ResumableUpload, folder_of
from oriel.media.pieces import received_pieces
from oriel.media.upload_stream import no_room, seats

_log = logging.getLogger("oriel.media")

MOST_UNFINISHED = 5
# After the latest piece, and after the beginning.
KEPT_FOR = retention.keep(
    "pieces", "Songs that have arrived in part", retention.STORAGE, timedelta(hours=24), "after the latest part"
)
_LONGEST = timedelta(days=7)
# How long an expired one answers 410, and a finished one names its upload.
_REMEMBERED_FOR = timedelta(days=7)
_GRACE = timedelta(minutes=5)
_GONE = "This upload is not there. Please start it again."
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class _Transfer:
    """An upload under way, as this request knows it: reading the row would hold a database connection."""

    id: str
    user_id: str
    filename: str
    size_bytes: int
    # Where the next piece begins.
    offset: int

    @property
    def folder(self) -> str:
        """The prefix of its pieces in the storage."""
        return folder_of(self.user_id, self.id)

    @property
    def format(self) -> Format:
        """The format that its name claims."""
        return format_by_name(self.filename, SONG, dependencies().audio_formats)


@dataclass(frozen=True)
class _Whole:
    """A song put together on this machine's disk."""

    filename: str
    format: Format
    path: Path
    size_bytes: int
    sha256: str
    kind: str = SONG


def begin(user_id: str, filename: str, size_bytes: int) -> ResumableUpload:
    """Announce a song; raise for a format, a size or a number of unfinished uploads that is refused."""
    name = shown_name(filename)
    format_by_name(name, SONG, dependencies().audio_formats)
    if not size_bytes:
        raise EmptySong("This file is empty. Please choose another one.", filename=name)
    rules = dependencies().rules
    if size_bytes > rules.largest_song(user_id):
        raise rules.too_large(user_id, size_bytes)
    with writing() as session:
        # It locks the customer, so that the number below holds.
        rules.refuse(session, user_id, size_bytes, 0.0)
        _refuse_crowd(session, user_id)
        row = ResumableUpload(
            id=new_id(), user_id=user_id, filename=name, size_bytes=size_bytes, expires_at=now() + KEPT_FOR
        )
        session.add(row)
    return row


def own_resumable(session: Session, user_id: str, resumable_id: str, *, lock: bool = False) -> ResumableUpload:
    """Return a customer's resumable upload; raise NotFound for another's or none, Expired where its time is over."""
    known = resumable_id.isalnum()
    row = (
        session.get(ResumableUpload, resumable_id, with_for_update=lock or None, populate_existing=True)
        if known
        else None
    )
    if row is None or row.user_id != user_id:
        raise NotFound(_GONE)
    if row.expires_at <= now():
        raise Expired("This upload has ended, or was not finished in time. Please start it again.")
    return row


def own_unfinished(user_id: str) -> Select[ResumableUpload]:
    """Return the select of a customer's unfinished uploads, the latest first."""
    unfinished = (ResumableUpload.upload_id.is_(None), ResumableUpload.expires_at > now())
    mine = select(ResumableUpload).where(ResumableUpload.user_id == user_id, *unfinished)
    return mine.order_by(ResumableUpload.created_at.desc(), ResumableUpload.id.desc())


def refuse_offset(user_id: str, resumable_id: str, offset: int | None) -> None:
    """Raise WrongOffset unless an upload stands at this offset, and what `own_resumable` raises."""
    _refuse_offset(own_resumable(db.session, user_id, resumable_id), offset)


def append(user_id: str, resumable_id: str, offset: int | None) -> ResumableUpload:
    """Take the current request's body as the bytes from `offset` on; the last ones make it an upload.

    Raise WrongOffset where it stands elsewhere, TooLarge for more bytes than were announced, IncompleteUpload when the
    sender goes (what came is kept), and what `uploads.receive` raises for a file that cannot be used. Such a file is
    deleted, unless a better plan would let it in.
    """
    row = own_resumable(db.session, user_id, resumable_id)
    _refuse_offset(row, offset)
    transfer = _Transfer(row.id, user_id, row.filename, row.size_bytes, row.received_bytes)
    with seats.taken(user_id), _folder() as folder:
        for piece, size in received_pieces(folder, transfer.size_bytes - transfer.offset):
            transfer = _take(transfer, piece, size, folder)
    return own_resumable(db.session, user_id, resumable_id)


def cancel(user_id: str, resumable_id: str) -> None:
    """End a resumable upload and delete its pieces; the upload that it has become stays."""
    row = own_resumable(db.session, user_id, resumable_id)
    _end(_Transfer(row.id, user_id, row.filename, row.size_bytes, row.received_bytes))


def delete_expired(limit: int) -> int:
    """Delete the pieces of uploads whose time is over, and forget those that ended long ago; return how many."""
    with writing() as session:
        due = session.scalars(overdue().limit(limit)).all()
        old = (ResumableUpload.purged_at.is_not(None), ResumableUpload.expires_at <= now() - _REMEMBERED_FOR)
        for row in session.scalars(select(ResumableUpload).where(*old).limit(limit)):
            session.delete(row)
    return sum(_purged(row) for row in due)


def overdue() -> Select[ResumableUpload]:
    """Return the select of uploads whose pieces are to be deleted."""
    is_over = (ResumableUpload.purged_at.is_(None), ResumableUpload.expires_at <= now() - _GRACE)
    return select(ResumableUpload).where(*is_over)


def _refuse_crowd(session: Session, user_id: str) -> None:
    unfinished = own_unfinished(user_id).order_by(None).subquery()
    if (session.scalar(select(func.count()).select_from(unfinished)) or 0) >= MOST_UNFINISHED:
        sentence = f"{MOST_UNFINISHED} of your uploads are unfinished. Please finish or cancel one of them first."
        raise TooManyRequests(sentence, most=MOST_UNFINISHED)


def _refuse_offset(row: ResumableUpload, offset: int | None) -> None:
    if offset != row.received_bytes or row.upload_id:
        sentence = f"This upload has {row.received_bytes} bytes: send the next ones with Upload-Offset set to that."
        raise WrongOffset(sentence, offset=row.received_bytes)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # A slow sender must not hold one of the database's connections meanwhile.
    db.session.commit()
    folder = dependencies().incoming / new_id()
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take(transfer: _Transfer, piece: Path, size: int, folder: Path) -> _Transfer:
    """Keep the next piece. The last one counts only with the upload that it completes: until then it can be resent."""
    try:
        if not transfer.offset:
            _refuse_other_content(transfer, piece)
        if transfer.offset + size < transfer.size_bytes:
            _add(transfer, piece, size)
        else:
            _finish(transfer, piece, folder)
    except CallerError as error:
        if not (error.of_machine or error.retryable or isinstance(error, (PaymentRequired, WrongOffset))):
            # No further byte can help.
            _end(transfer)
        raise
    return replace(transfer, offset=transfer.offset + size)


def _refuse_other_content(transfer: _Transfer, piece: Path) -> None:
    with piece.open("rb") as file:
        head = file.read(HEAD_BYTES)
    # What is too short to tell is left to the probe.
    if len(head) == min(HEAD_BYTES, transfer.size_bytes):
        refuse_other_content(head, transfer.format, SONG, dependencies().audio_formats)


def _add(transfer: _Transfer, piece: Path, size: int) -> None:
    # Of two requests that send the same bytes, each stores its own: only one of them is counted.
    name = f"{transfer.folder}{transfer.offset:012d}-{secrets.token_hex(8)}"
    storage().put(name, piece, content_type="application/octet-stream")
    try:
        with writing() as session:
            row = _unchanged(session, transfer)
            row.pieces = [*row.pieces, name]
            row.received_bytes += size
            row.expires_at = min(now() + KEPT_FOR, row.created_at + _LONGEST)
    except CallerError:
        with contextlib.suppress(StorageFailed):
            storage().delete(name)
        raise


def _unchanged(session: Session, transfer: _Transfer, *, lock: bool = True) -> ResumableUpload:
    """Return the row if nobody has continued the upload meanwhile; raise WrongOffset, NotFound or Expired."""
    row = own_resumable(session, transfer.user_id, transfer.id, lock=lock)
    _refuse_offset(row, transfer.offset)
    return row


def _finish(transfer: _Transfer, last: Path, folder: Path) -> None:
    pieces = list(_unchanged(db.session, transfer, lock=False).pieces)
    db.session.commit()
    whole = _joined(transfer, pieces, last, folder)
    # Its id is another one than the transfer's: what a killed process has left half stored must not be in the way.
    upload = uploads.keep_file(transfer.user_id, whole.path.stem, whole)
    upload_id = upload.id
    try:
        with writing() as session:
            row = _unchanged(session, transfer)
            row.received_bytes, row.upload_id, row.pieces = row.size_bytes, upload_id, []
            row.expires_at = now() + KEPT_FOR
    except CallerError:
        # Another request has finished or cancelled it in the same moment.
        uploads.delete_unused(upload_id)
        raise
    _delete_pieces(transfer.folder)


def _joined(transfer: _Transfer, pieces: Sequence[str], last: Path, folder: Path) -> _Whole:
    path = folder / f"{new_id()}.{transfer.format.suffixes[0]}"
    digest = hashlib.sha256()
    try:
        with path.open("wb") as out:
            for piece in chain(_fetched(pieces, folder), [last]):
                with piece.open("rb") as file:
                    while block := file.read(_BLOCK_BYTES):
                        digest.update(block)
                        out.write(block)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise no_room() from error
    return _Whole(transfer.filename, transfer.format, path, path.stat().st_size, digest.hexdigest())


def _fetched(pieces: Sequence[str], folder: Path) -> Iterator[Path]:
    for name in pieces:
        piece = folder / "stored"
        storage().get(name, piece)
        yield piece
        piece.unlink()


def _end(transfer: _Transfer) -> None:
    with writing() as session:
        row = session.get(ResumableUpload, transfer.id, with_for_update=True, populate_existing=True)
        if row:
            row.expires_at, row.pieces = now(), []
    _delete_pieces(transfer.folder)


def _delete_pieces(folder: str) -> None:
    # With the storage away, the sweep removes them when the upload's time is over.
    with contextlib.suppress(StorageFailed):
        storage().delete_all(folder)


def _purged(row: ResumableUpload) -> bool:
    try:
        storage().delete_all(folder_of(row.user_id, row.id))
    except StorageFailed as error:
        _log.warning("Pieces of an upload could not be deleted.", exc_info=error, extra=facts(upload=row.id))
        return False
    with writing() as session:
        session.get_one(ResumableUpload, row.id).purged_at = now()
    return True
