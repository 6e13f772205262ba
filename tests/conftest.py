"""Makes the shared fakes importable as `tests.fakes`, and deals the tests out to the test processes."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from oriel.infra.clock import clock

# While modules load and tests are collected nothing is thrown away, and looking for garbage takes a third of the time.
gc.disable()

_ROOT = str(Path(__file__).parents[1])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

# No test depends on how fast the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Each of these shares a running service, which one test process starts. The chaos tests wait more than they work, for
# leases and for processes to end: the other test processes use the time.
_TOGETHER = ("tests/chaos/", "tests/render/preview/", "tests/render/test_up.py")
# These start a service of their own, which nobody shares.
_ALONE = tuple(f"tests/chaos/test_{name}.py" for name in ("autoscale", "full_disk", "poison", "vanished_machine"))


@pytest.fixture(autouse=True)
def same_priority() -> Iterator[None]:
    """Let no test lower the priority of its process: all tests after it would starve beside the other processes."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    yield
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


@pytest.fixture(autouse=True)
def real_time() -> Iterator[None]:
    """Let no test move the time of another one."""
    yield
    clock.reset()


def pytest_collection_finish() -> None:
    """Collect garbage from now on, and leave out what is here to stay."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Return a scheduler that keeps the tests of one service in one process, and deals out all others one by one.

    xdist's own groups have no effect under pytest 9.2, which no longer reads the attribute that carries them.
    """
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _group_of
    return scheduler


def _group_of(nodeid: str) -> str:
    if nodeid.startswith(_ALONE):
        return nodeid
    return next((part for part in _TOGETHER if nodeid.startswith(part)), nodeid)
