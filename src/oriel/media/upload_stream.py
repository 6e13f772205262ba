"""Streams an upload from the socket to disk: counted, hashed, refused as soon as it is known to be wrong."""

import contextlib
import errno
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from oriel.errors import DiskFull, EmptySong, IncompleteUpload, InvalidBody, InvalidPicture, TooLarge
from oriel.infra.database import db
from oriel.infra.ids import new_id
from oriel.infra.seats import Seats
from oriel.media.dependencies import dependencies
from oriel.media.formats import HEAD_BYTES, Format, format_by_name, refuse_other_content, shown_name
from oriel.media.models import PICTURE, SONG
from oriel.media.multipart import Part, Sink, read_multipart
from oriel.media.patience import limited_patience

LARGEST_PICTURE = 20_000_000
FIELD_OF = {SONG: "audio", PICTURE: "picture"}

# A thread of the web process is held by each upload, and most threads must be free to answer.
MOST_AT_ONCE = 64
MOST_OF_ONE = 3

seats = Seats(
    MOST_AT_ONCE,
    MOST_OF_ONE,
    full="Too many uploads are running right now. Please try again in a moment.",
    too_many=f"{MOST_OF_ONE} of your uploads are already running. Please wait until one has finished.",
)

# Boundaries, headers and the texts beside the file.
_BESIDE_BYTES = 1 << 19
_LONGEST_TEXT = 1 << 18


class ReceivedFile(Protocol):
    """A whole file on this machine's disk, before its content was checked."""

    @property
    def kind(self) -> str:
        """SONG or PICTURE."""

    @property
    def filename(self) -> str:
        """The customer's name for it, fit for display."""

    @property
    def format(self) -> Format:
        """The format that its name claims."""

    @property
    def path(self) -> Path:
        """Where it lies, under the upload's id."""

    @property
    def size_bytes(self) -> int:
        """Its size."""

    @property
    def sha256(self) -> str:
        """The digest of its content."""


@dataclass
class Arrival:
    """A file that is being received, and the texts that came with it."""

    id: str
    folder: Path
    limits: Mapping[str, int]
    audio_formats: Sequence[str]
    user_id: str
    texts: dict[str, "Text"] = field(default_factory=dict)
    file: "Incoming | None" = None

    def begin(self, part: Part) -> Sink:
        """Return where a part goes; raise for one that is not expected."""
        kind = next((kind for kind in self.limits if FIELD_OF[kind] == part.name), None)
        if kind:
            return self._begin_file(part, kind)
        if part.name not in self.texts or part.filename is not None:
            raise InvalidBody(f"{self._expected()} The request has an unknown field.", field=part.name[:80])
        return self.texts[part.name]

    def received(self) -> "Incoming":
        """Return the file, after the body's end."""
        if self.file is None:
            raise InvalidBody(f"{self._expected()} The request has no file.")
        self.file.check_whole()
        return self.file

    def _begin_file(self, part: Part, kind: str) -> Sink:
        if not part.filename:
            # A form sends a field in which no file was chosen as an empty part.
            return _NotChosen(f"{self._expected()} The field “{part.name}” has content without a file name.")
        if self.file is not None:
            raise InvalidBody(f"{self._expected()} The request has more than one file.")
        name = shown_name(part.filename)
        claimed = format_by_name(name, kind, self.audio_formats)
        # The file's own name is never used on disk.
        path = self.folder / f"{self.id}.{claimed.suffixes[0]}"
        self.file = Incoming(self, kind, name, claimed, path)
        return self.file

    def _expected(self) -> str:
        names = " or ".join(f"“{FIELD_OF[kind]}”" for kind in self.limits)
        return f"Please send one file, in the field {names}."


@dataclass
class _NotChosen:
    """A file's field in which no file was chosen: it must be empty."""

    refusal: str

    def write(self, _: bytes) -> None:
        """Refuse content."""
        raise InvalidBody(self.refusal)


@dataclass
class Text:
    """A text beside the file."""

    data: bytes = b""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.data += data
        if len(self.data) > _LONGEST_TEXT:
            raise TooLarge("The text fields of this form are too long.", limit=_LONGEST_TEXT)

    def read(self) -> str:
        """Return the text."""
        if b"\0" in self.data:
            raise InvalidBody("A text field of this form contains a NUL character.")
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            raise InvalidBody("The text fields of this form must be UTF-8.") from error


@dataclass
class Incoming:
    """A file on its way to the disk."""

    arrival: Arrival
    kind: str
    filename: str
    format: Format
    path: Path
    size_bytes: int = 0
    _head: bytes = b""
    _file: BinaryIO | None = None

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Take the next bytes; raise when there are too many of them, or when the first ones are of something else."""
        self.size_bytes += len(data)
        if self.size_bytes > self.arrival.limits[self.kind]:
            raise refusal_of_size(self.kind, self.arrival.user_id, self.size_bytes)
        if len(self._head) < HEAD_BYTES:
            self._look_at(data)
        self._digest.update(data)
        self._store(data)

    @property
    def sha256(self) -> str:
        """The content's digest."""
        return self._digest.hexdigest()

    def check_whole(self) -> None:
        """Raise for an empty file, or one so short that its first bytes have not been looked at."""
        if not self.size_bytes:
            empty = EmptySong if self.kind == SONG else InvalidPicture
            raise empty("This file is empty. Please choose another one.", filename=self.filename)
        if len(self._head) < HEAD_BYTES:
            self._refuse_other_content()

    def close(self) -> None:
        """Write what is left to the disk."""
        if self._file:
            self._file.close()

    def _look_at(self, data: bytes) -> None:
        self._head += data[: HEAD_BYTES - len(self._head)]
        if len(self._head) == HEAD_BYTES:
            self._refuse_other_content()

    def _refuse_other_content(self) -> None:
        refuse_other_content(self._head, self.format, self.kind, self.arrival.audio_formats)

    def _store(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._file = self.path.open("xb")
            self._file.write(data)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise no_room() from error


def no_room() -> DiskFull:
    """Return what to say when this machine's disk is full."""
    return DiskFull("We have no room for your file right now. Please try again later.")


@contextlib.contextmanager
def received_file(user_id: str, kinds: Sequence[str], texts: Sequence[str]) -> Iterator[tuple[Incoming, Arrival]]:
    """Receive the current request's file; it is there within this block, and gone after it, whatever happens.

    Raise TooManyRequests or Unavailable where too many are being received already, before anything is read.
    """
    with seats.taken(user_id), _received(user_id, kinds, texts) as received:
        yield received


@contextlib.contextmanager
def _received(user_id: str, kinds: Sequence[str], texts: Sequence[str]) -> Iterator[tuple[Incoming, Arrival]]:
    limits = {kind: _limit(kind, user_id) for kind in kinds}
    audio_formats = dependencies().audio_formats
    # A slow sender must not hold one of the database's connections meanwhile.
    db.session.commit()
    _refuse_announced_size(limits, user_id)
    arrival_id = new_id()
    folder = dependencies().incoming / arrival_id
    folder.mkdir(parents=True)
    arrival = Arrival(arrival_id, folder, limits, audio_formats, user_id, {name: Text() for name in texts})
    try:
        _read(arrival)
        yield arrival.received(), arrival
    finally:
        if arrival.file:
            arrival.file.close()
        shutil.rmtree(folder, ignore_errors=True)


def refusal_of_size(kind: str, user_id: str, size_bytes: int) -> TooLarge:
    """Return what to say about too many bytes."""
    if kind == SONG:
        return dependencies().rules.too_large(user_id, size_bytes)
    return TooLarge("This picture is too large. The limit is 20 MB.", limit=LARGEST_PICTURE, value=size_bytes)


def _limit(kind: str, user_id: str) -> int:
    return dependencies().rules.largest_song(user_id) if kind == SONG else LARGEST_PICTURE


def _refuse_announced_size(limits: Mapping[str, int], user_id: str) -> None:
    """Raise before anything is read where the sender says that too much will come."""
    kind = max(limits, key=lambda kind: limits[kind])
    # In general a body may have 1 MB; here it is the largest file, and what stands beside it.
    request.max_content_length = limits[kind] + _BESIDE_BYTES
    if request.content_length is not None and request.content_length > request.max_content_length:
        raise refusal_of_size(kind, user_id, request.content_length)


def _read(arrival: Arrival) -> None:
    expected = request.content_length or request.max_content_length or 0
    try:
        with limited_patience(request.environ, expected):
            read_multipart(request.stream, request.mimetype_params.get("boundary"), arrival.begin)
        if arrival.file:
            arrival.file.close()
    except (ClientDisconnected, TimeoutError) as error:
        raise IncompleteUpload("The upload was interrupted. Please try again.") from error
    except RequestEntityTooLarge as error:
        raise TooLarge("This request is too large.", limit=request.max_content_length) from error
