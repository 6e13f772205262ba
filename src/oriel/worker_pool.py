"""The workers of this machine, as many as are wanted. A worker that holds a render is never ended."""

import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Collection

from oriel.settings import Settings
from oriel.supervision import Child, restart_crashed, stop_all
from oriel.worker_environment import for_workers

_log = logging.getLogger("oriel.autoscale")

# Less than the supervisor of `oriel up` grants this process.
_STOP_S = 10.0


def worker_children(settings: Settings, numbers: Collection[int], machine: str) -> list[Child]:
    """Return workers of this machine that are not started yet, under names that no other worker has."""
    environment = for_workers(child_environment(settings))
    children = []
    for number in numbers:
        name = f"worker-{number}"
        command = [sys.executable, "-m", "oriel", "worker", "--name", f"{name}@{machine}"]
        children.append(Child(name, command, environment, worker_name=f"{name}@{machine}"))
    return children


def machine_name() -> str:
    """Return a name that tells this supervisor's workers from those of all others.

    In containers all supervisors have the same process id, and two may share a database.
    """
    return f"{socket.gethostname()[:40]}-{secrets.token_hex(4)}"


def child_environment(settings: Settings) -> dict[str, str]:
    """Return our environment with the options of the command line."""
    # A worker that touched our PULSE_FILE would hide that we are stuck.
    inherited = {name: value for name, value in os.environ.items() if name != "PULSE_FILE"}
    chosen = {"DATA_DIR": str(settings.data_root), "PORT": str(settings.port)}
    # glibc would give each of many threads a heap of its own, which keeps what the thread once needed.
    return {"MALLOC_ARENA_MAX": "2", **inherited, **chosen, "PYTHONUNBUFFERED": "1"}


class WorkerPool:
    """Starts workers, restarts those that crash, and lets idle ones leave."""

    def __init__(self, settings: Settings, most: int, release: Callable[[str], object]) -> None:
        """Begin empty; `release` gives the renders of a worker that has died to other workers."""
        self._settings = settings
        self._most = most
        self._release = release
        self._machine = machine_name()
        self._started = 0
        self._active: list[Child] = []
        self._leaving: list[Child] = []

    @property
    def size(self) -> int:
        """How many workers take renders."""
        return len(self._active)

    @property
    def alive(self) -> list[Child]:
        """The workers whose processes are there: those that take renders, and those that finish their last one."""
        return [*self._active, *self._leaving]

    def resize(self, wanted: int, busy: Collection[str]) -> None:
        """Start workers up to the wanted number, or let idle ones leave; busy ones stay until they are idle."""
        if wanted < self.size:
            self._let_leave(self.size - wanted, busy)
            return
        # Those that still finish a render take up their share of the machine.
        for _ in range(min(wanted - self.size, self._most - len(self.alive))):
            self._start()

    def tend(self) -> None:
        """Restart workers that crashed, and forget those that have left."""
        restart_crashed(self._active, lambda child: self._release(str(child.worker_name)))
        for child in [child for child in self._leaving if not child.is_running]:
            self._leaving.remove(child)
            child.kill_group()
            # One that crashed on its last render holds it still.
            self._release(str(child.worker_name))
            _log.info("%s has left", child.name)

    def stop(self) -> None:
        """Stop all workers; they give their renders back."""
        stop_all(self.alive, _STOP_S)

    def _start(self) -> None:
        self._started += 1
        (child,) = worker_children(self._settings, [self._started], self._machine)
        child.start()
        self._active.append(child)

    def _let_leave(self, count: int, busy: Collection[str]) -> None:
        idle = [child for child in reversed(self._active) if child.worker_name not in busy]
        for child in idle[:count]:
            # It may have claimed a render a moment ago, which it then finishes.
            child.send(signal.SIGUSR1)
            self._active.remove(child)
            self._leaving.append(child)
