"""The storage of many machines: a bucket of Google Cloud Storage."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, PreconditionFailed, RetryError
from google.api_core.exceptions import NotFound as NoObject
from google.auth.credentials import Signing
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Blob, Bucket, Client
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.fileio import BlobWriter
from google.cloud.storage.retry import DEFAULT_RETRY
from requests import RequestException
from urllib3.exceptions import HTTPError

from oriel.errors import InvalidConfiguration, StorageFailed
from oriel.infra.storage.file_response import attachment
from oriel.infra.storage.incoming import whole_file
from oriel.infra.storage.interface import (
    Sink,
    Stored,
    check_folder,
    check_name,
    check_prefix,
    checksum,
    is_name,
    missing,
)
from oriel.settings import Settings

Result = TypeVar("Result")

_LONGEST_LINK = timedelta(days=7)
# A transfer that is out of step begins again, this often: a session that the bucket has forgotten or finished while
# its answer was lost, a block that arrived in part, an object that was replaced while it was read, flipped bits.
_TRANSFERS = 4
_OUT_OF_STEP = (308, 400, 404, 410)
_TROUBLES = (
    GoogleAPIError,
    GoogleAuthError,
    RequestException,
    HTTPError,
    HTTPException,
    InvalidResponse,
    DataCorruption,
)
_NAMELESS = "<none>"
_PAGE = "items(name,size,crc32c),nextPageToken"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for the bucket, and how much to send at once.

    One request may be repeated for `patience_s`; a transfer is a row of requests of `block_bytes`, so a large file may
    take its time as long as it moves. The memory for a transfer is about two blocks.
    """

    connect_s: float = 10.0
    answer_s: float = 60.0
    patience_s: float = 150.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 20.0
    block_bytes: int = 8 << 20


def open_bucket(settings: Settings) -> "BucketStorage":
    """Return the bucket that the settings name, reached with their key file or with what the machine provides.

    Where STORAGE_EMULATOR_HOST is set, Google's library goes there, without credentials.
    """
    assert settings.gcs_bucket_name
    key_file = settings.google_application_credentials
    try:
        # The project matters for making buckets only, and not every machine knows one.
        client = Client.from_service_account_json(str(key_file)) if key_file else Client(project=_NAMELESS)
    # A file that is no key file is a ValueError, or has no such key.
    except (GoogleAuthError, OSError, ValueError, KeyError) as error:
        raise _no_credentials(settings) from error
    return BucketStorage(client, settings.gcs_bucket_name)


def _no_credentials(settings: Settings) -> InvalidConfiguration:
    key_file = settings.google_application_credentials
    lacking = f"{key_file} is no key file that can be read" if key_file else "this machine has no credentials for it"
    return InvalidConfiguration(
        f"The bucket {settings.gcs_bucket_name} cannot be opened: {lacking}."
        " Set GOOGLE_APPLICATION_CREDENTIALS to the key file of its service account.",
        GOOGLE_APPLICATION_CREDENTIALS=str(key_file or ""),
    )


class BucketStorage:
    """Objects of one bucket."""

    def __init__(self, client: Client, bucket_name: str, limits: Limits | None = None) -> None:
        """Nothing is asked of the bucket yet."""
        self._bucket: Bucket = client.bucket(bucket_name)
        self._client = client
        self._limits = limits or Limits()
        self._timeout = (self._limits.connect_s, self._limits.answer_s)
        self._retry = DEFAULT_RETRY.with_delay(
            initial=self._limits.first_wait_s, maximum=self._limits.longest_wait_s, multiplier=2.0
        ).with_timeout(self._limits.patience_s)

    def put(self, name: str, source: Path, *, content_type: str, once: bool = False) -> Stored:
        """Upload a file: in one request up to 8 MB, else in blocks that are repeated one by one.

        The bucket is told the checksum beforehand, so that it never keeps other bytes than ours.
        """
        check_name(name)
        with source.open("rb") as file:
            wanted = Stored(name, *checksum(file))
            with _told(name):
                kept = _transferred(lambda: self._upload(file, wanted, content_type=content_type, once=once))
        if kept != wanted:
            sentence = "Another file is stored under this name." if once else "The file did not arrive as it was sent."
            raise StorageFailed(sentence, name=name)
        return kept

    @contextlib.contextmanager
    def write(self, name: str, *, content_type: str) -> Iterator[Sink]:
        """Upload in blocks that are repeated one by one, then compare the bucket's checksum with ours."""
        check_name(name)
        writer = BlobWriter(
            self._blob(name),
            ignore_flush=True,
            retry=self._retry,
            content_type=content_type,
            timeout=self._timeout,
            # We compare the whole at the end.
            checksum=None,
        )
        sink = Sink(lambda data: _write(name, writer, data))
        try:
            yield sink
        except BaseException:
            # The bucket forgets an upload that is never finished after a week.
            with contextlib.suppress(*_TROUBLES):
                writer.terminate()
            raise
        with _told(name):
            writer.close()
        if self.stat(name) != sink.stored(name):
            self.delete(name)
            raise StorageFailed("The file did not arrive as it was sent.", name=name)

    @contextlib.contextmanager
    def read(self, name: str) -> Iterator[Iterator[bytes]]:
        """Download one generation of an object in blocks, comparing it with the bucket's checksum."""
        check_name(name)
        with _told(name):
            known = self._look(name)
        if known is None:
            raise missing(name)
        yield self._blocks(_stored(known), known.generation)

    def _blocks(self, wanted: Stored, generation: int | None) -> Iterator[bytes]:
        blob = self._blob(wanted.name, generation)
        received = Sink(lambda _: None)
        for start in range(0, wanted.size_bytes, self._limits.block_bytes):
            end = min(start + self._limits.block_bytes, wanted.size_bytes) - 1
            with _told(wanted.name):
                block = blob.download_as_bytes(
                    start=start, end=end, checksum=None, timeout=self._timeout, retry=self._retry
                )
            received.write(block)
            yield block
        if received.stored(wanted.name) != wanted:
            raise StorageFailed("The file did not come as it is stored.", name=wanted.name)

    def get(self, name: str, target: Path) -> None:
        """Download an object in blocks, then compare the whole with the bucket's checksum."""
        check_name(name)
        with whole_file(target) as file, _told(name):
            if _transferred(lambda: self._download(name, file)) is None:
                raise missing(name)

    def stat(self, name: str, *, patience_s: float | None = None) -> Stored | None:
        """Ask the bucket."""
        check_name(name)
        with _told(name):
            blob = self._look(name, patience_s)
            return _stored(blob) if blob else None

    def delete(self, name: str) -> None:
        """Remove an object."""
        blob = self._blob(check_name(name))
        with _told(name), contextlib.suppress(NoObject):
            blob.delete(timeout=self._timeout, retry=self._retry)

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield what begins so, page by page."""
        check_prefix(prefix)
        with _told(prefix):
            blobs = self._client.list_blobs(
                self._bucket, prefix=prefix, fields=_PAGE, timeout=self._timeout, retry=self._retry
            )
            yield from (_stored(blob) for blob in blobs if is_name(blob.name))

    def delete_all(self, prefix: str) -> int:
        """Remove everything below a prefix, one request each."""
        names = [stored.name for stored in self.list(check_folder(prefix))]
        for name in names:
            self.delete(name)
        return len(names)

    def signed_url(self, name: str, *, filename: str, content_type: str, expires_in: timedelta) -> str | None:
        """Return a V4 link to this object, for reading; it counts from the real time, which Google's servers have."""
        check_name(name)
        if not timedelta() < expires_in <= _LONGEST_LINK:
            raise ValueError(f"A link can be valid for seven days at most, not for {expires_in}")
        if not isinstance(self._client._credentials, Signing):
            raise StorageFailed("Links cannot be signed: the storage needs the key file of a service account.")
        link: str = self._blob(name).generate_signed_url(
            version="v4",
            expiration=expires_in,
            method="GET",
            response_disposition=attachment(filename),
            response_type=content_type,
        )
        return link

    def path(self, name: str) -> Path | None:
        """Return None: objects of a bucket are no files here."""
        check_name(name)
        return None

    def ensure_lifecycle(self, days: int, prefixes: Sequence[str]) -> bool:
        """Let the bucket delete what lies below the prefixes after so many days; return whether that is new.

        Rules of others stay; an older one of ours, which shares a prefix, is replaced.
        """
        if not prefixes:
            raise ValueError("Without a prefix the rule would empty the bucket")
        folders = sorted(check_folder(prefix) for prefix in prefixes)
        wanted = {"action": {"type": "Delete"}, "condition": {"age": days, "matchesPrefix": folders}}
        with _told(self._bucket.name):
            self._bucket.reload(timeout=self._timeout, retry=self._retry)
            present = [dict(rule) for rule in self._bucket.lifecycle_rules]
            rules = [rule for rule in present if not _is_ours(rule, folders)] + [wanted]
            if rules == present:
                return False
            self._bucket.lifecycle_rules = rules
            # Somebody else may be changing the bucket right now: then this fails instead of undoing that.
            unchanged = self._bucket.metageneration
            self._bucket.patch(if_metageneration_match=unchanged, timeout=self._timeout, retry=self._retry)
        return True

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _blob(self, name: str, generation: int | None = None) -> Blob:
        return self._bucket.blob(name, chunk_size=self._limits.block_bytes, generation=generation)

    def _look(self, name: str, patience_s: float | None = None) -> Blob | None:
        blob, timeout, retry = self._blob(name), self._timeout, self._retry
        if patience_s is not None:
            connect_s, answer_s = timeout
            timeout = min(connect_s, patience_s), min(answer_s, patience_s)
            retry = retry.with_timeout(patience_s)
        try:
            blob.reload(timeout=timeout, retry=retry)
        except NoObject:
            return None
        return blob

    def _upload(self, file: BinaryIO, wanted: Stored, *, content_type: str, once: bool) -> Stored | None:
        """Return what is stored afterwards, which with `once` may be older than this upload."""
        blob = self._blob(wanted.name)
        try:
            blob.upload_from_file(
                file,
                rewind=True,
                size=wanted.size_bytes,
                content_type=content_type,
                if_generation_match=0 if once else None,
                checksum="crc32c",
                crc32c_checksum_value=wanted.crc32c,
                timeout=self._timeout,
                retry=self._retry,
            )
        except PreconditionFailed:
            # It may be our own: the bucket took it, and the answer was lost.
            return self.stat(wanted.name)
        return _stored(blob)

    def _download(self, name: str, file: BinaryIO) -> Stored | None:
        known = self._look(name)
        if not known:
            return None
        wanted = _stored(known)
        file.seek(0)
        file.truncate()
        # An empty object has no range that could be asked for.
        if wanted.size_bytes:
            # Blocks of one generation only: the object may be replaced meanwhile.
            blob = self._blob(name, known.generation)
            blob.download_to_file(file, checksum=None, timeout=self._timeout, retry=self._retry)
        file.seek(0)
        if Stored(name, *checksum(file)) != wanted:
            raise DataCorruption(None, "The bytes that came are not those that are stored")
        return wanted


def _write(name: str, writer: BlobWriter, data: bytes) -> None:
    with _told(name):
        writer.write(data)


def _transferred(transfer: Callable[[], Result]) -> Result:
    """Do a transfer, from its beginning again where it got out of step."""
    for tries_left in reversed(range(_TRANSFERS)):
        try:
            return transfer()
        except (GoogleAPICallError, DataCorruption, ValueError) as error:
            if not tries_left or not _is_out_of_step(error):
                raise
    raise AssertionError("the last try returns or raises")


def _is_out_of_step(error: Exception) -> bool:
    # The library raises ValueError when the bucket has kept less of a block than was sent.
    return not isinstance(error, GoogleAPICallError) or error.code in _OUT_OF_STEP


def _stored(blob: Blob) -> Stored:
    return Stored(blob.name, int(blob.size), str(blob.crc32c))


def _is_ours(rule: dict[str, dict[str, object]], folders: Sequence[str]) -> bool:
    condition = rule["condition"]
    return (
        rule["action"]["type"] == "Delete"
        and condition.keys() == {"age", "matchesPrefix"}
        and bool(set(cast("list[str]", condition["matchesPrefix"])) & set(folders))
    )


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn an error of the bucket that retries did not fix into ours."""
    try:
        yield
    except RetryError as error:
        raise StorageFailed("The storage is not responding right now.", name=name) from error
    except (*_TROUBLES, ValueError) as error:
        raise StorageFailed("The storage refused the file.", name=name) from error
