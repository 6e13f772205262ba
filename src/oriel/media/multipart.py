"""A multipart body, read in blocks as it arrives: nothing of it is held in memory but the block at hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Protocol

from werkzeug.datastructures import Headers
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from oriel.errors import IncompleteUpload, InvalidBody

_BLOCK_BYTES = 1 << 16
# Room for a block, and for headers that are split between two.
_BUFFER_BYTES = 1 << 18
_MOST_PARTS = 10
_LONGEST_BOUNDARY = 200


@dataclass(frozen=True)
class Part:
    """A part's headers; the file name is as the sender wrote it, and None for a text."""

    name: str
    filename: str | None


class Sink(Protocol):
    """Where a part goes."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        ...


def read_multipart(stream: IO[bytes], boundary: str | None, begin: Callable[[Part], Sink]) -> None:
    """Read a body to its end; `begin` is called with each part's headers, before its content, and may raise."""
    if not boundary or len(boundary) > _LONGEST_BOUNDARY:
        raise InvalidBody("Please send the file as multipart/form-data, with its boundary in the Content-Type header.")
    decoder = _Decoder(boundary.encode("latin-1", "replace"), _BUFFER_BYTES, max_parts=_MOST_PARTS)
    sink: Sink | None = None
    for event in _events(_blocks(stream, decoder.boundary), decoder):
        if isinstance(event, Field | File):
            sink = begin(_part(event))
        elif isinstance(event, Data) and sink and event.data:
            sink.write(event.data)


class _Decoder(MultipartDecoder):
    """Werkzeug's decoder, which also takes names of files that are written in Latin-1."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        try:
            data.decode()
        except UnicodeDecodeError:
            # As browsers read Latin-1.
            data = data.decode("cp1252", "replace").encode()
        return super()._parse_headers(data)


def _part(event: Field | File) -> Part:
    # A part without a name comes as None, whatever the library's types say.
    return Part(event.name or "", event.filename if isinstance(event, File) else None)


def _blocks(stream: IO[bytes], boundary: bytes) -> Iterator[bytes]:
    """Yield the body, never cut between the two dashes at its very end.

    Werkzeug 3.1.9 would give the file one byte more there, the first of the line break before its boundary.
    """
    ending = b"--" + boundary + b"-"
    seen = b""
    while block := stream.read(_BLOCK_BYTES):
        seen = (seen + block[-len(ending) :])[-len(ending) :]
        yield block + stream.read(1) if seen == ending else block


def _events(blocks: Iterator[bytes], decoder: MultipartDecoder) -> Iterator[Event]:
    for block in blocks:
        yield from _ready(decoder, block)
    yield from _ready(decoder, None)


def _ready(decoder: MultipartDecoder, block: bytes | None) -> Iterator[Event]:
    try:
        decoder.receive_data(block)
        events = list(_decoded(decoder))
    except ValueError as error:
        if block is None:
            raise IncompleteUpload("The upload was interrupted. Please try again.") from error
        raise InvalidBody("The request is not valid multipart/form-data.") from error
    yield from events


def _decoded(decoder: MultipartDecoder) -> Iterator[Event]:
    while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
        yield event
