"""The `oriel` command in a process of its own, with everything that it starts and leaves behind in plain sight."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from tests.render.processes import Kind, descendants, is_kind, kill, named

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
# What a program needs to be found and to find its libraries; the rest of our environment is nobody's business.
_INHERITED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "CHROMIUM_PATH", "FFMPEG_PATH", "FFPROBE_PATH")
_PATIENCE_S = 240.0
_ORPHAN_PATIENCE_S = 120.0


class Command:
    """A context manager; leaving it ends the command and all its processes.

    Everything happens below `folder`: home, temporary files, work folder, the folder of the output.
    """

    def __init__(self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.home, self.tmp, self.out, self.work = (folder / name for name in ("home", "tmp", "out", "work"))
        for path in (self.home, self.tmp, self.out):
            path.mkdir(parents=True, exist_ok=True)
        self._report = folder / "report"
        self._report.unlink(missing_ok=True)
        self._stdout, self._stderr = folder / "stdout", folder / "stderr"
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        own = {"HOME": str(self.home), "TMPDIR": str(self.tmp), "LC_ALL": "C.UTF-8"}
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self._supervisor = subprocess.Popen(
                [sys.executable, _SUPERVISOR, self._report, sys.executable, "-m", "oriel", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=self.out,
                env={**inherited, **own, **environment},
            )

    def __enter__(self) -> "Command":
        self.wait_until(lambda: bool(self._reported()), "it has started")
        return self

    def __exit__(self, *_: object) -> None:
        while self._supervisor.poll() is None:
            for pid in descendants(self._supervisor.pid):
                kill(pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(0.1)

    @property
    def pid(self) -> int:
        """The command's own process id."""
        return self._reported()[0]

    @property
    def stdout(self) -> str:
        return self._stdout.read_text("utf8")

    @property
    def stderr(self) -> str:
        return self._stderr.read_text("utf8")

    @property
    def has_ended(self) -> bool:
        return len(self._reported()) > 1

    def wait(self) -> int:
        """Wait for the command's end and return its exit code; a signal is a negative number."""
        self.wait_until(lambda: self.has_ended, "it has ended", may_end=True)
        return self._reported()[1]

    def wait_until(self, holds: Callable[[], bool], what: str, *, may_end: bool = False) -> None:
        """Wait for something to become true while the command runs."""
        deadline = time.monotonic() + _PATIENCE_S
        while not holds():
            ended = self._supervisor.poll() is not None
            assert may_end or not ended, f"the command ended before {what}: {self.stderr}"
            assert time.monotonic() < deadline, f"waited too long until {what}: {self.stderr}"
            time.sleep(0.01)

    def send(self, number: signal.Signals, to: Literal["command", "group"] = "command") -> None:
        """Signal the command alone, or all processes of its group, as Ctrl-C on a terminal does."""
        if to == "group":
            os.killpg(self.pid, number)
        else:
            os.kill(self.pid, number)

    def processes(self, kind: Kind) -> list[int]:
        """Return the ids of its processes of a kind that are alive."""
        return [pid for pid in descendants(self._supervisor.pid) if is_kind(pid, kind)]

    def orphans(self) -> list[str]:
        """Return what is still there of the command's processes some time after its end: it should be nothing."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._supervisor.wait(_ORPHAN_PATIENCE_S)
        return [named(pid) for pid in descendants(self._supervisor.pid)]

    def strays(self) -> list[int]:
        """Return its processes that are alive and no longer below it, because whoever started them is gone."""
        below = {self.pid, *descendants(self.pid)}
        return [pid for pid in descendants(self._supervisor.pid) if pid not in below]

    def left_behind(self) -> list[str]:
        """Return the files that lie anywhere but in the work folder."""
        places = (self.home, self.tmp, self.out)
        return [str(path) for place in places for path in sorted(place.rglob("*"))]

    def _reported(self) -> list[int]:
        try:
            return [int(number) for number in self._report.read_text().split()]
        except FileNotFoundError:
            return []
