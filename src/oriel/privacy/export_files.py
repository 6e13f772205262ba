"""Writes an export: a ZIP as a stream, one block in memory at a time."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from oriel.accounts.personal_data import Attachment, Listing, Row, registered
from oriel.errors import NotFound
from oriel.infra.clock import in_iso, now
from oriel.infra.storage import storage
from oriel.infra.storage.interface import Sink

# From here on an entry needs the fields of ZIP64, which old programs do not read.
_ZIP64_FROM = 1 << 31
_README = """Your data in Oriel Signal FX Pro, as of {when}

account/   your profile, sign-ins, API keys (without their secrets), activity, product analytics,
           and the emails we sent you
uploads/   your songs and pictures, and a list of them
projects/  your projects with their settings, versions and people, and a list of those shared with you
renders/   your videos, and a list of all renders with the settings that they were made with
billing/   your plan, payments and credits

The .json files are lists. "file", "song" and "thumbnail" in them name files in this ZIP.
Passwords, secrets of API keys and sign-in tokens are stored as digests only, so they are not included.
Invoices are in your billing page and in the receipts from our payment service.
"""
_MISSING = "\nThese files were deleted while this ZIP was being written:\n"


def bytes_in(user_id: str) -> int:
    """Return the size of the songs, pictures and videos that an export will contain."""
    return sum(file.size_bytes for data in registered() for file in data.attachments(user_id))


def write_zip(sink: Sink, user_id: str, wrote: Callable[[int], None]) -> None:
    """Write everything that we hold of a customer; call `wrote` with the size of each block of a song or video."""
    # A sink cannot seek, so sizes and checksums follow the entries.
    with ZipFile(cast("BinaryIO", sink), "w", ZIP_DEFLATED) as archive:
        for data in registered():
            for listing in data.listings(user_id):
                _write_listing(archive, listing)
        missing = [file for file in _attachments(user_id) if not _is_written(archive, file, wrote)]
        _write_text(archive, "README.txt", _README.format(when=in_iso(now())) + _lines(missing))


def _attachments(user_id: str) -> Iterator[Attachment]:
    for data in registered():
        yield from data.attachments(user_id)


def _lines(missing: list[Attachment]) -> str:
    return _MISSING + "".join(f"{file.path}\n" for file in missing) if missing else ""


def _write_listing(archive: ZipFile, listing: Listing) -> None:
    with _entry(archive, listing.path) as entry:
        for text in _as_json(listing.rows):
            entry.write(text.encode())


def _as_json(rows: Iterable[Row]) -> Iterator[str]:
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False, default=_plain)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _plain(value: object) -> str | None:
    return in_iso(value) if isinstance(value, datetime) else str(value)


def _is_written(archive: ZipFile, file: Attachment, wrote: Callable[[int], None]) -> bool:
    """Write a stored object; return False where it has gone meanwhile."""
    try:
        with storage().read(file.object_name) as blocks, _entry(archive, file.path, file.size_bytes) as entry:
            for block in blocks:
                entry.write(block)
                wrote(len(block))
    except NotFound:
        return False
    return True


def _write_text(archive: ZipFile, path: str, text: str) -> None:
    with _entry(archive, path) as entry:
        entry.write(text.encode())


@contextmanager
def _entry(archive: ZipFile, path: str, stored_bytes: int | None = None) -> Iterator[Any]:
    """Open a file of the archive: text is compressed, a song or video of `stored_bytes` already is."""
    info = ZipInfo(path, now().timetuple()[:6])
    info.compress_type = ZIP_DEFLATED if stored_bytes is None else ZIP_STORED
    with archive.open(info, "w", force_zip64=(stored_bytes or 0) >= _ZIP64_FROM) as entry:
        yield entry
