"""Starts a command and adopts whatever it leaves behind: this process ends when all that was ever born of it is gone.

Usage: supervisor.py REPORT COMMAND...  writes the command's process id to REPORT, later its exit code behind it.
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Start the command and wait for it and for every orphan."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    report = Path(sys.argv[1])
    command = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, start_new_session=True)
    _write(report, f"{command.pid}")
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return
        if pid == command.pid:
            command.returncode = os.waitstatus_to_exitcode(status)
            _write(report, f"{command.pid} {command.returncode}")


def _write(report: Path, text: str) -> None:
    beside = report.with_suffix(".part")
    beside.write_text(text)
    beside.replace(report)


if __name__ == "__main__":
    main()
