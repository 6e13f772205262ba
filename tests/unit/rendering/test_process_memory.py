"""The memory of a process with its descendants."""

import os
import subprocess
import sys
from pathlib import Path

from oriel.rendering.process_memory import memory_of_tree

PAGE = os.sysconf("SC_PAGE_SIZE")


def process(proc: Path, pid: int, parent: int, resident: int, shared: int, name: str = "worker") -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "stat").write_text(f"{pid} ({name}) S {parent} 1 1")
    (folder / "statm").write_text(f"9999 {resident} {shared} 0 0 0 0")


def test_own_pages_are_added_and_the_largest_shared_part_counts_once(tmp_path: Path) -> None:
    process(tmp_path, 10, 1, resident=100, shared=40)
    process(tmp_path, 11, 10, resident=300, shared=60, name="a (strange) name")
    process(tmp_path, 12, 11, resident=50, shared=20)
    process(tmp_path, 13, 1, resident=9000, shared=0)
    assert memory_of_tree(10, tmp_path) == (60 + 240 + 30 + 60) * PAGE


def test_a_process_that_has_just_ended_counts_nothing(tmp_path: Path) -> None:
    process(tmp_path, 10, 1, resident=100, shared=40)
    process(tmp_path, 11, 10, resident=1, shared=1)
    (tmp_path / "11" / "statm").unlink()
    assert memory_of_tree(10, tmp_path) == 100 * PAGE
    assert memory_of_tree(99, tmp_path) == 0


def test_a_real_child_counts() -> None:
    program = "x = bytearray(64 << 20); print('ready', flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        with_child = memory_of_tree(os.getpid())
        alone = with_child - memory_of_tree(child.pid)
        assert memory_of_tree(child.pid) > 64 << 20
        assert alone < with_child - (60 << 20)
    finally:
        child.communicate("\n")
