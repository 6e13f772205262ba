"""Tests of this folder call the domain itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask

from oriel.infra.storage import storage


@pytest.fixture(autouse=True)
def context(app: APIFlask) -> Iterator[None]:
    """The application, with an empty storage."""
    with app.app_context():
        for stored in list(storage().list("")):
            storage().delete(stored.name)
        yield


@pytest.fixture
def put(tmp_path: Path) -> "Put":
    """Store a few bytes under a name."""
    return Put(tmp_path / "source")


class Put:
    """Stores bytes."""

    def __init__(self, source: Path) -> None:
        self._source = source

    def __call__(self, name: str, content: bytes = b"a few bytes") -> None:
        self._source.write_bytes(content)
        storage().put(name, self._source, content_type="application/octet-stream")
