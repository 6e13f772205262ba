"""Confines programs that read strangers' files: bubblewrap shows them the system and their own files, and no network.

Where the machine does not allow that (no bubblewrap, or a container without user namespaces), programs run without it.
`oriel doctor` says which of the two holds. Reasons and figures: docs/decisions.
"""

import functools
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import ProcessTimedOut

# What programs and their libraries need. Not all of /usr: some images keep the application in /usr/src.
_SYSTEM = (
    *("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/share"),
    *("/usr/local/bin", "/usr/local/lib", "/usr/local/lib64", "/usr/local/share"),
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
    # Without the time zone the C library looks for it at each call.
    *("/etc/fonts", "/var/cache/fontconfig", "/etc/localtime", "/etc/timezone"),
)
_DEVICES = ("/dev/null", "/dev/urandom")
# User namespaces come by themselves where we are not root.
_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
# As root bubblewrap keeps every capability unless told otherwise. Root may read files of other users, so a song of
# another user stays readable; outside the files shown here that opens nothing.
_ROOTS_CAPABILITIES = ("--cap-drop", "ALL", "--cap-add", "CAP_DAC_OVERRIDE")
_TRIAL_TIMEOUT_S = 10.0
# What failed once may work a moment later, when there is memory again, or a namespace.
_FAILED_FOR_S = 60.0


@dataclass(frozen=True)
class Access:
    """The files and folders that a confined program sees besides the system; `writes` lists existing folders."""

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()


NO_FILES = Access()


# By command: why it did not run, or None, and until when that counts.
_tried: dict[tuple[str, ...], tuple[str | None, float]] = {}


def missing_protection() -> str | None:
    """Return why programs cannot be confined on this machine, or None where they can, by starting one.

    Raises ProcessTimedOut where the machine is too busy to tell.
    """
    if sys.platform != "linux":
        return "bubblewrap is a program of Linux"
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed"
    return _trial("/bin/true")


def is_mendable() -> bool:
    """Return whether installing bubblewrap is all that is missing."""
    return sys.platform == "linux" and not shutil.which("bwrap")


def confined(command: Sequence[str], access: Access) -> list[str] | None:
    """Return the command that runs `command` with no more than its access; None where this machine cannot do that."""
    program = _located(command[0])
    if unconfined_because(program):
        return None
    return [*wrapper(program, access), str(program), *command[1:]]


def unconfined_because(program: Path) -> str | None:
    """Return why this program of FFmpeg's cannot be confined here, or None where it can; raise ProcessTimedOut."""
    return missing_protection() or (None if is_of_system(program) else _trial(str(program), "-version"))


def _trial(program: str, *arguments: str) -> str | None:
    return failure_of([*wrapper(Path(program), NO_FILES), program, *arguments])


def failure_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str | None:
    """Return why a command that starts with `wrapper` does not run, or None where it does.

    One that has run is not tried again: from then on nothing runs without a sandbox. One that has failed is tried again
    after a minute. Raises ProcessTimedOut.
    """
    key = tuple(command)
    reason, counts_until = _tried.get(key, (None, 0.0))
    if time.monotonic() < counts_until:
        return reason
    reason = _failure_of(command, environment or {})
    _tried[key] = reason, math.inf if reason is None else time.monotonic() + _FAILED_FOR_S
    return reason


def _failure_of(command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    try:
        finished = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_TIMEOUT_S,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise ProcessTimedOut("The sandbox for programs did not start in time. Please try again.") from error
    except OSError as error:
        return str(error)
    if not finished.returncode:
        return None
    lines = finished.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("bwrap: ") if lines else f"it ended with {finished.returncode}"


def wrapper(program: Path, access: Access, more: Sequence[str] = ()) -> list[str]:
    """Return what goes before a program to confine it; `more` are further options of bubblewrap's."""
    bwrap = shutil.which("bwrap") or "bwrap"
    root = _ROOTS_CAPABILITIES if os.geteuid() == 0 else ()
    own = () if is_of_system(program) else _shown(program, "--ro-bind")
    writes = (part for path in access.writes for part in _shown(path, "--bind"))
    # After the folders that may be written, which may hold them.
    reads = (part for path in access.reads if path not in access.writes for part in _shown(path, "--ro-bind-try"))
    return [
        *(bwrap, "--die-with-parent", *_NAMESPACES, *root),
        *_system(),
        *more,
        *own,
        *writes,
        *reads,
        *_place(access),
        # What lies there would lie in memory, without a limit.
        *("--remount-ro", "/", "--"),
    ]


@functools.cache
def _system() -> tuple[str, ...]:
    parts: list[str] = []
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            parts += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            parts += ["--ro-bind", str(path), str(path)]
    for name in _DEVICES:
        parts += ["--dev-bind", name, name]
    return tuple(parts)


def _shown(path: Path, how: str) -> list[str]:
    """Show a file under its real name, and under the name that the caller uses where that one leads through links."""
    real, absolute = str(path.resolve()), str(path.absolute())
    again = [how, real, absolute] if absolute != real and not path.is_symlink() else []
    return [how, real, real, *again]


def _place(access: Access) -> list[str]:
    """Return where the program starts: in our folder where its files have relative names, as it may use them."""
    if all(path.is_absolute() for path in (*access.reads, *access.writes)):
        return ["--chdir", "/"]
    here = str(Path.cwd())
    return ["--dir", here, "--chdir", here]


def _located(program: str) -> Path:
    return Path(shutil.which(program) or program).resolve()


def is_of_system(program: Path) -> bool:
    """Return whether every confined program sees this one."""
    return any(program.is_relative_to(name) for name in _SYSTEM)
