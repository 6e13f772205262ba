"""The one place that starts programs: argument lists, an own process group, drained pipes, time limits, a sure end."""

import contextlib
import functools
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from oriel.errors import EncodingFailed, ProcessFailed, ProcessTimedOut, ProgramMissing
from oriel.rendering.pipeline.priority import lower_priority
from oriel.rendering.pipeline.sandbox import Access, confined

Arguments = Sequence[str | Path]

_END_TOGETHER = Path(__file__).with_name("end_together.sh")

# Children get what a program needs to start and nothing else: our own environment holds secrets.
_INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR", "NVIDIA_VISIBLE_DEVICES")
_STDERR_TAIL_BYTES = 8192
_POLL_S = 0.05
_SHORTEST_POLL_S, _LONGEST_POLL_S = 0.0005, 0.005
_TERMINATE_S = 2.0
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
_NICE = 10
# FFmpeg's own exit codes may lie above 128, so only the signals that its limits and its faults bring are told apart.
_DEADLY = (
    *(signal.SIGILL, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGKILL, signal.SIGSEGV),
    *(signal.SIGSYS, signal.SIGTERM, signal.SIGXCPU, signal.SIGXFSZ),
)


@dataclass(frozen=True)
class Limits:
    """What a program that reads a stranger's file may use at most.

    One that prints more is ended by a closed pipe, and nothing of its output comes back.
    """

    memory_bytes: int = 2 << 30
    cpu_s: int = 60
    file_bytes: int = 1 << 30
    # FFprobe prints 15 MB of packets for a song of six hours, and tags in full, which may have hundreds of megabytes.
    stdout_bytes: int = 64 << 20


@dataclass(frozen=True)
class Finished:
    """A program that has ended by itself."""

    returncode: int
    stdout: bytes
    stderr: str


def nothing() -> None:
    """Check nothing: the default for callers who cannot be cancelled."""


def run(
    arguments: Arguments,
    *,
    access: Access | None,
    timeout_s: float,
    check: Callable[[], None] = nothing,
    limits: Limits | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program to its end and return what it said; `check` is called often and may raise to stop it.

    A program with an `access` is confined to it (sandbox.py); None is for programs that read no stranger's file.
    Raises ProgramMissing, and ProcessTimedOut after `timeout_s`. An exit code other than 0 is the caller's to judge.
    """
    with Process(arguments, access=access, capture=True, limits=limits, cwd=cwd, environment=environment) as process:
        process.close_stdin()
        returncode = process.wait(timeout_s, check)
        return Finished(returncode, process.stdout(), process.stderr_tail())


def run_checked(
    arguments: Arguments,
    *,
    access: Access | None,
    timeout_s: float,
    check: Callable[[], None] = nothing,
    limits: Limits | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Run a program that must end with 0 and return its standard output."""
    finished = run(
        arguments, access=access, timeout_s=timeout_s, check=check, limits=limits, cwd=cwd, environment=environment
    )
    if finished.returncode:
        raise ProcessFailed(
            f"{Path(arguments[0]).name} ended with {finished.returncode}:"
            f" {reason_of(finished.returncode, finished.stderr)}",
            returncode=finished.returncode,
            stderr=finished.stderr,
        )
    return finished.stdout


def clean_environment(*more: str) -> dict[str, str]:
    """Return what a child gets of our environment, with the variables named in `more` where they are set."""
    return inherited(*_INHERITED, *more) | {"LC_ALL": "C.UTF-8"}


def inherited(*names: str) -> dict[str, str]:
    """Return those of the named variables that are set."""
    return {name: os.environ[name] for name in names if name in os.environ}


def last_line(text: str) -> str:
    """Return the last line with something in it, which is where programs put their reason."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def reason_of(returncode: int | None, stderr: str) -> str:
    """Return why a program ended: the signal that ended it, or its own last words."""
    if returncode is None or returncode >= 0:
        return last_line(stderr)
    cause = ", perhaps for want of memory or time" if -returncode == signal.SIGKILL else ""
    words = f": {last_line(stderr)}" if stderr.strip() else ""
    return f"it was ended by signal {-returncode}{cause}{words}"


class Process:
    """A program under way. Use it as a context manager: leaving it ends the program's whole group.

    It must be started from a thread that outlives it, because Linux ends it together with that thread. One that
    `gives_way` gets a smaller share of the cores than we do.
    """

    def __init__(
        self,
        arguments: Arguments,
        *,
        access: Access | None,
        capture: bool = False,
        limits: Limits | None = None,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        gives_way: bool = False,
    ) -> None:
        self.name = Path(arguments[0]).name
        command = _found([str(part) for part in arguments])
        within = confined(command, access) if access else None
        self._is_confined = within is not None
        prefix = _prefix(limits, is_confined=self._is_confined)
        self._popen = _start([*prefix, *(within or command)], capture, cwd, environment)
        if gives_way:
            lower_priority(self._popen.pid, to=os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
        self._stderr = _Tail(self._popen.stderr, keep=_STDERR_TAIL_BYTES)
        self._stdout = _Tail(self._popen.stdout, most=limits.stdout_bytes if limits else None) if capture else None

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The program's process id, which is its group's id as well."""
        return self._popen.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while the program runs."""
        return self._returncode(0)

    def write(self, data: memoryview | bytes, *, timeout_s: float, check: Callable[[], None] = nothing) -> None:
        """Write all of `data`; raise EncodingFailed if the program has gone, ProcessTimedOut if it takes nothing."""
        pipe = self._popen.stdin
        assert pipe is not None
        descriptor, rest = pipe.fileno(), memoryview(data).cast("B")
        waiter = select.poll()
        waiter.register(descriptor, select.POLLOUT)
        deadline = time.monotonic() + timeout_s
        while rest:
            if not waiter.poll(_POLL_S * 1000):
                check()
                self._still_in_time(deadline)
                continue
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise self.failed() from error

    def close_stdin(self) -> None:
        """Tell the program that nothing more comes."""
        if self._popen.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._popen.stdin.close()

    def wait(self, timeout_s: float, check: Callable[[], None] = nothing) -> int:
        """Wait for the program's end and return its exit code."""
        deadline = time.monotonic() + timeout_s
        while (returncode := self._returncode(_POLL_S)) is None:
            check()
            self._still_in_time(deadline)
        return returncode

    def failed(self) -> EncodingFailed:
        """Return the error for a program that went away while it was being written to."""
        returncode, stderr = self._returncode(_TERMINATE_S), self.stderr_tail()
        return EncodingFailed(
            f"{self.name} stopped reading: {reason_of(returncode, stderr)}", returncode=returncode, stderr=stderr
        )

    def stdout(self) -> bytes:
        """Return all that the program wrote, once it has ended."""
        return self._stdout.read() if self._stdout else b""

    def stderr_tail(self) -> str:
        """Return the end of what the program complained about."""
        return self._stderr.read().decode("utf-8", "replace")

    def stop(self) -> None:
        """Kill the program and its children. A gentler signal would end bubblewrap and might leave the program."""
        self._end_group()
        self.close_stdin()
        self._stderr.close()
        if self._stdout:
            self._stdout.close()

    def _returncode(self, seconds: float) -> int | None:
        """Return the program's own exit code, or None where it still runs after some seconds."""
        if self._popen.returncode is None:
            if not _has_ended(self._popen, seconds):
                return None
            self._end_group()
        code = self._popen.returncode
        # bubblewrap says 128 and the signal where a signal has ended the program.
        return 128 - code if self._is_confined and code - 128 in _DEADLY else code

    def _end_group(self) -> None:
        """End the whole group: a bubblewrap that is killed as it starts leaves its second process waiting for ever."""
        if self._popen.returncode is None:
            # Before the first process is reaped: after that its number may belong to somebody else.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()

    def _still_in_time(self, deadline: float) -> None:
        if time.monotonic() < deadline:
            return
        self.stop()
        raise ProcessTimedOut(f"{self.name} took too long and was ended.", stderr=self.stderr_tail())


class _Tail:
    """Drains a pipe in a thread, so that the program never blocks on it.

    Keeps the last `keep` bytes, or all; of more than `most` bytes it keeps nothing and closes the pipe.
    """

    def __init__(self, pipe: IO[bytes] | None, *, keep: int | None = None, most: int | None = None) -> None:
        assert pipe is not None
        self._pipe = pipe
        self._keep = keep
        self._most = most
        self._data = bytearray()
        self._thread = threading.Thread(target=self._drain, name="drain", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        for block in _blocks(self._pipe):
            self._data += block
            if self._keep and len(self._data) > 2 * self._keep:
                del self._data[: -self._keep]
            if self._most is not None and len(self._data) > self._most:
                self._data.clear()
                self._pipe.close()
                return

    def read(self) -> bytes:
        """Return what came, after waiting shortly for the pipe's end."""
        self._thread.join(_TERMINATE_S)
        return bytes(self._data[-self._keep :] if self._keep else self._data)

    def close(self) -> None:
        """Let go of the pipe."""
        self._thread.join(_TERMINATE_S)
        if not self._thread.is_alive():
            self._pipe.close()


def _has_ended(popen: subprocess.Popen[bytes], seconds: float) -> bool:
    """Return whether a program ends within some seconds. On Linux it is left to be reaped."""
    deadline, pause = time.monotonic() + seconds, _SHORTEST_POLL_S
    while not _is_over(popen):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_POLL_S)
    return True


def _is_over(popen: subprocess.Popen[bytes]) -> bool:
    if sys.platform != "linux":
        return popen.poll() is not None
    try:
        return os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        # Somebody waited for all children at once; Popen knows what to make of that.
        return True


def _blocks(pipe: IO[bytes]) -> Iterator[bytes]:
    while block := os.read(pipe.fileno(), 65536):
        yield block


def _found(command: list[str]) -> list[str]:
    if not shutil.which(command[0]):
        raise ProgramMissing(f"{command[0]} cannot be started: install it or set its path.", program=command[0])
    return command


def _start(
    command: list[str], capture: bool, cwd: Path | None, environment: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    popen = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if capture else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd=cwd,
        env={**clean_environment(), **(environment or {})},
        start_new_session=True,
    )
    assert popen.stdin is not None
    os.set_blocking(popen.stdin.fileno(), False)
    _widen(popen.stdin.fileno())
    return popen


def _widen(descriptor: int) -> None:
    # A frame is 3 MB and a pipe 64 kB: with 1 MB it takes 4 switches between the two programs instead of 48.
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, _F_SETPIPE_SZ, _PIPE_BYTES)


def _prefix(limits: Limits | None, *, is_confined: bool) -> list[str]:
    """Return what goes before a command so that it ends with us, gains no rights and stays within its limits."""
    setpriv, prlimit = _wrapper("setpriv"), _wrapper("prlimit")
    prefix: list[str] = []
    if setpriv:
        # bubblewrap takes the rights away itself; where namespaces are for root only, it is a setuid program.
        end = ["TERM"] if is_confined else ["KILL", "--no-new-privs"]
        prefix += [setpriv, "--pdeathsig", *end, "--"]
    if limits and prlimit:
        sizes = (f"--as={limits.memory_bytes}", f"--cpu={limits.cpu_s}", f"--fsize={limits.file_bytes}", "--core=0")
        prefix += [prlimit, *sizes, "--"]
    return [*prefix, "/bin/sh", str(_END_TOGETHER), str(os.getpid())] if is_confined else prefix


@functools.cache
def _wrapper(name: str) -> str | None:
    return shutil.which(name) if sys.platform == "linux" else None
