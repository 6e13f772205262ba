"""The memory of a process and of everything that it has started (Linux)."""

import contextlib
import os
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def memory_of_tree(pid: int, proc: Path = Path("/proc")) -> int:
    """Return the bytes in memory of a process and its descendants; 0 where the system does not tell.

    Each one's own pages count, and the largest shared part once: what is really shared by whom would take the kernel
    a walk through all pages, which costs too much to do every two seconds.
    """
    children = _children(proc)
    tree = [pid]
    for parent in tree:
        tree += children.get(parent, [])
    sizes = [pages for member in tree if (pages := _pages(proc / str(member)))]
    own = sum(resident - shared for resident, shared in sizes)
    return (own + max((shared for _, shared in sizes), default=0)) * _PAGE_BYTES


def _children(proc: Path) -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name before the last bracket may contain anything.
            parent = (folder / "stat").read_text("utf8", "replace").rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(folder.name))
    return children


def _pages(folder: Path) -> tuple[int, int] | None:
    """Return the resident and the shared pages of a process; None where it has just ended."""
    with contextlib.suppress(OSError, ValueError):
        resident, shared = (folder / "statm").read_text("ascii").split()[1:3]
        return int(resident), int(shared)
    return None
