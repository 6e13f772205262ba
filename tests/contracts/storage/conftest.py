"""Both storages: a folder, and a bucket in an emulator behind a proxy that can fail."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from google.cloud.storage import Client
from tests.contracts.storage.faulty import FaultyProxy, Request

from oriel.infra.storage.bucket import BucketStorage, Limits
from oriel.infra.storage.folder import FolderStorage
from oriel.infra.storage.interface import Storage

BUCKET = "songs-and-videos"
# Above 8 MB Google's library uploads in blocks: these files have three, the last one short.
BLOCK = 4 << 20
LARGE = (9 << 20) + 12345
# A lost answer costs half a second; what comes through in the end may take its time on a busy machine.
PATIENT = Limits(
    connect_s=1.0, answer_s=0.5, patience_s=20.0, first_wait_s=0.01, longest_wait_s=0.05, block_bytes=BLOCK
)
# For what never comes through.
IMPATIENT = replace(PATIENT, answer_s=0.3, patience_s=0.5)

MakeFile = Callable[..., Path]


@pytest.fixture(scope="session")
def emulator() -> Iterator[tuple[str, int]]:
    """The address of an emulator that keeps everything in memory."""
    # Imported by name, for it has no types.
    server = import_module("gcp_storage_emulator.server").create_server("127.0.0.1", 0, in_memory=True)
    server.start()
    yield server._api._httpd.server_address
    server.stop()


@pytest.fixture
def proxy(emulator: tuple[str, int]) -> Iterator[FaultyProxy]:
    """The proxy, with an empty bucket behind it."""
    with FaultyProxy(emulator).running() as proxy:
        proxy.ask(Request("GET", "/wipe", {"host": "emulator"}))
        body = json.dumps({"name": BUCKET}).encode()
        proxy.ask(Request("POST", "/storage/v1/b", {"host": "emulator", "content-type": "application/json"}, body))
        yield proxy


@pytest.fixture
def bucket(proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketStorage]:
    """The bucket's gateway."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
    with contextlib.closing(BucketStorage(Client(project="<none>"), BUCKET, PATIENT)) as storage:
        yield storage


@pytest.fixture
def impatient(bucket: BucketStorage) -> Iterator[BucketStorage]:
    """The bucket's gateway, giving up soon."""
    with contextlib.closing(BucketStorage(Client(project="<none>"), BUCKET, IMPATIENT)) as storage:
        yield storage


@pytest.fixture
def folder(tmp_path: Path) -> FolderStorage:
    """The folder's gateway."""
    return FolderStorage(tmp_path / "storage")


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """Each of the two."""
    storage: Storage = request.getfixturevalue(request.param)
    return storage


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    """Write a file with these bytes."""

    def make(content: bytes = b"123456789", name: str = "source") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


@pytest.fixture(scope="session")
def large() -> bytes:
    """Bytes that have no period: a block in the wrong place is noticed."""
    return b"".join(number.to_bytes(8, "big") for number in range(LARGE // 8 + 1))[:LARGE]
