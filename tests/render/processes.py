"""Processes by descent and by kind, as /proc shows them."""

import contextlib
import os
import signal
from pathlib import Path
from typing import Literal

Kind = Literal["browser", "renderer", "gpu", "driver", "ffmpeg"]


def descendants(ancestor: int) -> list[int]:
    """Return the ids of the processes below one, zombies left out."""
    children: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (process / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            if state not in "ZX":
                children.setdefault(int(parent), []).append(int(process.name))
    found: list[int] = []
    waiting = [ancestor]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def arguments(pid: int) -> list[str]:
    """Return a process's command line; nothing where it is gone."""
    with contextlib.suppress(OSError):
        # Chromium's helpers write theirs with spaces between, and no argument that matters here contains one.
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf8", "replace").replace("\0", " ").split()
    return []


def is_kind(pid: int, kind: Kind) -> bool:
    """Tell a browser's parts, Playwright's driver and the FFmpeg that encodes a chunk from each other."""
    given = arguments(pid)
    match kind:
        case "browser":
            # What starts it has its arguments too.
            starts = any(Path(part).name in ("start_browser.sh", "browser_launcher.py") for part in given)
            helps = any(part.startswith("--type=") for part in given)
            return "--remote-debugging-pipe" in given and not starts and not helps
        case "renderer":
            return "--type=renderer" in given and "--top-chrome-webui" not in given
        case "gpu":
            return "--type=gpu-process" in given
        case "driver":
            return "run-driver" in given
        case "ffmpeg":
            # The programs in front of it, which confine it and end it with us, have its name later in their lines.
            return "pipe:0" in given and any(Path(part).name == "ffmpeg" for part in given)


def named(pid: int) -> str:
    """Return what to call a process in a failure."""
    return f"{pid} {' '.join(arguments(pid))[:200]}"


def kill(pid: int, number: signal.Signals) -> None:
    """Signal a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
