"""A process of ours gives way to others, with its whole group if it leads one, and never takes more."""

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from oriel.rendering.pipeline.priority import lower_priority


def niceness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


@pytest.fixture
def start() -> Iterator[Callable[[bool], int]]:
    started: list[subprocess.Popen[bytes]] = []

    def begin(is_leader: bool) -> int:
        started.append(subprocess.Popen(["sleep", "600"], start_new_session=is_leader))
        return started[-1].pid

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("is_leader", [False, True])
def test_a_process_gives_way(start: Callable[[bool], int], is_leader: bool) -> None:
    ours, pid = niceness(0), start(is_leader)
    lower_priority(pid, to=ours + 3)
    assert niceness(pid) == min(ours + 3, 19)
    # Whoever shares the group of one that does not lead it stays as it is.
    assert niceness(0) == ours


def test_it_never_takes_more(start: Callable[[bool], int]) -> None:
    pid = start(True)
    lower_priority(pid, to=niceness(pid) + 4)
    before = niceness(pid)
    lower_priority(pid, to=before - 2)
    assert niceness(pid) == before


def test_there_is_a_lowest_priority(start: Callable[[bool], int]) -> None:
    pid = start(True)
    lower_priority(pid, to=100)
    assert niceness(pid) == 19
