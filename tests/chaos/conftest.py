"""The whole service with real workers, Chromium, FFmpeg and Valkey, and songs for its customers."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.chaos.site import Site
from tests.render.command import Command
from tests.render.conftest import command
from tests.render.service import Service
from tests.render.songs import music, write_wav

__all__ = ["command"]

Begin = Callable[..., Site]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium and FFmpeg."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.render)


@pytest.fixture
def begin(command: Callable[..., Command], tmp_path: Path) -> Iterator[Begin]:
    """Start `oriel up` with so many workers; a second start goes on with the same data."""
    with contextlib.ExitStack() as started:

        def start(workers: int = 1, **environment: str) -> Site:
            site = Site(Service(command, tmp_path, workers, **environment))
            started.callback(site.service.close)
            return site

        yield start


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service with two workers that takes one blow after the other, and in the end has left nothing behind."""
    with Service.running(tmp_path_factory.mktemp("site"), workers=2) as service:
        site = Site(service)
        yield site
        site.end()


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """14 seconds of music: two chunks."""
    return write_wav(tmp_path_factory.mktemp("song") / "long.wav", music(14.0))


@pytest.fixture(scope="session")
def short_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of music: one chunk."""
    return write_wav(tmp_path_factory.mktemp("song") / "short.wav", music(2.0))
