"""Supervised processes: start them, restart what crashes with backoff, stop all in order."""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

_log = logging.getLogger("oriel.up")

# A crashed worker's render must resume within 10 s, of which a start takes about 3 s.
_LONGEST_PAUSE_S = 5.0
# After 10 s, reset the crash counter.
_STABLE_S = 10.0
_LOG_FLUSH_TIMEOUT_S = 1.0
# A line of Valkey's log: process id and role, time and level, or the signal handler.
_VALKEY_LINE = re.compile(r"\d+:(?:[A-Z] [\w :.]+ [.*#-]|signal-handler \(\d+\)) (?:WARNING )?(?P<message>.*)")


@dataclass
class Child:
    """A supervised process: its command, and its history of crashes."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    deaths: int = 0
    next_start: float = 0.0
    worker_name: str | None = None
    # Whether its log has another format than ours, and is relayed.
    is_foreign: bool = False
    log_thread: threading.Thread | None = None

    def start(self) -> None:
        """Start it in its own session: Ctrl-C then reaches only the supervisor, which stops all in order."""
        output = subprocess.PIPE if self.is_foreign else None
        self.process = subprocess.Popen(
            [*_die_with_parent(), *self.command], env=self.environment, start_new_session=True, stdout=output
        )
        self.started_at = time.monotonic()
        if self.process.stdout:
            self.log_thread = threading.Thread(target=_relay_log, args=(self.name, self.process.stdout), daemon=True)
            self.log_thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal, if it is running."""
        if self.is_running and self.process:
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """Kill what is left of the process's group."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def restart_crashed(children: Sequence[Child], on_death: Callable[[Child], object]) -> None:
    """Restart the crashed processes whose pause is over; call `on_death` once for each crash."""
    at = time.monotonic()
    for child in children:
        if child.is_running:
            continue
        if child.next_start <= child.started_at:
            _note_death(child, at)
            child.kill_group()
            on_death(child)
        if at >= child.next_start:
            child.start()


def stop_all(children: Sequence[Child], timeout_s: float) -> None:
    """Stop these processes; kill the group of any that does not stop in time."""
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    for child in children:
        if child.process:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _log.warning("%s did not stop in time and is killed", child.name)
        child.kill_group()
        if child.log_thread:
            child.log_thread.join(_LOG_FLUSH_TIMEOUT_S)


def _die_with_parent() -> list[str]:
    """Return the command prefix that terminates a process when the supervisor is killed (Linux only)."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _relay_log(name: str, lines: IO[bytes]) -> None:
    """Relay the lines of a process to our log, until it ends."""
    with lines:
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            parts = _VALKEY_LINE.fullmatch(text)
            _log.info("%s: %s", name, parts["message"] if parts else text)


def _note_death(child: Child, at: float) -> None:
    code = child.process.returncode if child.process else None
    child.deaths = 1 if at - child.started_at > _STABLE_S else child.deaths + 1
    pause = min(0.1 * 2.0**child.deaths, _LONGEST_PAUSE_S)
    child.next_start = at + pause
    _log.warning("%s exited with code %s; restarting in %.1f s", child.name, code, pause)
