"""Takes the body of one request of a resumable upload: cut into pieces, each on disk before it is handed on."""

from collections.abc import Iterator
from pathlib import Path

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from oriel.errors import IncompleteUpload, TooLarge
from oriel.infra.storage.incoming import NO_ROOM
from oriel.media.patience import limited_patience
from oriel.media.upload_stream import no_room

# What a killed process loses at most. Small enough for one request to a bucket.
PIECE_BYTES = 8 << 20
_BLOCK_BYTES = 1 << 16


def received_pieces(folder: Path, most_bytes: int) -> Iterator[tuple[Path, int]]:
    """Yield the current request's body as files with their sizes, at most `most_bytes` in all; each is then removed.

    What came before the connection ended is yielded too; then IncompleteUpload is raised. Raise TooLarge before
    anything is read if the announced length exceeds `most_bytes`, or where a longer body reaches it.
    """
    announced = request.content_length
    if announced is not None and announced > most_bytes:
        raise _too_long(most_bytes)
    # One byte more tells a body that is too long from one that fits.
    request.max_content_length = most_bytes + 1
    left = most_bytes
    with limited_patience(request.environ, most_bytes if announced is None else announced):
        while True:
            path = folder / "piece"
            size, is_interrupted = _received(path, min(PIECE_BYTES, left))
            left -= size
            if size:
                yield path, size
                path.unlink(missing_ok=True)
            if is_interrupted:
                raise IncompleteUpload("The upload was interrupted. It resumes where it stopped.")
            if not left and announced is None and _has_more():
                raise _too_long(most_bytes)
            if not left or size < PIECE_BYTES:
                return


def _received(path: Path, most: int) -> tuple[int, bool]:
    """Write up to so many bytes of the body to a file; return how many, and whether the sender has gone."""
    size, is_interrupted = 0, False
    try:
        with path.open("wb") as file:
            while size < most:
                try:
                    block = request.stream.read(min(_BLOCK_BYTES, most - size))
                except (ClientDisconnected, TimeoutError, ConnectionError):
                    is_interrupted = True
                    break
                if not block:
                    break
                file.write(block)
                size += len(block)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise no_room() from error
    return size, is_interrupted


def _has_more() -> bool:
    try:
        return bool(request.stream.read(1))
    except RequestEntityTooLarge:
        return True
    except (ClientDisconnected, TimeoutError, ConnectionError):
        return False


def _too_long(most_bytes: int) -> TooLarge:
    return TooLarge("These are more bytes than this upload was announced with.", limit=most_bytes)
